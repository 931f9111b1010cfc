// Purpose: block times as text. The only calendar used is UTC; there is no clock here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/error.h"
#include "common/strong.h"

namespace tally {

inline constexpr std::uint64_t kDayMs = 24ULL * 3600 * 1000;

// RFC 3339 in UTC with milliseconds left out when zero: "2026-03-01T08:00:00Z".
std::string format_time(TimestampMs time);
// "2026-03-01", the day in UTC.
std::string format_day(TimestampMs time);
// Accepts "2026-03-01", "2026-03-01T08:00:00Z" and "2026-03-01T08:00:00.250Z".
Result<TimestampMs> parse_time(std::string_view text);

// Year and month (1 to 12) and day (1 to 31) in UTC.
struct CalendarDay {
  int year = 1970;
  unsigned month = 1;
  unsigned day = 1;
  auto operator<=>(const CalendarDay&) const = default;
};
CalendarDay calendar_day(TimestampMs time);
// The same time of day `months` later; the day is clipped to the month's last (31 January + 1 = 28 or 29 February).
TimestampMs add_months(TimestampMs time, unsigned months);

}  // namespace tally
