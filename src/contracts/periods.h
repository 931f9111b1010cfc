// Purpose: the calendar periods that rulebooks count and reset by, in UTC.
// Thread rule: pure functions.
#pragma once

#include "contracts/records.h"

namespace tally::contracts {

// A number for the period of this kind that holds `time`, rising with time; 0 for evidence and account.
std::uint32_t period_of(Period per, TimestampMs time);
// When the period of this kind that holds `time` is over. Required: a period of time, no evidence or account.
TimestampMs period_end(Period per, TimestampMs time);

}  // namespace tally::contracts
