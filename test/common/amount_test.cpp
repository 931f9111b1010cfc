#include "common/amount.h"

#include <catch2/catch.hpp>
#include <limits>

#include "common/time.h"

namespace {

using namespace tally;

TEST_CASE("amounts print with exactly their scale") {
  CHECK(format_amount(Amount{-105}, 1) == "-10.5");
  CHECK(format_amount(Amount{5}, 2) == "0.05");
  CHECK(format_amount(Amount{7}, 0) == "7");
  CHECK(format_amount(Amount{std::numeric_limits<std::int64_t>::min()}, 0) == "-9223372036854775808");
}

TEST_CASE("amounts parse exactly or not at all") {
  CHECK(parse_amount("3", 1).value() == Amount{30});
  CHECK(parse_amount("+3.5", 1).value() == Amount{35});
  CHECK(parse_amount("-0.5", 2).value() == Amount{-50});
  CHECK(parse_amount("-9223372036854775808", 0).value().value == std::numeric_limits<std::int64_t>::min());
  CHECK(parse_amount("9223372036854775808", 0).error().code == ErrorCode::overflow);
  for (const char* bad : {"", "-", ".5", "3.", "3.55", "1e3", " 3", "3 ", "0x1", "--3", "3.5.1"})
    CHECK(parse_amount(bad, 1).error().code == ErrorCode::invalid_field);
}

TEST_CASE("checked arithmetic reports overflow") {
  const Amount most{std::numeric_limits<std::int64_t>::max()};
  CHECK_FALSE(checked_add(most, Amount{1}));
  CHECK_FALSE(checked_multiply(most, 2));
  CHECK_FALSE(checked_negate(Amount{std::numeric_limits<std::int64_t>::min()}));
  CHECK(checked_subtract(Amount{1}, Amount{3}) == Amount{-2});
}

TEST_CASE("times round-trip through RFC 3339 and months keep to the calendar") {
  for (const char* text : {"2026-03-01T08:00:00Z", "2024-02-29T23:59:59.250Z", "1970-01-01T00:00:00Z"})
    CHECK(format_time(parse_time(text).value()) == text);
  CHECK(format_time(parse_time("2026-03-01").value()) == "2026-03-01T00:00:00Z");
  for (const char* bad :
       {"2026-02-30", "2026-3-1", "2026-03-01T24:00:00Z", "2026-03-01T08:00:00", "x", "2026-03-01T08:00:00+01:00"})
    CHECK_FALSE(parse_time(bad).has_value());
  CHECK(format_day(add_months(parse_time("2026-01-31").value(), 1)) == "2026-02-28");
  CHECK(format_day(add_months(parse_time("2026-12-15").value(), 1)) == "2027-01-15");
}

}  // namespace
