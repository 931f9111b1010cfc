// Purpose: scores of Qingzhen households calculated plainly from a list of events, with the scheme's numbers written
// out by hand: the check on the rule engine. Shares no code with it.
// Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "scenario/plain_event.h"

namespace tally::plain {

// Scores in tenths of a point (1000 is 100.0), by household, when everything before `until_ms` has taken effect.
std::vector<std::int64_t> qingzhen_scores(const std::vector<scenario::PlainEvent>& events, std::size_t households,
                                          std::uint64_t until_ms);

// Stars of a score in tenths: 1 to 5.
int qingzhen_stars(std::int64_t score);
// The loan gate: applications are taken from 60 points on.
bool qingzhen_may_apply_for_loan(std::int64_t score);

}  // namespace tally::plain
