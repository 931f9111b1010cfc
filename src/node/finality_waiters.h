// Purpose: callers that wait for a transaction to become final (long polls, `tally submit`).
// Thread rule: thread-safe; callbacks run on the thread that settles or expires them, outside the lock.
// Bounds: one entry per waiting HTTP session, so at most kHttpSessionsMax.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "common/bytes.h"

namespace tally::node {

class FinalityWaiters {
 public:
  using Clock = std::chrono::steady_clock;
  // Called once: true when the transaction is final, false when the time ran out.
  using Callback = std::function<void(bool final)>;

  // `already_final` is asked under the lock, so that a transaction that becomes final in between is not missed.
  void wait(const TransactionId& id, Clock::time_point deadline, const std::function<bool()>& already_final,
            Callback callback);
  void settle(const std::vector<TransactionId>& ids);
  // Call every tick.
  void expire(Clock::time_point now);

 private:
  struct Waiter {
    Clock::time_point deadline;
    Callback callback;
  };
  std::mutex mutex_;
  std::unordered_multimap<TransactionId, Waiter> waiters_;
};

}  // namespace tally::node
