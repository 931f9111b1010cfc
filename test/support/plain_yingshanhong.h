// Purpose: points of the second village, and who sells first, calculated plainly from a list of events, with the
// schemes' numbers written out by hand: the check on the rule engine. Shares no code with it.
// Thread rule: pure functions.
#pragma once

#include "scenario/neighbour_event.h"

namespace tally::plain {

// Points in hundredths (1000 is 10.00), by villager, when everything before `until_ms` has taken effect.
std::vector<std::int64_t> duty_scores(const scenario::NeighbourEvents& events, std::size_t villagers,
                                      std::uint64_t until_ms);
std::vector<std::int64_t> plots_scores(const scenario::NeighbourEvents& events, std::size_t villagers,
                                       std::uint64_t until_ms);

// What a duty is worth in the end, in hundredths: hours, weight, leader, spot check, passers-by.
std::int64_t points_of_duty(const scenario::PlainDuty& duty);
// +5, +3 or nothing, in hundredths, for a week's stars.
std::int64_t points_of_week(std::vector<std::uint32_t> stars);

// By listing: whether it is sold.
std::vector<bool> sold(const scenario::NeighbourEvents& events, std::size_t villagers);

}  // namespace tally::plain
