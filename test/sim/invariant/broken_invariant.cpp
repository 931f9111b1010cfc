#include "sim/invariant/broken_invariant.h"

#include <string>

#include "common/invariant.h"

namespace tally {

// Linked in place of the one that stops the process.
void invariant_failed(std::string_view what, std::source_location) {
  throw sim::BrokenInvariant(std::string(what));
}

}  // namespace tally
