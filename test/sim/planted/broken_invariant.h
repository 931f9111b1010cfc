// Purpose: with planted bugs, the node's own invariants are among the guards that find them: there they end the run,
// not the process.
// Thread rule: plain value.
#pragma once

#include <stdexcept>

namespace tally::sim {

struct BrokenInvariant : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace tally::sim
