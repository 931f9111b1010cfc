#include "node/finality_waiters.h"

namespace tally::node {

void FinalityWaiters::wait(const TransactionId& id, Clock::time_point deadline,
                           const std::function<bool()>& already_final, Callback callback) {
  {
    const std::lock_guard lock(mutex_);
    if (!already_final()) {
      waiters_.emplace(id, Waiter{deadline, std::move(callback)});
      return;
    }
  }
  callback(true);
}

void FinalityWaiters::settle(const std::vector<TransactionId>& ids) {
  std::vector<Callback> due;
  {
    const std::lock_guard lock(mutex_);
    if (waiters_.empty()) return;
    for (const TransactionId& id : ids) {
      const auto [begin, end] = waiters_.equal_range(id);
      for (auto it = begin; it != end; ++it) due.push_back(std::move(it->second.callback));
      waiters_.erase(begin, end);
    }
  }
  for (const Callback& callback : due) callback(true);
}

void FinalityWaiters::expire(Clock::time_point now) {
  std::vector<Callback> due;
  {
    const std::lock_guard lock(mutex_);
    for (auto it = waiters_.begin(); it != waiters_.end();) {
      if (it->second.deadline > now) {
        ++it;
        continue;
      }
      due.push_back(std::move(it->second.callback));
      it = waiters_.erase(it);
    }
  }
  for (const Callback& callback : due) callback(false);
}

}  // namespace tally::node
