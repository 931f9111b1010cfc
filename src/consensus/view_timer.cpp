#include "consensus/view_timer.h"

#include <algorithm>

namespace tally::consensus {

std::uint64_t ViewTimer::timeout() const {
  const std::uint64_t doubled = failures_ < 16 ? std::uint64_t{base_} << failures_ : max_;
  return std::min<std::uint64_t>(doubled, max_);
}

void ViewTimer::entered_view() {
  waited_ = 0;
  tenure_ = 0;
  window_ticks_ = 0;
  slow_windows_ = 0;
}

void ViewTimer::began_change(bool failed_view) {
  waited_ = 0;
  if (failed_view) ++failures_;
}

bool ViewTimer::tick(const Moment& moment) {
  const bool progress = moment.decided > decided_;
  decided_ = std::max(decided_, moment.decided);
  if (moment.changing) {
    // Fewer than q cannot make a view: then only the network can help, and views must not run away.
    if (!moment.quorum_changes) {
      waited_ = 0;
      return false;
    }
    return ++waited_ >= timeout();
  }
  ++tenure_;
  if (progress) {
    waited_ = 0;
    if (failures_ > 0) --failures_;
  } else if (moment.work.waiting || moment.in_flight) {
    ++waited_;
  } else {
    waited_ = 0;
  }
  if (waited_ >= timeout()) return true;
  // A new primary gets as long to serve the starved client as the one before it.
  if (std::min(moment.work.starved_ticks, tenure_) >= 2 * timeout()) return true;
  return too_slow(moment.work);
}

bool ViewTimer::too_slow(const PendingWork& work) {
  if (window_ticks_ == 0) {
    window_start_operations_ = work.operations;
    window_saturated_ = true;
  }
  window_saturated_ = window_saturated_ && work.saturated;
  if (++window_ticks_ < 2 * std::uint64_t{base_}) return false;
  window_ticks_ = 0;
  if (!window_saturated_) {
    // A lull says nothing about the primary.
    slow_windows_ = 0;
    return false;
  }
  const std::uint64_t rate = work.operations - window_start_operations_;
  const std::uint64_t peak = rates_.empty() ? 0 : *std::max_element(rates_.begin(), rates_.end());
  rates_.push_back(rate);
  if (rates_.size() > kRatesKept) rates_.pop_front();
  slow_windows_ = rate * 10 < peak * 9 ? slow_windows_ + 1 : 0;
  return slow_windows_ >= kSlowWindows && tenure_ >= kTenureWindows * 2 * std::uint64_t{base_};
}

}  // namespace tally::consensus
