// Calendar fields of timestamps and durations, and what rulebooks need of calendars beyond CEL's standard: months, and
// the beginnings of days, months and years in a zone.
#include <chrono>
#include <cstdlib>

#include "cel/arguments.h"
#include "cel/time_text.h"
#include "cel/zones.h"

namespace tally::cel {

namespace {

Value out_of_range(std::string_view function, std::string_view what) {
  return failed(Failure::overflow, function, std::string(what) + " out of range");
}

Value in_range(std::string_view function, const std::optional<Timestamp>& timestamp) {
  return timestamp ? Value(*timestamp) : out_of_range(function, "timestamp");
}

// Calendar fields.

// The zone that is named at `position`; UTC if there is no such argument. nullopt: an unknown name.
std::optional<Zone> zone_argument(std::span<const Value> arguments, std::size_t position) {
  if (position >= arguments.size()) return Zone{};
  return find_zone(text_argument(arguments, position));
}
Value unknown_zone_at(std::span<const Value> arguments, std::size_t position) {
  return Value::error(Failure::bad_argument, unknown_zone(text_argument(arguments, position)));
}

CalendarTime local_time(Timestamp timestamp, const Zone& zone) {
  return calendar_time(timestamp, offset_seconds_at(zone, timestamp.seconds));
}

template <auto field>
Value calendar_field(std::span<const Value> arguments, Evaluation&) {
  const auto zone = zone_argument(arguments, 1);
  if (!zone) return unknown_zone_at(arguments, 1);
  return field(local_time(argument<Timestamp>(arguments, 0), *zone));
}
Value millisecond_of_timestamp(std::span<const Value> arguments, Evaluation&) {
  if (!zone_argument(arguments, 1)) return unknown_zone_at(arguments, 1);
  return std::int64_t{argument<Timestamp>(arguments, 0).nanos / 1'000'000};
}

template <std::int64_t seconds>
Value whole_units(std::span<const Value> arguments, Evaluation&) {
  return whole_seconds(argument<Duration>(arguments, 0)) / seconds;
}
Value millisecond_of_duration(std::span<const Value> arguments, Evaluation&) {
  return millisecond_part(argument<Duration>(arguments, 0));
}

// Months and beginnings.

constexpr std::int64_t kMonthsMax = 12 * 10'000;  // between any two timestamps there are fewer

// The same local time `months` later, on the month's last day if it has no such day.
std::optional<Timestamp> months_later(Timestamp timestamp, std::int64_t months, const Zone& zone) {
  namespace ch = std::chrono;
  if (std::abs(months) > kMonthsMax) return std::nullopt;
  CalendarTime local = local_time(timestamp, zone);
  const ch::year_month to =
      ch::year_month{ch::year{local.year}, ch::month{local.month}} + ch::months{static_cast<int>(months)};
  const ch::year_month_day_last last{to.year(), ch::month_day_last{to.month()}};
  local.year = static_cast<int>(to.year());
  local.month = static_cast<unsigned>(to.month());
  local.day = std::min(local.day, static_cast<unsigned>(last.day()));
  return timestamp_at(seconds_of_local(zone, local), timestamp.nanos);
}

Value add_months(std::span<const Value> arguments, Evaluation&) {
  const auto zone = zone_argument(arguments, 2);
  if (!zone) return unknown_zone_at(arguments, 2);
  const auto months = argument<std::int64_t>(arguments, 1);
  if (months > kMonthsMax || months < -kMonthsMax) return out_of_range("addMonths", "timestamp");
  return in_range("addMonths", months_later(argument<Timestamp>(arguments, 0), months, *zone));
}

// The most months that lead from `from` to `to` or before it. `from` is not after `to`.
std::int64_t whole_months(Timestamp from, Timestamp to, const Zone& zone) {
  const CalendarTime first = local_time(from, zone);
  const CalendarTime last = local_time(to, zone);
  std::int64_t months = (last.year - first.year) * 12 + static_cast<int>(last.month) - static_cast<int>(first.month);
  // The day or the time of day may not have been reached, or lie beyond the last timestamp.
  while (months > 0) {
    const auto reached = months_later(from, months, zone);
    if (reached && *reached <= to) break;
    --months;
  }
  return months;
}

Value months_between(std::span<const Value> arguments, Evaluation&) {
  const auto zone = zone_argument(arguments, 2);
  if (!zone) return unknown_zone_at(arguments, 2);
  const Timestamp from = argument<Timestamp>(arguments, 0);
  const Timestamp to = argument<Timestamp>(arguments, 1);
  return from <= to ? whole_months(from, to, *zone) : -whole_months(to, from, *zone);
}

enum class Span { day, month, year };

template <Span span>
Value start_of(std::span<const Value> arguments, Evaluation&) {
  const auto zone = zone_argument(arguments, 1);
  if (!zone) return unknown_zone_at(arguments, 1);
  const CalendarTime local = local_time(argument<Timestamp>(arguments, 0), *zone);
  const CalendarTime start{local.year, span == Span::year ? 1 : local.month, span == Span::day ? local.day : 1};
  constexpr std::string_view kName = span == Span::day     ? "startOfDay"
                                     : span == Span::month ? "startOfMonth"
                                                           : "startOfYear";
  return in_range(kName, timestamp_at(seconds_of_local(*zone, start)));
}

Value days(std::span<const Value> arguments, Evaluation&) {
  const auto count = argument<std::int64_t>(arguments, 0);
  constexpr std::int64_t kDaysMax = kDurationSecondsMax / kDaySeconds;
  if (count > kDaysMax || count < -kDaysMax) return out_of_range("days", "duration");
  return Duration{count * kDaySeconds, 0};
}

// Declarations.

constexpr TypeKind kTimestamp = TypeKind::timestamp;
constexpr TypeKind kDuration = TypeKind::duration;
constexpr TypeKind kInteger = TypeKind::integer;
constexpr TypeKind kText = TypeKind::text;

// Without and with a zone.
void declare_field(Library& library, const char* name, Implementation run) {
  library.push_back({name, true, {kTimestamp}, kInteger, run});
  library.push_back({name, true, {kTimestamp, kText}, kInteger, run});
}

void declare_fields(Library& library) {
  using Time = const CalendarTime&;
  declare_field(library, "getFullYear", calendar_field<[](Time time) -> std::int64_t { return time.year; }>);
  declare_field(library, "getMonth", calendar_field<[](Time time) -> std::int64_t { return time.month - 1; }>);
  declare_field(library, "getDate", calendar_field<[](Time time) -> std::int64_t { return time.day; }>);
  declare_field(library, "getDayOfMonth", calendar_field<[](Time time) -> std::int64_t { return time.day - 1; }>);
  declare_field(library, "getDayOfWeek", calendar_field<[](Time time) -> std::int64_t { return time.day_of_week; }>);
  declare_field(library, "getDayOfYear", calendar_field<[](Time time) -> std::int64_t { return time.day_of_year; }>);
  declare_field(library, "getHours", calendar_field<[](Time time) -> std::int64_t { return time.hour; }>);
  declare_field(library, "getMinutes", calendar_field<[](Time time) -> std::int64_t { return time.minute; }>);
  declare_field(library, "getSeconds", calendar_field<[](Time time) -> std::int64_t { return time.second; }>);
  declare_field(library, "getMilliseconds", millisecond_of_timestamp);
  library.push_back({"getHours", true, {kDuration}, kInteger, whole_units<3600>});
  library.push_back({"getMinutes", true, {kDuration}, kInteger, whole_units<60>});
  library.push_back({"getSeconds", true, {kDuration}, kInteger, whole_units<1>});
  library.push_back({"getMilliseconds", true, {kDuration}, kInteger, millisecond_of_duration});
}

void declare_calendar(Library& library) {
  library.push_back({"addMonths", true, {kTimestamp, kInteger}, kTimestamp, add_months});
  library.push_back({"addMonths", true, {kTimestamp, kInteger, kText}, kTimestamp, add_months});
  library.push_back({"monthsBetween", false, {kTimestamp, kTimestamp}, kInteger, months_between});
  library.push_back({"monthsBetween", false, {kTimestamp, kTimestamp, kText}, kInteger, months_between});
  library.push_back({"startOfDay", true, {kTimestamp, kText}, kTimestamp, start_of<Span::day>});
  library.push_back({"startOfMonth", true, {kTimestamp, kText}, kTimestamp, start_of<Span::month>});
  library.push_back({"startOfYear", true, {kTimestamp, kText}, kTimestamp, start_of<Span::year>});
  library.push_back({"days", false, {kInteger}, kDuration, days});
}

}  // namespace

Library time_library() {
  Library library;
  declare_fields(library);
  declare_calendar(library);
  return library;
}

}  // namespace tally::cel
