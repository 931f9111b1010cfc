// Purpose: what this process has used, from /proc, for status and metrics.
// Thread rule: any thread.
#pragma once

#include <cstdint>

namespace tally::node {

struct ProcessUsage {
  std::uint64_t cpu_ms = 0;
  std::uint64_t resident_kib = 0;
  std::uint64_t resident_peak_kib = 0;
};
ProcessUsage process_usage();

}  // namespace tally::node
