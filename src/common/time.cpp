#include "common/time.h"

#include <chrono>
#include <cstdio>

namespace tally {

namespace {

namespace ch = std::chrono;
using Days = ch::time_point<ch::system_clock, ch::days>;

Days day_of(TimestampMs time) {
  return Days{ch::days{static_cast<std::int64_t>(time.value / kDayMs)}};
}

// Reads exactly `width` digits at `position`.
std::optional<unsigned> digits(std::string_view text, std::size_t position, std::size_t width) {
  if (position + width > text.size()) return std::nullopt;
  unsigned out = 0;
  for (std::size_t i = position; i < position + width; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    out = out * 10 + static_cast<unsigned>(text[i] - '0');
  }
  return out;
}

}  // namespace

CalendarDay calendar_day(TimestampMs time) {
  const ch::year_month_day ymd{day_of(time)};
  return {static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day())};
}

std::string format_day(TimestampMs time) {
  const auto [year, month, day] = calendar_day(time);
  char out[32];
  std::snprintf(out, sizeof out, "%04d-%02u-%02u", year, month, day);
  return out;
}

std::string format_time(TimestampMs time) {
  const std::uint64_t in_day = time.value % kDayMs;
  const auto seconds = static_cast<unsigned>(in_day / 1000);
  const auto millis = static_cast<unsigned>(in_day % 1000);
  char out[32];
  std::snprintf(out, sizeof out, "T%02u:%02u:%02u", seconds / 3600, seconds / 60 % 60, seconds % 60);
  std::string text = format_day(time) + out;
  if (millis != 0) {
    std::snprintf(out, sizeof out, ".%03u", millis);
    text += out;
  }
  return text + "Z";
}

Result<TimestampMs> parse_time(std::string_view text) {
  const auto refuse = [&] {
    return make_error(ErrorCode::invalid_field, "", "is \"" + std::string(text) + "\"",
                      "a UTC time such as 2026-03-01 or 2026-03-01T08:00:00Z");
  };
  const auto year = digits(text, 0, 4);
  const auto month = digits(text, 5, 2);
  const auto day = digits(text, 8, 2);
  if (!year || !month || !day || *year < 1970 || text[4] != '-' || text[7] != '-') return refuse();
  const ch::year_month_day ymd{ch::year{static_cast<int>(*year)}, ch::month{*month}, ch::day{*day}};
  if (!ymd.ok()) return refuse();
  std::uint64_t millis = static_cast<std::uint64_t>(Days{ymd}.time_since_epoch().count()) * kDayMs;
  if (text.size() == 10) return TimestampMs{millis};
  const auto hour = digits(text, 11, 2);
  const auto minute = digits(text, 14, 2);
  const auto second = digits(text, 17, 2);
  if (text[10] != 'T' || !hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59) return refuse();
  if (text[13] != ':' || text[16] != ':' || text.back() != 'Z') return refuse();
  millis += (*hour * 3600ULL + *minute * 60ULL + *second) * 1000;
  if (text.size() == 20) return TimestampMs{millis};
  const auto fraction = digits(text, 20, 3);
  if (text.size() != 24 || text[19] != '.' || !fraction) return refuse();
  return TimestampMs{millis + *fraction};
}

TimestampMs add_months(TimestampMs time, unsigned months) {
  const ch::year_month_day from{day_of(time)};
  const ch::year_month target = ch::year_month{from.year(), from.month()} + ch::months{static_cast<int>(months)};
  const ch::year_month_day_last last{target.year(), ch::month_day_last{target.month()}};
  const ch::year_month_day to{target.year(), target.month(), std::min(from.day(), last.day())};
  const auto day = static_cast<std::uint64_t>(Days{to}.time_since_epoch().count());
  return TimestampMs{day * kDayMs + time.value % kDayMs};
}

}  // namespace tally
