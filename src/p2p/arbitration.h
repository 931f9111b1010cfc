// Purpose: which of several links between two nodes lives. The side with the smaller key decides (the arbiter)
// and numbers its decisions; the other follows the highest number. So both always end with the same link, in
// whatever order frames and closings cross.
// Arbiter's rule: a link replaces the live one if it comes from a new start of the peer, goes in the same
// direction, or was opened by the arbiter itself; a crossing link opened by the peer yields to the live one,
// unless that is too old to have crossed (then the peer has lost it and we have not noticed yet).
// Thread rule: pure functions.
#pragma once

#include <chrono>
#include <optional>

#include "common/limits.h"

namespace tally::p2p {

// The longest that a dial can be under way: connecting and greeting.
inline constexpr std::chrono::milliseconds kCrossingWindow = 2 * limits::kHandshakeTimeout;

struct LinkFacts {
  bool opened_here = false;
  std::uint64_t boot = 0;      // the peer's start
  std::uint64_t adoption = 0;  // the arbiter's number
  std::chrono::steady_clock::time_point since;
};

bool arbiter_adopts(const std::optional<LinkFacts>& live, const LinkFacts& fresh);
bool follower_adopts(const std::optional<LinkFacts>& live, const LinkFacts& fresh);

}  // namespace tally::p2p
