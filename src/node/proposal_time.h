// Purpose: whether the proposed time of a fresh batch suits the local clock (consensus rule 3). A re-proposal in a
// new view is accepted on certificate and digest alone and never comes here.
// Thread rule: pure functions. Units: milliseconds.
#pragma once

#include <algorithm>

#include "common/limits.h"
#include "common/strong.h"

namespace tally::node {

enum class Timeliness {
  due,
  early,  // held until due, not refused
  stale,  // refused: a primary whose clock stands behind would hold the chain's time back
};

// When a batch of this proposed time is due.
constexpr TimestampMs due_at(TimestampMs proposed) {
  return TimestampMs{proposed.value - std::min(proposed.value, limits::kBlockTimeAheadMsMax)};
}

// `timeout_ms` is the view's present time-out.
constexpr Timeliness timeliness(TimestampMs proposed, TimestampMs now, std::uint64_t timeout_ms) {
  if (due_at(proposed) > now) return Timeliness::early;
  return now.value - std::min(now.value, proposed.value) > timeout_ms ? Timeliness::stale : Timeliness::due;
}

}  // namespace tally::node
