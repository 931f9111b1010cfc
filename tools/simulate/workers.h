// Purpose: independent pieces of work, numbered from 0, on several threads.
// Thread rule: `work` is called from all of the threads at once; the call returns when all are done.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace tally::simulate {

// Stops early once `work` has answered false. `make` gives each thread a worker of its own.
inline void run_numbered(std::uint64_t count, unsigned jobs,
                         const std::function<std::function<bool(std::uint64_t)>()>& make) {
  std::atomic<std::uint64_t> next{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (unsigned job = 0; job < jobs; ++job) {
    threads.emplace_back([&] {
      const auto work = make();
      for (std::uint64_t number = next++; number < count && !stop; number = next++)
        if (!work(number)) stop = true;
    });
  }
  for (auto& thread : threads) thread.join();
}

inline unsigned jobs_or_cores(unsigned jobs) {
  return jobs != 0 ? jobs : std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace tally::simulate
