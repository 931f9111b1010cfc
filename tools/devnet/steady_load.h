// Purpose: the load of the fault trials: clients that do not give up. Each sends small batches at a steady pace, goes
// to another node when one does not answer, and sends the same transactions again until each is final. What a node
// called final once is remembered: it must be final everywhere in the end.
// Thread rule: one thread per client; the object itself belongs to one thread.
// Errors: a transaction that the rules refuse is a failure of the trial; everything else is tried again.
#pragma once

#include <atomic>
#include <mutex>
#include <thread>

#include "devnet/bench_load.h"

namespace tally::devnet {

struct SteadyPace {
  std::size_t batch = 5;    // transactions that a client sends together
  Milliseconds every{100};  // the least time from one batch of a client to its next
};

class SteadyLoad {
 public:
  // `urls`: of all nodes.
  SteadyLoad(const ChainId& chain, std::vector<Seat> seats, std::vector<std::string> urls, SteadyPace pace);
  ~SteadyLoad();
  SteadyLoad(const SteadyLoad&) = delete;
  SteadyLoad& operator=(const SteadyLoad&) = delete;

  void start();
  // No new batches; waits until those on their way are final. Errors: not_final after `limit`; the first refusal.
  Status stop(Milliseconds limit);

  [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_count_.load(); }
  // Waits until that many more are acknowledged. False: not within the limit, or `given_up` said so.
  bool await_progress(std::uint64_t more, Milliseconds limit, const std::function<bool()>& given_up) const;
  // After stop().
  [[nodiscard]] const std::vector<TransactionId>& all_acknowledged() const { return acknowledged_; }
  // The longest time without an acknowledgement, from start() to stop().
  [[nodiscard]] Milliseconds longest_stall() const;
  [[nodiscard]] std::string last_trouble() const;

 private:
  struct Worker;
  void run(Worker& worker);
  bool finish(Worker& worker, std::vector<Prepared> batch);
  bool ask(Worker& worker, std::vector<Prepared>& open);
  void acknowledge(const TransactionId& id);
  void trouble(const std::string& text, bool refusal);

  ChainId chain_;
  SteadyPace pace_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> abandoned_ = false;
  std::atomic<std::uint64_t> acknowledged_count_ = 0;
  mutable std::mutex mutex_;
  std::vector<TransactionId> acknowledged_;
  LoadClock::time_point last_acknowledgement_;
  LoadClock::duration longest_stall_{};
  std::string last_trouble_;
  std::string first_refusal_;
};

}  // namespace tally::devnet
