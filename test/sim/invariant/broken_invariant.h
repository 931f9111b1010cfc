// Purpose: in the simulator a broken invariant of the node is a breach like others: it ends the run and is reported
// with its seed, where a node stops the process. The source beside this is linked into programs that run worlds.
// Thread rule: plain value.
#pragma once

#include <stdexcept>

namespace tally::sim {

struct BrokenInvariant : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace tally::sim
