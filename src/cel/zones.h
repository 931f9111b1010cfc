// Purpose: offsets of local time from UTC. Frozen: the rules are part of the program, not of the machine, since every
// replica and every later audit must get the same answer (docs/decisions/0013-frozen-time-zones.md). A named zone's
// rules of today apply to all years, past and future. Thread rule: plain values; the table is constant. Errors: nullopt
// for an unknown name; unknown_zone() says what is allowed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cel/time_text.h"

namespace tally::cel {

// When clocks change, on a Sunday of a month.
struct ClockChange {
  unsigned month = 1;              // 1 to 12
  unsigned week = 1;               // the month's 1st to 4th Sunday; 5: its last
  std::int64_t second_of_day = 0;  // see DaylightRule::in_utc
};
struct DaylightRule {
  ClockChange begin;
  ClockChange end;
  // Whether the changes' times are UTC's; otherwise those of the clock that is put forward or back.
  bool in_utc = false;
};

struct Zone {
  std::int64_t standard_seconds = 0;       // east of UTC
  const DaylightRule* daylight = nullptr;  // one hour more between begin and end; null pointer: never
};

// "UTC", "GMT", "+08:00", "08:00", "-02:30" or a name of the table, as the tz database spells it.
std::optional<Zone> find_zone(std::string_view name);
// "`Mars/Olympus` is no time zone; expected UTC, ...".
std::string unknown_zone(std::string_view name);

std::int64_t offset_seconds_at(const Zone& zone, std::int64_t seconds);
// The first instant of a local time; of one that clocks skip, the instant of the change that skips it.
std::int64_t seconds_of_local(const Zone& zone, const CalendarTime& local);

}  // namespace tally::cel
