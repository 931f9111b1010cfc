#include "cel/time_text.h"

#include <array>
#include <chrono>
#include <limits>

namespace tally::cel {

namespace {

namespace ch = std::chrono;

__extension__ using Wide = __int128;  // nanoseconds: 10,000 years of them need 69 bits

constexpr Wide kDurationNanosMax = Wide{kDurationSecondsMax} * kNanosPerSecond;

template <class Span>
Wide nanos_of(Span span) {
  return Wide{span.seconds} * kNanosPerSecond + span.nanos;
}

// Seconds rounded down, nanos from 0. The caller has checked the range.
template <class Span>
Span from_nanos(Wide nanos) {
  Wide seconds = nanos / kNanosPerSecond;
  Wide part = nanos % kNanosPerSecond;
  if (part < 0) {
    part += kNanosPerSecond;
    --seconds;
  }
  return {static_cast<std::int64_t>(seconds), static_cast<std::int32_t>(part)};
}

std::optional<Timestamp> timestamp_in_range(Wide nanos) {
  constexpr Wide kMin = Wide{kTimestampSecondsMin} * kNanosPerSecond;
  constexpr Wide kMax = Wide{kTimestampSecondsMax} * kNanosPerSecond + kNanosPerSecond - 1;
  if (nanos < kMin || nanos > kMax) return std::nullopt;
  return from_nanos<Timestamp>(nanos);
}

std::optional<Duration> duration_in_range(Wide nanos) {
  if (nanos < -kDurationNanosMax || nanos > kDurationNanosMax) return std::nullopt;
  return from_nanos<Duration>(nanos);
}

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

// Takes text from the front, piece by piece.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  bool take(std::string_view wanted) {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(wanted.size());
    return true;
  }
  std::string_view digits() {
    std::size_t count = 0;
    while (count < rest_.size() && is_digit(rest_[count])) ++count;
    const std::string_view out = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return out;
  }
  // A number of exactly `width` digits.
  std::optional<unsigned> number(std::size_t width) {
    if (rest_.size() < width) return std::nullopt;
    unsigned out = 0;
    for (const char letter : rest_.substr(0, width)) {
      if (!is_digit(letter)) return std::nullopt;
      out = out * 10 + static_cast<unsigned>(letter - '0');
    }
    rest_.remove_prefix(width);
    return out;
  }

 private:
  std::string_view rest_;
};

// "-08:00" or "Z", in seconds.
std::optional<std::int64_t> read_offset(Reader& reader) {
  if (reader.take("Z")) return 0;
  const bool west = reader.take("-");
  if (!west && !reader.take("+")) return std::nullopt;
  const auto hours = reader.number(2);
  if (!hours || *hours > 23 || !reader.take(":")) return std::nullopt;
  const auto minutes = reader.number(2);
  if (!minutes || *minutes > 59) return std::nullopt;
  const std::int64_t seconds = *hours * 3600 + *minutes * 60;
  return west ? -seconds : seconds;
}

std::string padded(unsigned number, std::size_t width) {
  std::string digits = std::to_string(number);
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return digits;
}

// ".5" for half a second; empty for none.
std::string decimals_of(unsigned nanos) {
  if (nanos == 0) return {};
  std::string out = "." + padded(nanos, 9);
  while (out.back() == '0') out.pop_back();
  return out;
}

ch::year_month_day day_of(const CalendarTime& local) {
  return {ch::year{local.year}, ch::month{local.month}, ch::day{local.day}};
}

struct DurationUnit {
  std::string_view name;
  std::int64_t nanos;
};
// A longer name stands before its own beginning.
constexpr std::array kDurationUnits = {DurationUnit{"ns", 1},
                                       DurationUnit{"us", 1'000},
                                       DurationUnit{"ms", 1'000'000},
                                       DurationUnit{"s", kNanosPerSecond},
                                       DurationUnit{"m", 60 * kNanosPerSecond},
                                       DurationUnit{"h", 3600 * kNanosPerSecond}};

std::optional<Wide> nanos_of(std::string_view whole, std::string_view decimals, std::int64_t unit) {
  Wide nanos = 0;
  for (const char digit : whole) {
    nanos = nanos * 10 + (digit - '0');
    if (nanos > kDurationNanosMax) return std::nullopt;
  }
  nanos *= unit;
  while (decimals.ends_with('0')) decimals.remove_suffix(1);
  for (const char digit : decimals) {
    if (unit % 10 != 0) return std::nullopt;  // below a nanosecond
    unit /= 10;
    nanos += Wide{digit - '0'} * unit;
  }
  return nanos;
}

}  // namespace

std::optional<Timestamp> timestamp_at(std::int64_t seconds, std::int32_t nanos) {
  return timestamp_in_range(nanos_of(Timestamp{seconds, nanos}));
}

std::optional<Duration> duration_of(std::int64_t seconds, std::int32_t nanos) {
  return duration_in_range(nanos_of(Duration{seconds, nanos}));
}

std::optional<Timestamp> parse_timestamp(std::string_view text) {
  Reader reader(text);
  const auto year = reader.number(4);
  if (!year || !reader.take("-")) return std::nullopt;
  const auto month = reader.number(2);
  if (!month || !reader.take("-")) return std::nullopt;
  const auto day = reader.number(2);
  if (!day || !reader.take("T")) return std::nullopt;
  const auto hour = reader.number(2);
  if (!hour || *hour > 23 || !reader.take(":")) return std::nullopt;
  const auto minute = reader.number(2);
  if (!minute || *minute > 59 || !reader.take(":")) return std::nullopt;
  const auto second = reader.number(2);
  if (!second || *second > 59) return std::nullopt;
  std::int32_t nanos = 0;
  if (reader.take(".")) {
    const std::string_view decimals = reader.digits();
    if (decimals.empty() || decimals.size() > 9) return std::nullopt;
    for (std::size_t i = 0; i < 9; ++i) nanos = nanos * 10 + (i < decimals.size() ? decimals[i] - '0' : 0);
  }
  const auto offset = read_offset(reader);
  if (!offset || !reader.at_end()) return std::nullopt;
  const CalendarTime local{static_cast<int>(*year), *month, *day, *hour, *minute, *second};
  if (!day_of(local).ok()) return std::nullopt;
  return timestamp_at(seconds_at(local, *offset), nanos);
}

std::string format_timestamp(Timestamp timestamp) {
  const CalendarTime utc = calendar_time(timestamp);
  std::string out = padded(static_cast<unsigned>(utc.year), 4);
  out += "-" + padded(utc.month, 2) + "-" + padded(utc.day, 2);
  out += "T" + padded(utc.hour, 2) + ":" + padded(utc.minute, 2) + ":" + padded(utc.second, 2);
  return out + decimals_of(static_cast<unsigned>(timestamp.nanos)) + "Z";
}

std::optional<Duration> parse_duration(std::string_view text) {
  Reader reader(text);
  const bool negative = reader.take("-");
  if (!negative) reader.take("+");
  if (reader.at_end()) return std::nullopt;
  if (reader.take("0") && reader.at_end()) return Duration{};
  reader = Reader(text.substr(negative || text.front() == '+' ? 1 : 0));
  Wide total = 0;
  while (!reader.at_end()) {
    const std::string_view whole = reader.digits();
    const std::string_view decimals = reader.take(".") ? reader.digits() : std::string_view{};
    if (whole.empty() && decimals.empty()) return std::nullopt;
    std::int64_t unit = 0;
    for (const DurationUnit& known : kDurationUnits) {
      if (unit == 0 && reader.take(known.name)) unit = known.nanos;
    }
    if (unit == 0) return std::nullopt;
    const auto nanos = nanos_of(whole, decimals, unit);
    if (!nanos) return std::nullopt;
    total += *nanos;
    if (total > kDurationNanosMax) return std::nullopt;
  }
  return duration_in_range(negative ? -total : total);
}

std::string format_duration(Duration duration) {
  const Wide nanos = nanos_of(duration);
  const Duration size = from_nanos<Duration>(nanos < 0 ? -nanos : nanos);
  std::string out = nanos < 0 ? "-" : "";
  out += std::to_string(size.seconds);
  return out + decimals_of(static_cast<unsigned>(size.nanos)) + "s";
}

std::optional<Timestamp> add(Timestamp timestamp, Duration duration) {
  return timestamp_in_range(nanos_of(timestamp) + nanos_of(duration));
}

std::optional<Timestamp> subtract(Timestamp timestamp, Duration duration) {
  return timestamp_in_range(nanos_of(timestamp) - nanos_of(duration));
}

std::optional<Duration> subtract(Timestamp left, Timestamp right) {
  const Wide nanos = nanos_of(left) - nanos_of(right);
  using Limits = std::numeric_limits<std::int64_t>;
  if (nanos < Limits::min() || nanos > Limits::max()) return std::nullopt;
  return from_nanos<Duration>(nanos);
}

std::optional<Duration> add(Duration left, Duration right) {
  return duration_in_range(nanos_of(left) + nanos_of(right));
}

std::optional<Duration> subtract(Duration left, Duration right) {
  return duration_in_range(nanos_of(left) - nanos_of(right));
}

std::int64_t whole_seconds(Duration duration) {
  return static_cast<std::int64_t>(nanos_of(duration) / kNanosPerSecond);
}

std::int64_t millisecond_part(Duration duration) {
  return static_cast<std::int64_t>(nanos_of(duration) % kNanosPerSecond / 1'000'000);
}

CalendarTime calendar_time(Timestamp timestamp, std::int64_t offset_seconds) {
  const ch::sys_seconds local{ch::seconds{timestamp.seconds + offset_seconds}};
  const ch::sys_days day = ch::floor<ch::days>(local);
  const ch::year_month_day date{day};
  const auto in_day = static_cast<unsigned>((local - day).count());
  const ch::sys_days new_year{date.year() / ch::January / 1};
  return {static_cast<int>(date.year()),
          static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()),
          in_day / 3600,
          in_day / 60 % 60,
          in_day % 60,
          ch::weekday{day}.c_encoding(),
          static_cast<unsigned>((day - new_year).count())};
}

std::int64_t seconds_at(const CalendarTime& local, std::int64_t offset_seconds) {
  const std::int64_t days = ch::sys_days{day_of(local)}.time_since_epoch().count();
  return days * kDaySeconds + local.hour * 3600 + local.minute * 60 + local.second - offset_seconds;
}

}  // namespace tally::cel
