#include "contracts/periods.h"

#include "common/invariant.h"
#include "common/time.h"

namespace tally::contracts {

namespace {

constexpr std::uint64_t kThursday = 3;  // 1970-01-01, counted from Monday

TimestampMs month_begin(TimestampMs time) {
  return {(time.value / kDayMs - (calendar_day(time).day - 1)) * kDayMs};
}

}  // namespace

std::uint32_t period_of(Period per, TimestampMs time) {
  const auto day = calendar_day(time);
  const auto year = static_cast<std::uint32_t>(day.year);
  switch (per) {
    case Period::day:
      return static_cast<std::uint32_t>(time.value / kDayMs);
    case Period::week:
      return static_cast<std::uint32_t>((time.value / kDayMs + kThursday) / 7);
    case Period::month:
      return year * 12 + day.month - 1;
    case Period::quarter:
      return year * 4 + (day.month - 1) / 3;
    case Period::year:
      return year;
    case Period::evidence:
    case Period::account:
      return 0;
  }
  return 0;
}

TimestampMs period_end(Period per, TimestampMs time) {
  const unsigned month = calendar_day(time).month - 1;
  switch (per) {
    case Period::day:
      return {(time.value / kDayMs + 1) * kDayMs};
    case Period::week:
      return {((period_of(per, time) + 1ULL) * 7 - kThursday) * kDayMs};
    case Period::month:
      return add_months(month_begin(time), 1);
    case Period::quarter:
      return add_months(month_begin(time), 3 - month % 3);
    case Period::year:
      return add_months(month_begin(time), 12 - month);
    case Period::evidence:
    case Period::account:
      break;
  }
  invariant(false, "only periods of time end");
  return time;
}

}  // namespace tally::contracts
