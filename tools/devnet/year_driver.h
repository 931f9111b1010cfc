// Purpose: takes a scenario's year (scenario/village_year.h) to a network through the public API: moves the test clock,
// signs and submits the drafts in order, and holds every receipt against what the draft says must come of it.
// Thread rule: one thread.
// Errors: internal, naming the draft and the receipt that was not as expected; those of the client.
#pragma once

#include "devnet/cast.h"
#include "devnet/client.h"
#include "ledger/block.h"
#include "scenario/village_year.h"

namespace tally::devnet {

// A cast whose officers are the year's, so that their key files belong to the network.
Cast cast_of(const scenario::VillageYear& year, bool with_households);
// "second governor" -> "second-governor", as the key files are named.
std::string officer_file_name(const scenario::Officer& officer);

struct YearCounts {
  std::uint64_t transactions = 0;
  std::uint64_t operations = 0;
  std::uint64_t refused = 0;  // operations that had to be refused, and were
};

class YearDriver {
 public:
  // `year` and `client` outlive the driver. Submits to the one node of `client`.
  YearDriver(const scenario::VillageYear& year, Client& client, const ChainId& chain)
      : year_(year), client_(client), chain_(chain), now_(year.options.start) {}

  // Moves the clock there, then submits the step's drafts, each once the one before is final.
  Status run(const scenario::Step& step);
  Status submit(const scenario::Draft& draft);
  Status advance(TimestampMs to);

  [[nodiscard]] TimestampMs now() const { return now_; }
  [[nodiscard]] const YearCounts& counts() const { return counts_; }
  // All that were final, in order.
  [[nodiscard]] const std::vector<TransactionId>& transactions() const { return transactions_; }

 private:
  Result<ledger::Receipt> await_receipt(const TransactionId& id);

  const scenario::VillageYear& year_;
  Client& client_;
  ChainId chain_;
  TimestampMs now_;
  YearCounts counts_;
  std::vector<TransactionId> transactions_;
};

}  // namespace tally::devnet
