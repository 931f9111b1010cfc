// Seeds that failed once, each for its own reason, run whole.
#include <catch2/catch.hpp>

#include "sim/world.h"

namespace {

using namespace tally;

TEST_CASE("simulator: seeds that found a fault hold") {
  struct Row {
    std::uint64_t seed;
    const char* fault;
  };
  const Row rows[] = {
      {20263585, "the loss of votes was forgotten over an epoch without the office"},
      {30000487, "a restart on an epoch's last block voted above it"},
      {40039663, "a new primary proposed again a batch that it did not hold"},
      {60021903, "two of four could not prove the epoch's last block after a power cut and waited for ever"},
      {60070874, "installing an epoch's last block opened the window for a vote above it"},
      {60083575, "four of seven could not prove the epoch's last block after a power cut and waited for ever"}};
  for (const auto& row : rows) {
    INFO("seed " << row.seed << ": " << row.fault);
    sim::Plan plan;
    plan.seed = row.seed;
    const auto outcome = sim::World(plan).run();
    for (const auto& breach : outcome.breaches) UNSCOPED_INFO(breach);
    CHECK(outcome.good());
  }
}

}  // namespace
