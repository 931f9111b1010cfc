#include "cel/zones.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace tally::cel {

namespace {

namespace ch = std::chrono;

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kDaylightSeconds = kHour;

// Release 2025b of the tz database.
constexpr DaylightRule kEurope = {{3, 5, 1 * kHour}, {10, 5, 1 * kHour}, true};
constexpr DaylightRule kNorthAmerica = {{3, 2, 2 * kHour}, {11, 1, 2 * kHour}, false};
constexpr DaylightRule kAustralia = {{10, 1, 2 * kHour}, {4, 1, 3 * kHour}, false};
constexpr DaylightRule kNewZealand = {{9, 5, 2 * kHour}, {4, 1, 3 * kHour}, false};

struct NamedZone {
  std::string_view name;
  Zone zone;
};

constexpr std::array kZones = {
    NamedZone{"Africa/Johannesburg", {2 * kHour}},
    NamedZone{"America/Anchorage", {-9 * kHour, &kNorthAmerica}},
    NamedZone{"America/Chicago", {-6 * kHour, &kNorthAmerica}},
    NamedZone{"America/Denver", {-7 * kHour, &kNorthAmerica}},
    NamedZone{"America/Halifax", {-4 * kHour, &kNorthAmerica}},
    NamedZone{"America/Los_Angeles", {-8 * kHour, &kNorthAmerica}},
    NamedZone{"America/New_York", {-5 * kHour, &kNorthAmerica}},
    NamedZone{"America/Phoenix", {-7 * kHour}},
    NamedZone{"America/Sao_Paulo", {-3 * kHour}},
    NamedZone{"America/St_Johns", {-3 * kHour - 30 * kMinute, &kNorthAmerica}},
    NamedZone{"America/Toronto", {-5 * kHour, &kNorthAmerica}},
    NamedZone{"Asia/Almaty", {5 * kHour}},
    NamedZone{"Asia/Bangkok", {7 * kHour}},
    NamedZone{"Asia/Calcutta", {5 * kHour + 30 * kMinute}},
    NamedZone{"Asia/Chongqing", {8 * kHour}},
    NamedZone{"Asia/Dhaka", {6 * kHour}},
    NamedZone{"Asia/Dubai", {4 * kHour}},
    NamedZone{"Asia/Harbin", {8 * kHour}},
    NamedZone{"Asia/Ho_Chi_Minh", {7 * kHour}},
    NamedZone{"Asia/Hong_Kong", {8 * kHour}},
    NamedZone{"Asia/Jakarta", {7 * kHour}},
    NamedZone{"Asia/Karachi", {5 * kHour}},
    NamedZone{"Asia/Kashgar", {6 * kHour}},
    NamedZone{"Asia/Kathmandu", {5 * kHour + 45 * kMinute}},
    NamedZone{"Asia/Katmandu", {5 * kHour + 45 * kMinute}},
    NamedZone{"Asia/Kolkata", {5 * kHour + 30 * kMinute}},
    NamedZone{"Asia/Macau", {8 * kHour}},
    NamedZone{"Asia/Manila", {8 * kHour}},
    NamedZone{"Asia/Seoul", {9 * kHour}},
    NamedZone{"Asia/Shanghai", {8 * kHour}},
    NamedZone{"Asia/Singapore", {8 * kHour}},
    NamedZone{"Asia/Taipei", {8 * kHour}},
    NamedZone{"Asia/Tashkent", {5 * kHour}},
    NamedZone{"Asia/Tokyo", {9 * kHour}},
    NamedZone{"Asia/Ulaanbaatar", {8 * kHour}},
    NamedZone{"Asia/Urumqi", {6 * kHour}},
    NamedZone{"Asia/Vladivostok", {10 * kHour}},
    NamedZone{"Australia/Adelaide", {9 * kHour + 30 * kMinute, &kAustralia}},
    NamedZone{"Australia/Brisbane", {10 * kHour}},
    NamedZone{"Australia/Melbourne", {10 * kHour, &kAustralia}},
    NamedZone{"Australia/Perth", {8 * kHour}},
    NamedZone{"Australia/Sydney", {10 * kHour, &kAustralia}},
    NamedZone{"Canada/Newfoundland", {-3 * kHour - 30 * kMinute, &kNorthAmerica}},
    NamedZone{"Etc/GMT", {}},
    NamedZone{"Etc/UTC", {}},
    NamedZone{"Europe/Amsterdam", {1 * kHour, &kEurope}},
    NamedZone{"Europe/Athens", {2 * kHour, &kEurope}},
    NamedZone{"Europe/Berlin", {1 * kHour, &kEurope}},
    NamedZone{"Europe/Brussels", {1 * kHour, &kEurope}},
    NamedZone{"Europe/Lisbon", {0, &kEurope}},
    NamedZone{"Europe/London", {0, &kEurope}},
    NamedZone{"Europe/Madrid", {1 * kHour, &kEurope}},
    NamedZone{"Europe/Moscow", {3 * kHour}},
    NamedZone{"Europe/Paris", {1 * kHour, &kEurope}},
    NamedZone{"Europe/Rome", {1 * kHour, &kEurope}},
    NamedZone{"Europe/Vienna", {1 * kHour, &kEurope}},
    NamedZone{"Europe/Warsaw", {1 * kHour, &kEurope}},
    NamedZone{"Europe/Zurich", {1 * kHour, &kEurope}},
    NamedZone{"GMT", {}},
    NamedZone{"Hongkong", {8 * kHour}},
    NamedZone{"Japan", {9 * kHour}},
    NamedZone{"PRC", {8 * kHour}},
    NamedZone{"Pacific/Auckland", {12 * kHour, &kNewZealand}},
    NamedZone{"Pacific/Honolulu", {-10 * kHour}},
    NamedZone{"US/Alaska", {-9 * kHour, &kNorthAmerica}},
    NamedZone{"US/Aleutian", {-10 * kHour, &kNorthAmerica}},
    NamedZone{"US/Arizona", {-7 * kHour}},
    NamedZone{"US/Central", {-6 * kHour, &kNorthAmerica}},
    NamedZone{"US/East-Indiana", {-5 * kHour, &kNorthAmerica}},
    NamedZone{"US/Eastern", {-5 * kHour, &kNorthAmerica}},
    NamedZone{"US/Hawaii", {-10 * kHour}},
    NamedZone{"US/Indiana-Starke", {-6 * kHour, &kNorthAmerica}},
    NamedZone{"US/Michigan", {-5 * kHour, &kNorthAmerica}},
    NamedZone{"US/Mountain", {-7 * kHour, &kNorthAmerica}},
    NamedZone{"US/Pacific", {-8 * kHour, &kNorthAmerica}},
    NamedZone{"US/Samoa", {-11 * kHour}},
    NamedZone{"UTC", {}},
};

constexpr bool by_name(const NamedZone& left, const NamedZone& right) {
  return left.name < right.name;
}
static_assert(std::is_sorted(kZones.begin(), kZones.end(), by_name), "find_zone searches by halves");

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

// "+08:00", "08:00", "-02:30".
std::optional<Zone> fixed_zone(std::string_view text) {
  const bool west = text.starts_with('-');
  if (west || text.starts_with('+')) text.remove_prefix(1);
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  for (const std::size_t position : {0, 1, 3, 4}) {
    if (!is_digit(text[position])) return std::nullopt;
  }
  const std::int64_t hours = (text[0] - '0') * 10 + (text[1] - '0');
  const std::int64_t minutes = (text[3] - '0') * 10 + (text[4] - '0');
  if (hours > 23 || minutes > 59) return std::nullopt;
  const std::int64_t seconds = hours * kHour + minutes * kMinute;
  return Zone{west ? -seconds : seconds};
}

// `clock_seconds`: offset of the clock that is changed.
std::int64_t instant_of(const ClockChange& change, int year, std::int64_t clock_seconds) {
  const ch::year_month month{ch::year{year}, ch::month{change.month}};
  const ch::sys_days day =
      change.week == 5 ? ch::sys_days{month / ch::Sunday[ch::last]} : ch::sys_days{month / ch::Sunday[change.week]};
  return day.time_since_epoch().count() * kDaySeconds + change.second_of_day - clock_seconds;
}

}  // namespace

std::optional<Zone> find_zone(std::string_view name) {
  const auto found = std::lower_bound(kZones.begin(), kZones.end(), NamedZone{name, {}}, by_name);
  if (found != kZones.end() && found->name == name) return found->zone;
  return fixed_zone(name);
}

std::string unknown_zone(std::string_view name) {
  constexpr std::size_t kShownMax = 40;
  std::string out = "`";
  out += name.substr(0, kShownMax);
  if (name.size() > kShownMax) out += "...";
  return out +
         "` is no time zone; expected UTC, an offset such as +08:00, or a named zone of this version such as "
         "Asia/Shanghai, Asia/Urumqi, Asia/Hong_Kong, Asia/Kathmandu, Europe/London or America/New_York";
}

std::int64_t offset_seconds_at(const Zone& zone, std::int64_t seconds) {
  if (zone.daylight == nullptr) return zone.standard_seconds;
  const DaylightRule& rule = *zone.daylight;
  const int year = calendar_time(Timestamp{seconds}, zone.standard_seconds).year;
  const std::int64_t begin = instant_of(rule.begin, year, rule.in_utc ? 0 : zone.standard_seconds);
  const std::int64_t end = instant_of(rule.end, year, rule.in_utc ? 0 : zone.standard_seconds + kDaylightSeconds);
  // South of the equator the year begins and ends in daylight time.
  const bool daylight = begin < end ? seconds >= begin && seconds < end : seconds >= begin || seconds < end;
  return zone.standard_seconds + (daylight ? kDaylightSeconds : 0);
}

std::int64_t seconds_of_local(const Zone& zone, const CalendarTime& local) {
  // Daylight time comes first: where both fit, it is the earlier instant.
  for (const std::int64_t offset : {zone.standard_seconds + kDaylightSeconds, zone.standard_seconds}) {
    const std::int64_t seconds = seconds_at(local, offset);
    if (offset_seconds_at(zone, seconds) == offset) return seconds;
  }
  // Skipped, so clocks go forward here: the change is found between the two readings.
  std::int64_t before = seconds_at(local, zone.standard_seconds + kDaylightSeconds);
  std::int64_t after = seconds_at(local, zone.standard_seconds);
  while (before + 1 < after) {
    const std::int64_t middle = before + (after - before) / 2;
    (offset_seconds_at(zone, middle) == zone.standard_seconds ? before : after) = middle;
  }
  return after;
}

}  // namespace tally::cel
