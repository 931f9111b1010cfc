// Purpose: what happens in the second village, in the plainest words: the input of an independent calculation of its
// scores and of its sale that knows nothing of operations, cases or the rule engine.
// Thread rule: plain values. Times are milliseconds of 1970; villagers are numbers from 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "scenario/plain_event.h"

namespace tally::scenario {

struct PlainDuty {
  std::size_t villager = 0;
  std::uint64_t in_ms = 0;
  std::uint64_t out_ms = 0;
  bool epidemic = false;  // the post, else cleaning
  // Factors in hundredths; 0: nobody rated, nobody checked.
  std::uint32_t leader = 0;
  std::uint64_t leader_ms = 0;
  std::uint32_t spot = 0;
  std::uint64_t spot_ms = 0;
  std::vector<std::uint32_t> stars;  // of passers-by
};

struct PlainSpending {
  std::size_t villager = 0;
  std::int64_t points = 0;  // whole
  std::uint64_t spent_ms = 0;
};

struct PlainDeduction {
  std::size_t villager = 0;
  std::int64_t points = 0;  // whole, that were taken
  std::uint64_t endorsed_ms = 0;
  bool upheld = false;  // an objection: then it took nothing
};

// A weekly round of one plot. `raters` and `stars` side by side.
struct PlainRound {
  std::size_t holder = 0;
  std::uint64_t opened_ms = 0;
  std::uint64_t rated_ms = 0;
  std::vector<std::size_t> raters;
  std::vector<std::uint32_t> stars;
};

struct PlainWelfare {
  std::size_t villager = 0;
  std::size_t verified = 0;
  std::uint64_t verified_ms = 0;
};

// In the order of listing.
struct PlainListing {
  std::size_t villager = 0;
  std::int64_t kg = 0;
};

struct NeighbourEvents {
  std::vector<PlainDuty> duties;
  std::vector<PlainSpending> spendings;
  std::vector<PlainDeduction> reports;  // of duties
  std::vector<PlainRound> rounds;       // in time
  std::vector<PlainDeduction> weak;     // of plots
  std::vector<PlainWelfare> welfare;
  std::vector<PlainListing> listings;
  std::int64_t sale_kg = 0;  // what the buyer took
  std::uint64_t sale_ms = 0;
};

}  // namespace tally::scenario
