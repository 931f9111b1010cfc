#include "node/wall_clock.h"

#include <chrono>

namespace tally::node {

TimestampMs wall_clock() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return TimestampMs{static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(since).count())};
}

}  // namespace tally::node
