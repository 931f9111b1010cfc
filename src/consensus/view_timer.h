// Purpose: when to give up on a primary: liveness only, no rule of safety looks at it.
// Thread rule: belongs to one replica. Units: ticks.
// Bound: kRatesKept figures.
// Source: Castro & Liskov, OSDI 1999, section 4.5.2; for the slow primary Clement et al., NSDI 2009 (Aardvark),
// section 5; rule 9.
#pragma once

#include <deque>

#include "consensus/replica.h"

namespace tally::consensus {

class ViewTimer {
 public:
  explicit ViewTimer(const Configuration& configuration)
      : base_(std::max(configuration.view_timeout_ticks, 1U)),
        max_(std::max(configuration.view_timeout_max_ticks, base_)) {}

  // A new view was entered, or waiting for one began.
  void entered_view();
  void began_change(bool failed_view);

  struct Moment {
    const PendingWork& work;
    SeqNum decided;
    bool in_flight = false;       // a proposal was accepted here and not decided
    bool changing = false;        // VIEW-CHANGE sent, NEW-VIEW awaited
    bool quorum_changes = false;  // q replicas sent VIEW-CHANGE for the awaited view or a higher one
  };
  // One tick. True: the view has failed, or its primary is to be replaced.
  [[nodiscard]] bool tick(const Moment& moment);

  [[nodiscard]] std::uint64_t failures() const { return failures_; }
  // The present time-out, doubled per failed view up to the cap.
  [[nodiscard]] std::uint64_t timeout() const;

 private:
  static constexpr std::size_t kRatesKept = 8;
  static constexpr unsigned kTenureWindows = 4;  // a primary is given this long before its rate counts
  static constexpr unsigned kSlowWindows = 3;    // in a row

  [[nodiscard]] bool too_slow(const PendingWork& work);

  std::uint32_t base_;
  std::uint32_t max_;
  std::uint64_t failures_ = 0;
  std::uint64_t waited_ = 0;
  std::uint64_t tenure_ = 0;  // ticks in this view
  SeqNum decided_;

  std::deque<std::uint64_t> rates_;  // operations per window, of windows saturated throughout
  std::uint64_t window_start_operations_ = 0;
  std::uint64_t window_ticks_ = 0;
  bool window_saturated_ = true;
  unsigned slow_windows_ = 0;
};

}  // namespace tally::consensus
