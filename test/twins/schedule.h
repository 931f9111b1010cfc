// Purpose: schedules for twins: one replica runs twice under one key, and each round says which processes reach each
// other and whether they wait until they leave the view. All schedules up to a bound are numbered, so that a number
// repeats a run.
// Thread rule: plain values and pure functions.
// Source: Bano et al., "Twins: BFT Systems Made Robust" (OPODIS 2021), section 4; consensus scenario 18.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tally::consensus::test {

// By process: equal numbers reach each other. Processes 0 to n-1 are the replicas, process n is the second copy.
using Partition = std::vector<std::uint8_t>;

struct Round {
  Partition partition;
  bool leave_view = false;  // time passes until whoever waits gives up on the primary
  bool operator==(const Round&) const = default;
};

struct Schedule {
  std::uint32_t twin = 0;  // the replica that runs twice
  std::vector<Round> rounds;
  bool operator==(const Schedule&) const = default;
};

struct ScheduleBounds {
  std::uint32_t n = 4;
  std::uint32_t rounds = 3;
  std::uint32_t groups_max = 2;  // in a partition
};

class Schedules {
 public:
  explicit Schedules(const ScheduleBounds& bounds);

  // How many there are; 2^64-1 if that is not the whole number.
  [[nodiscard]] std::uint64_t count() const { return count_; }
  // Required: number < count().
  [[nodiscard]] Schedule at(std::uint64_t number) const;
  [[nodiscard]] const std::vector<Partition>& partitions() const { return partitions_; }

 private:
  ScheduleBounds bounds_;
  std::vector<Partition> partitions_;
  std::uint64_t count_ = 0;
};

// "twin 1: 0 1 4 | 2 3, leave; 0 1 2 3 4": the second copy is process n.
std::string text_of(const Schedule& schedule);

}  // namespace tally::consensus::test
