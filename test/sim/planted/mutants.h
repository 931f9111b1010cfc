// Purpose: the planted bugs, what each is, and how many seeds may pass before a checker finds it.
// Thread rule: plain values and pure functions; only in the build with planted bugs.
#pragma once

#include <string_view>
#include <vector>

#include "sim/world.h"

namespace tally::sim {

struct Mutant {
  consensus::Bug bug;
  std::string_view name;
  std::uint64_t seeds_max;  // within which it must be found
};
const std::vector<Mutant>& mutants();

struct MutantResult {
  bool found = false;
  std::uint64_t seeds = 0;  // run until then
  std::uint64_t seed = 0;   // that found it
  std::string breach;
};
// Seeds from `first` on, until a checker finds the bug or `seeds_max` have passed.
MutantResult hunt(const Mutant& mutant, std::uint64_t first);

}  // namespace tally::sim
