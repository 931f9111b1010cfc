#include "node/process_usage.h"

#include <fstream>
#include <sys/resource.h>
#include <unistd.h>

namespace tally::node {

ProcessUsage process_usage() {
  ProcessUsage usage;
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) == 0) {
    const auto millis = [](const timeval& time) {
      return static_cast<std::uint64_t>(time.tv_sec) * 1000 + static_cast<std::uint64_t>(time.tv_usec) / 1000;
    };
    usage.cpu_ms = millis(used.ru_utime) + millis(used.ru_stime);
    usage.resident_peak_kib = static_cast<std::uint64_t>(used.ru_maxrss);
  }
  std::ifstream statm("/proc/self/statm");
  std::uint64_t pages = 0;
  std::uint64_t resident = 0;
  if (statm >> pages >> resident)
    usage.resident_kib = resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) / 1024;
  return usage;
}

}  // namespace tally::node
