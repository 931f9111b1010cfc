// Purpose: timestamps and durations as text, their checked arithmetic, and calendar fields. There is no clock here and
// no table of zones (zones.h has them): a calendar needs an offset from UTC.
// Thread rule: plain values.
// Ranges: timestamps from 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z, durations to +-315,576,000,000 s
// (10,000 years), as google.protobuf.Timestamp and Duration have them. Leap seconds do not exist.
// Errors: nullopt for a malformed text and for a result out of range. Nothing is rounded or clamped.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cel/value.h"

namespace tally::cel {

inline constexpr std::int64_t kTimestampSecondsMin = -62'135'596'800;
inline constexpr std::int64_t kTimestampSecondsMax = 253'402'300'799;
inline constexpr std::int64_t kDurationSecondsMax = 315'576'000'000;
inline constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
inline constexpr std::int64_t kDaySeconds = 24 * 3600;

// RFC 3339 with up to nine decimals and "Z" or an offset: "2009-02-13T23:31:30.5+08:00".
std::optional<Timestamp> parse_timestamp(std::string_view text);
// In UTC, decimals without trailing zeros: "2009-02-13T15:31:30.5Z".
std::string format_timestamp(Timestamp timestamp);
// Numbers with units h, m, s, ms, us, ns after an optional sign: "1h30m", "-1.5s"; and "0". A part of a nanosecond is
// an error.
std::optional<Duration> parse_duration(std::string_view text);
// In seconds, decimals without trailing zeros: "5400s", "-1.5s".
std::string format_duration(Duration duration);

// nullopt: out of range.
std::optional<Timestamp> timestamp_at(std::int64_t seconds, std::int32_t nanos = 0);
std::optional<Duration> duration_of(std::int64_t seconds, std::int32_t nanos = 0);

std::optional<Timestamp> add(Timestamp timestamp, Duration duration);
std::optional<Timestamp> subtract(Timestamp timestamp, Duration duration);
// nullopt also where the difference needs more than 64 bits of nanoseconds (292 years), as CEL's conformance cases have
// it.
std::optional<Duration> subtract(Timestamp left, Timestamp right);
std::optional<Duration> add(Duration left, Duration right);
std::optional<Duration> subtract(Duration left, Duration right);

// Whole units, cut off toward zero: -1.5 s has -1 seconds.
std::int64_t whole_seconds(Duration duration);
// What is left beside whole seconds, with the duration's sign: -1.5 s has -500.
std::int64_t millisecond_part(Duration duration);

// At an offset the year may be 0 or 10000.
struct CalendarTime {
  int year = 1970;
  unsigned month = 1;  // 1 to 12
  unsigned day = 1;    // 1 to 31
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  unsigned day_of_week = 0;  // 0 is Sunday
  unsigned day_of_year = 0;  // 0 is 1 January
};
CalendarTime calendar_time(Timestamp timestamp, std::int64_t offset_seconds = 0);
// Seconds since 1970 of a local time that stands `offset_seconds` east of UTC; day_of_week and day_of_year are not
// read.
std::int64_t seconds_at(const CalendarTime& local, std::int64_t offset_seconds = 0);

}  // namespace tally::cel
