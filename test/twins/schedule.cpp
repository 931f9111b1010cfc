#include "twins/schedule.h"

#include <algorithm>
#include <limits>

namespace tally::consensus::test {

namespace {

// Each partition once, as a restricted growth string: a process joins a group that is there or opens the next.
void partition_rest(Partition& start, std::uint32_t processes, std::uint32_t groups_max, std::vector<Partition>& out) {
  if (start.size() == processes) {
    out.push_back(start);
    return;
  }
  const std::uint32_t groups = start.empty() ? 0 : 1U + *std::max_element(start.begin(), start.end());
  for (std::uint32_t group = 0; group <= groups && group < groups_max; ++group) {
    start.push_back(static_cast<std::uint8_t>(group));
    partition_rest(start, processes, groups_max, out);
    start.pop_back();
  }
}

std::uint64_t times(std::uint64_t left, std::uint64_t right) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  return right != 0 && left > kMost / right ? kMost : left * right;
}

}  // namespace

Schedules::Schedules(const ScheduleBounds& bounds) : bounds_(bounds) {
  Partition start;
  partition_rest(start, bounds.n + 1, bounds.groups_max, partitions_);
  count_ = bounds.n;
  for (std::uint32_t round = 0; round < bounds.rounds; ++round) count_ = times(count_, 2 * partitions_.size());
}

Schedule Schedules::at(std::uint64_t number) const {
  Schedule out;
  out.twin = static_cast<std::uint32_t>(number % bounds_.n);
  number /= bounds_.n;
  for (std::uint32_t round = 0; round < bounds_.rounds; ++round) {
    const bool leave_view = number % 2 != 0;
    number /= 2;
    out.rounds.push_back({partitions_[number % partitions_.size()], leave_view});
    number /= partitions_.size();
  }
  return out;
}

std::string text_of(const Schedule& schedule) {
  std::string out = "twin " + std::to_string(schedule.twin) + ":";
  for (std::size_t i = 0; i < schedule.rounds.size(); ++i) {
    const Round& round = schedule.rounds[i];
    if (i > 0) out += ";";
    const std::uint8_t groups = *std::max_element(round.partition.begin(), round.partition.end());
    for (std::uint8_t group = 0; group <= groups; ++group) {
      if (group > 0) out += " |";
      for (std::size_t process = 0; process < round.partition.size(); ++process)
        if (round.partition[process] == group) out += " " + std::to_string(process);
    }
    if (round.leave_view) out += ", leave";
  }
  return out;
}

}  // namespace tally::consensus::test
