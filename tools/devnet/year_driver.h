// Purpose: takes a scenario's year (scenario/village_year.h) to a network through the public API: moves the test clock,
// signs and submits the drafts in order, and holds every receipt against what the draft says must come of it. With a
// second village on the chain, NeighbourDriver does the same for it (scenario/neighbour_year.h).
// Thread rule: one thread.
// Errors: internal, naming the draft and the receipt that was not as expected; those of the client.
#pragma once

#include "devnet/cast.h"
#include "devnet/client.h"
#include "ledger/block.h"
#include "scenario/case_numbers.h"
#include "scenario/neighbour_year.h"

namespace tally::devnet {

// A cast whose officers are the year's, so that their key files belong to the network.
Cast cast_of(const scenario::VillageYear& year, bool with_households);
// With the second village's officers and both its rulebooks.
void add_neighbours(Cast& cast, const scenario::NeighbourYear& year);
// "second governor" -> "second-governor", as the key files are named.
std::string officer_file_name(const scenario::Officer& officer);

struct YearCounts {
  std::uint64_t transactions = 0;
  std::uint64_t operations = 0;
  std::uint64_t refused = 0;  // operations that had to be refused, and were
};

// A signed draft. `operations` and `refused` are the draft's, and outlive it.
struct Outgoing {
  std::string title;
  ledger::SignedTransaction transaction;
  const std::vector<contracts::Operation>& operations;
  const std::vector<scenario::Refused>& refused;
};

class YearDriver {
 public:
  // `year` and `client` outlive the driver. Submits to the one node of `client`.
  YearDriver(const scenario::VillageYear& year, Client& client, const ChainId& chain)
      : year_(year), client_(client), chain_(chain), now_(year.options.start) {}

  // Moves the clock there, then submits the step's drafts, each once the one before is final.
  Status run(const scenario::Step& step);
  Status submit(const scenario::Draft& draft) { return submit(draft, counts_); }
  Status advance(TimestampMs to);
  // Together, in one request; returns when all are final. Learns the numbers of the cases that they opened.
  Status send(const std::vector<Outgoing>& drafts, scenario::CaseNumbers& numbers, YearCounts& counts);

  [[nodiscard]] TimestampMs now() const { return now_; }
  [[nodiscard]] const ChainId& chain() const { return chain_; }
  // Without the clock's.
  [[nodiscard]] const YearCounts& counts() const { return counts_; }
  [[nodiscard]] const YearCounts& clock_counts() const { return clock_counts_; }
  // All that were final, in order.
  [[nodiscard]] const std::vector<TransactionId>& transactions() const { return transactions_; }

 private:
  Status submit(const scenario::Draft& draft, YearCounts& counts);
  Result<ledger::Receipt> await_receipt(const TransactionId& id);

  const scenario::VillageYear& year_;
  Client& client_;
  ChainId chain_;
  TimestampMs now_;
  YearCounts counts_;
  YearCounts clock_counts_;
  scenario::CaseNumbers numbers_;
  std::vector<TransactionId> transactions_;
};

class NeighbourDriver {
 public:
  // Both outlive the driver. `clock` moves the test clock and sends.
  NeighbourDriver(const scenario::NeighbourYear& year, YearDriver& clock) : year_(year), clock_(clock) {}

  Status run(const scenario::NeighbourStep& step);
  [[nodiscard]] const YearCounts& counts() const { return counts_; }
  [[nodiscard]] const scenario::CaseNumbers& numbers() const { return numbers_; }

 private:
  const scenario::NeighbourYear& year_;
  YearDriver& clock_;
  YearCounts counts_;
  scenario::CaseNumbers numbers_;
};

}  // namespace tally::devnet
