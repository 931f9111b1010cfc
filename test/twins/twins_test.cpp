// Twins (consensus scenario 18): every schedule of two rounds, and samples of longer ones.
#include <algorithm>
#include <catch2/catch.hpp>

#include "twins/run.h"

namespace tally::consensus::test {

TEST_CASE("schedules are numbered without gaps or repeats") {
  const Schedules schedules({.n = 4, .rounds = 1, .groups_max = 2});
  CHECK(schedules.partitions().size() == 16);
  REQUIRE(schedules.count() == 4 * 2 * 16);
  std::vector<std::string> seen;
  for (std::uint64_t i = 0; i < schedules.count(); ++i) seen.push_back(text_of(schedules.at(i)));
  std::sort(seen.begin(), seen.end());
  CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
  CHECK(text_of(schedules.at(5)) == "twin 1: 0 1 2 3 4, leave");
}

TEST_CASE("every schedule of two rounds holds: agreement, no double vote, and the chain goes on once all is healed") {
  TwinsRunner runner({});
  const Schedules schedules({.n = 4, .rounds = 2, .groups_max = 2});
  std::uint64_t accused = 0;
  std::uint64_t views_left = 0;
  for (std::uint64_t number = 0; number < schedules.count(); ++number) {
    const Schedule schedule = schedules.at(number);
    const TwinsResult result = runner.run(schedule);
    INFO("simulate twins --rounds 2 --groups 2 --schedule " << number << "\n" << text_of(schedule));
    REQUIRE(result.breach.empty());
    accused += result.evidence ? 1 : 0;
    views_left += result.views > 0 ? 1 : 0;
  }
  // The bound is worth something only if the schedules reach what they are for.
  CHECK(accused > 1000);
  CHECK(views_left > 1000);
}

TEST_CASE("a sample of longer schedules with partitions into three holds") {
  TwinsRunner runner({});
  const Schedules schedules({.n = 4, .rounds = 5, .groups_max = 3});
  // A stride that shares no factor with the count visits all parts of the range.
  constexpr std::uint64_t kStride = 1'000'003;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const std::uint64_t number = i * kStride * kStride % schedules.count();
    const TwinsResult result = runner.run(schedules.at(number));
    INFO("simulate twins --rounds 5 --groups 3 --schedule " << number << "\n" << text_of(schedules.at(number)));
    REQUIRE(result.breach.empty());
  }
}

TEST_CASE("seven replicas with one twin hold as well") {
  TwinsOptions options;
  options.n = 7;
  TwinsRunner runner(options);
  const Schedules schedules({.n = 7, .rounds = 3, .groups_max = 2});
  constexpr std::uint64_t kStride = 1'000'003;
  for (std::uint64_t i = 0; i < 300; ++i) {
    const std::uint64_t number = i * kStride % schedules.count();
    const TwinsResult result = runner.run(schedules.at(number));
    INFO(text_of(schedules.at(number)));
    REQUIRE(result.breach.empty());
  }
}

TEST_CASE("the same schedule gives the same run") {
  TwinsOptions options;
  options.keep_trace = true;
  TwinsRunner first(options);
  TwinsRunner second(options);
  const Schedules schedules({.n = 4, .rounds = 3, .groups_max = 2});
  first.run(schedules.at(1234));
  first.run(schedules.at(104));
  second.run(schedules.at(104));
  CHECK(first.trace() == second.trace());
  CHECK_THAT(first.trace(), Catch::Contains("PRE-PREPARE(view 0, seq 1"));
}

}  // namespace tally::consensus::test
