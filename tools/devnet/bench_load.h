// Purpose: the load of the bench: clients that keep a fixed number of transactions outstanding each.
// Thread rule: one thread per client; Load itself belongs to one thread.
#pragma once

#include <atomic>
#include <mutex>
#include <thread>

#include "devnet/client.h"
#include "devnet/devnet.h"

namespace tally::devnet {

using LoadClock = std::chrono::steady_clock;

// A settled transaction.
struct Sample {
  LoadClock::time_point settled;
  std::chrono::microseconds latency;
};

struct LoadCounts {
  std::uint64_t sent = 0;
  std::uint64_t refused = 0;
  std::uint64_t rejected = 0;
  std::uint64_t lost = 0;
  std::string first_trouble;
};

// Officer and households of one client. The rulebook "bench" has no limits: every award adds a point.
struct Seat {
  Officer officer;
  std::vector<SubjectHandle> households;
  std::string url;
};

inline constexpr const char* kBenchRulebook = "bench";
std::string_view bench_rulebook();
// One unit and one officer a client.
Cast bench_cast(std::size_t clients);
std::string bench_officer(std::size_t client);
// A network of so many nodes, on the machine's clock, with that cast.
NetworkPlan bench_plan(const std::filesystem::path& tallyd, std::size_t nodes, std::size_t clients);
// Of one node, with a connection of its own: it may have been down.
Result<NodeStatus> status_of(const Devnet& devnet, std::size_t index);
double seconds_since(LoadClock::time_point begin);
// One a client, with fresh households, spread over the nodes.
Result<std::vector<Seat>> bench_seats(const Devnet& devnet, std::size_t clients, std::size_t households);
// The next `operations` awards of a seat, in one signed transaction; `turn` counts them.
Prepared bench_award(const ChainId& chain, const Seat& seat, std::size_t& turn, std::size_t operations);

class Load {
 public:
  Load(const ChainId& chain, std::vector<Seat> seats, std::size_t operations, std::size_t outstanding);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Registers each seat's households and opens their accounts, through the API.
  Status open_accounts();
  // Signs about this many transactions in all, on all cores; further ones are signed when they are needed.
  void sign_ahead(std::size_t transactions);
  void start();
  // No new transactions; waits until those on their way are settled.
  void stop();

  [[nodiscard]] std::uint64_t settled() const { return settled_.load(); }
  [[nodiscard]] LoadCounts counts() const;
  // After stop().
  [[nodiscard]] std::vector<Sample> samples() const;

 private:
  struct Worker;
  Status open_accounts_of(Worker& worker) const;
  void run(Worker& worker);
  std::vector<Prepared> next_batch(Worker& worker);
  bool send(Worker& worker, const std::vector<Prepared>& batch, std::vector<TransactionId>& open);
  void settle(Worker& worker, std::vector<TransactionId> open, LoadClock::time_point sent);
  [[nodiscard]] Prepared sign_one(Worker& worker) const;
  void trouble(std::uint64_t LoadCounts::*which, std::uint64_t count, const std::string& text);

  ChainId chain_;
  std::size_t operations_;
  std::size_t outstanding_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> settled_ = 0;
  mutable std::mutex mutex_;
  LoadCounts counts_;
};

}  // namespace tally::devnet
