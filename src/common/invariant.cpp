#include "common/invariant.h"

#include <cstdio>
#include <cstdlib>

namespace tally {

void invariant_failed(std::string_view what, std::source_location where) {
  std::fprintf(stderr, "invariant broken: %.*s (%s:%u)\n", static_cast<int>(what.size()), what.data(),
               where.file_name(), where.line());
  std::fflush(stderr);
  std::abort();
}

}  // namespace tally
