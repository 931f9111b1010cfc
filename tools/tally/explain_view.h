// Purpose: an explanation and a dry run as people read them.
// Thread rule: pure functions.
#pragma once

#include "contracts/dry_run.h"
#include "contracts/explain.h"
#include "tally/context.h"

namespace tally::cli {

// The register with the running score, then each step in words.
std::vector<Section> sections_of(const contracts::Explanation& explanation);
std::vector<Section> sections_of(const contracts::DryRunReport& report);

}  // namespace tally::cli
