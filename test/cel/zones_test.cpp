// Frozen time zones: fixed offsets, both sides of clock changes, odd offsets, unknown names.
#include "cel/zones.h"

#include <catch2/catch.hpp>

namespace tally::cel {

namespace {

// The local time that a clock in the zone shows: "2026-03-08 01:59:59".
std::string clock_in(std::string_view name, std::string_view utc) {
  const auto zone = find_zone(name);
  if (!zone) return "no zone";
  const Timestamp timestamp = parse_timestamp(utc).value();
  const std::int64_t seconds = timestamp.seconds + offset_seconds_at(*zone, timestamp.seconds);
  std::string text = format_timestamp(Timestamp{seconds});
  text.pop_back();
  text[10] = ' ';
  return text;
}

std::string instant_in(std::string_view name, const CalendarTime& local) {
  return format_timestamp(Timestamp{seconds_of_local(find_zone(name).value(), local)});
}

}  // namespace

TEST_CASE("cel zones: clocks at and around their changes") {
  struct Row {
    const char* zone;
    const char* utc;
    const char* clock;
  };
  const std::vector<Row> rows = {
      {"UTC", "2026-03-08T06:59:59Z", "2026-03-08 06:59:59"},
      {"GMT", "2026-07-08T06:59:59Z", "2026-07-08 06:59:59"},
      {"+08:00", "2026-03-08T20:00:00Z", "2026-03-09 04:00:00"},
      {"08:00", "2026-03-08T20:00:00Z", "2026-03-09 04:00:00"},
      {"-02:30", "2026-03-08T02:00:00Z", "2026-03-07 23:30:00"},
      {"-00:00", "2026-03-08T02:00:00Z", "2026-03-08 02:00:00"},
      {"Asia/Shanghai", "2026-07-01T16:00:00Z", "2026-07-02 00:00:00"},
      {"Asia/Urumqi", "2026-07-01T16:00:00Z", "2026-07-01 22:00:00"},
      {"Asia/Hong_Kong", "2026-07-01T16:00:00Z", "2026-07-02 00:00:00"},
      {"Asia/Kathmandu", "2009-02-13T23:31:30Z", "2009-02-14 05:16:30"},
      {"Asia/Kolkata", "2009-02-13T23:31:30Z", "2009-02-14 05:01:30"},
      {"America/New_York", "2026-03-08T06:59:59Z", "2026-03-08 01:59:59"},
      {"America/New_York", "2026-03-08T07:00:00Z", "2026-03-08 03:00:00"},
      {"America/New_York", "2026-11-01T05:59:59Z", "2026-11-01 01:59:59"},
      {"America/New_York", "2026-11-01T06:00:00Z", "2026-11-01 01:00:00"},
      {"US/Eastern", "2026-11-01T06:00:00Z", "2026-11-01 01:00:00"},
      {"America/St_Johns", "2026-03-08T05:29:59Z", "2026-03-08 01:59:59"},
      {"America/St_Johns", "2026-03-08T05:30:00Z", "2026-03-08 03:00:00"},
      {"America/St_Johns", "2026-11-01T04:29:59Z", "2026-11-01 01:59:59"},
      {"America/St_Johns", "2026-11-01T04:30:00Z", "2026-11-01 01:00:00"},
      {"Europe/London", "2026-03-29T00:59:59Z", "2026-03-29 00:59:59"},
      {"Europe/London", "2026-03-29T01:00:00Z", "2026-03-29 02:00:00"},
      {"Europe/London", "2026-10-25T00:59:59Z", "2026-10-25 01:59:59"},
      {"Europe/London", "2026-10-25T01:00:00Z", "2026-10-25 01:00:00"},
      {"Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29 01:59:59"},
      {"Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29 03:00:00"},
      {"Australia/Sydney", "2026-04-04T15:59:59Z", "2026-04-05 02:59:59"},
      {"Australia/Sydney", "2026-04-04T16:00:00Z", "2026-04-05 02:00:00"},
      {"Australia/Sydney", "2026-10-03T15:59:59Z", "2026-10-04 01:59:59"},
      {"Australia/Sydney", "2026-10-03T16:00:00Z", "2026-10-04 03:00:00"},
      {"Australia/Sydney", "2026-12-31T13:00:00Z", "2027-01-01 00:00:00"},
      {"Pacific/Auckland", "2026-09-26T14:00:00Z", "2026-09-27 03:00:00"},
  };
  for (const Row& row : rows) {
    INFO(row.zone << " " << row.utc);
    CHECK(clock_in(row.zone, row.utc) == row.clock);
  }
}

TEST_CASE("cel zones: instants of local times") {
  CHECK(instant_in("Asia/Shanghai", {2026, 7, 2}) == "2026-07-01T16:00:00Z");
  CHECK(instant_in("America/New_York", {2026, 7, 2}) == "2026-07-02T04:00:00Z");
  CHECK(instant_in("America/New_York", {2026, 1, 2}) == "2026-01-02T05:00:00Z");
  // Shown twice: the first. Skipped: the change itself.
  CHECK(instant_in("America/New_York", {2026, 11, 1, 1, 30, 0}) == "2026-11-01T05:30:00Z");
  CHECK(instant_in("America/New_York", {2026, 3, 8, 2, 30, 0}) == "2026-03-08T07:00:00Z");
  CHECK(instant_in("Australia/Sydney", {2026, 4, 5, 2, 30, 0}) == "2026-04-04T15:30:00Z");
  CHECK(instant_in("Europe/Berlin", {2026, 3, 29, 2, 0, 0}) == "2026-03-29T01:00:00Z");
}

TEST_CASE("cel zones: what is no zone says what is") {
  for (const std::string_view name : {"", "Mars/Olympus", "utc", "Asia/shanghai", "8:00", "+8", "+24:00", "+08:60",
                                      "+0800", "++08:00", "08:00 ", "Asia/Shanghai ", "CST"}) {
    INFO(name);
    CHECK_FALSE(find_zone(name).has_value());
  }
  CHECK(unknown_zone("Mars/Olympus").starts_with("`Mars/Olympus` is no time zone; expected UTC, an offset such as"));
  CHECK(unknown_zone(std::string(1000, 'x')).size() < 300);
}

}  // namespace tally::cel
