// Purpose: inside the scenario library: writes the months of a year into a VillageYear.
// Thread rule: one thread.
#pragma once

#include "scenario/village_year.h"

namespace tally::scenario {

inline constexpr std::string_view kRulebook = "qingzhen";
inline constexpr std::string_view kBook = "credit";

// Digests of everything that a scenario needs an identity or a document for.
Digest digest_for(std::uint64_t seed, std::string_view name);
// A post of a village's year, and who holds it: id and key by the seed. `prefix` tells villages apart.
struct OfficerLine {
  const char* name;
  const contracts::UnitId& unit;
  std::vector<contracts::Role> roles;
};
std::vector<Officer> officers_for(std::uint64_t seed, std::string_view prefix, std::span<const OfficerLine> lines);
ClientId client_id_for(std::uint64_t seed, std::string_view name);

void write_year(VillageYear& year);

}  // namespace tally::scenario
