// Purpose: runs one schedule of twins over the real core and says whether it held: honest replicas agree at every
// height, none signs two digests for one place, evidence names nobody but the twin, and once all reach each other
// again the chain goes on.
// Thread rule: one runner per thread.
// Source: as schedule.h; consensus rules 2, 5, 9 and 13.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "twins/schedule.h"

namespace tally::consensus::test {

struct TwinsResult {
  // Empty if all held: the first breach, in words.
  std::string breach;
  std::uint64_t blocks = 0;    // of the longest honest chain
  std::uint64_t messages = 0;  // delivered
  std::uint64_t views = 0;     // the highest view that an honest replica reached
  bool evidence = false;       // an honest replica holds proof against the twin
};

struct TwinsOptions {
  std::uint32_t n = 4;
  // After the schedule all processes reach each other, and an honest block must be final within so many time-outs.
  std::uint32_t heal_timeouts_max = 24;
  bool keep_trace = false;
};

class TwinsRunner {
 public:
  explicit TwinsRunner(TwinsOptions options);
  ~TwinsRunner();

  TwinsResult run(const Schedule& schedule);
  // With keep_trace: what happened in the last run, one event a line.
  [[nodiscard]] const std::string& trace() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tally::consensus::test
