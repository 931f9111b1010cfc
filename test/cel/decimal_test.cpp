// Exact decimals: tables of edges, and random numbers against an independent calculation with 128-bit fractions.
#include "cel/decimal.h"

#include <catch2/catch.hpp>
#include <limits>
#include <random>

namespace tally::cel {

namespace {

__extension__ using Wide = __int128;
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

std::string shown(std::optional<Decimal> number) {
  return number ? number->text() : "none";
}

Decimal decimal(std::string_view text) {
  const auto number = Decimal::parse(text);
  if (!number) FAIL("no decimal: " << text);
  return *number;
}

}  // namespace

TEST_CASE("cel decimal: text is read strictly and written with the least scale") {
  struct Row {
    const char* text;
    const char* wanted;
  };
  const std::vector<Row> rows = {
      {"0", "0"},
      {"-0", "0"},
      {"0.000", "0"},
      {"1.50", "1.5"},
      {"-12.50", "-12.5"},
      {"+0.5", "0.5"},
      {"007", "7"},
      {"-0.05", "-0.05"},
      {"100", "100"},
      {"100.0", "100"},
      {"0.000000000000000001", "0.000000000000000001"},
      {"0.0000000000000000001", "none"},
      {"0.0000000000000000000000", "0"},
      {"9223372036854775807", "9223372036854775807"},
      {"9223372036854775808", "none"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"-9223372036854775809", "none"},
      {"-9.223372036854775808", "-9.223372036854775808"},
      {"92233720368547758070.0", "none"},
      {"99999999999999999999999999999999999999999999", "none"},
      {"9223372036854775807.00000000000000000000000000", "9223372036854775807"},
      {"", "none"},
      {"-", "none"},
      {"+", "none"},
      {".5", "none"},
      {"5.", "none"},
      {".", "none"},
      {"1.2.3", "none"},
      {"1..2", "none"},
      {"1e3", "none"},
      {" 1", "none"},
      {"1 ", "none"},
      {"+-1", "none"},
      {"0x10", "none"},
      {"1,5", "none"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(shown(Decimal::parse(row.text)) == row.wanted);
  }
}

TEST_CASE("cel decimal: equal numbers are equal structs") {
  CHECK(Decimal::make(150, 2) == Decimal::make(15, 1));
  CHECK(Decimal::make(0, 40) == Decimal{});
  CHECK(Decimal::make(1000, 3) == Decimal::whole(1));
  CHECK(Decimal::make(1, 19) == std::nullopt);
  CHECK(Decimal::make(10, 19)->scale() == 18);
  CHECK(Decimal::make(kMin, 18)->text() == "-9.223372036854775808");
}

TEST_CASE("cel decimal: units at a scale are exact or none") {
  CHECK(decimal("1.5").at_scale(1) == 15);
  CHECK(decimal("1.5").at_scale(3) == 1500);
  CHECK(decimal("1.5").at_scale(0) == std::nullopt);
  CHECK(decimal("0").at_scale(60) == 0);
  CHECK(decimal("1").at_scale(18) == 1'000'000'000'000'000'000);
  CHECK(decimal("10").at_scale(18) == std::nullopt);
  CHECK(decimal("1").at_scale(19) == std::nullopt);
  CHECK(Decimal::whole(kMin).at_scale(0) == kMin);
  CHECK(Decimal::whole(kMin).at_scale(1) == std::nullopt);
}

TEST_CASE("cel decimal: rounding") {
  struct Row {
    const char* number;
    unsigned decimals;
    const char* half_even;
    const char* half_up;
    const char* down;
    const char* floor;
    const char* ceiling;
  };
  const std::vector<Row> rows = {
      {"2.5", 0, "2", "3", "2", "2", "3"},
      {"3.5", 0, "4", "4", "3", "3", "4"},
      {"-2.5", 0, "-2", "-3", "-2", "-3", "-2"},
      {"-3.5", 0, "-4", "-4", "-3", "-4", "-3"},
      {"2.51", 0, "3", "3", "2", "2", "3"},
      {"2.49", 0, "2", "2", "2", "2", "3"},
      {"0.05", 1, "0", "0.1", "0", "0", "0.1"},
      {"-0.05", 1, "0", "-0.1", "0", "-0.1", "0"},
      {"0.15", 1, "0.2", "0.2", "0.1", "0.1", "0.2"},
      {"7", 0, "7", "7", "7", "7", "7"},
      {"1.25", 5, "1.25", "1.25", "1.25", "1.25", "1.25"},
      {"9.223372036854775807", 17, "9.22337203685477581", "9.22337203685477581", "9.2233720368547758",
       "9.2233720368547758", "9.22337203685477581"},
      {"-9.223372036854775808", 0, "-9", "-9", "-9", "-10", "-9"},
  };
  for (const Row& row : rows) {
    INFO(row.number << " to " << row.decimals);
    const Decimal number = decimal(row.number);
    CHECK(number.rounded(row.decimals, Rounding::half_even).text() == row.half_even);
    CHECK(number.rounded(row.decimals, Rounding::half_up).text() == row.half_up);
    CHECK(number.rounded(row.decimals, Rounding::down).text() == row.down);
    CHECK(number.rounded(row.decimals, Rounding::floor).text() == row.floor);
    CHECK(number.rounded(row.decimals, Rounding::ceiling).text() == row.ceiling);
  }
}

TEST_CASE("cel decimal: arithmetic at its edges") {
  const Decimal greatest = Decimal::whole(kMax);
  const Decimal least = Decimal::whole(kMin);
  const Decimal grain = decimal("0.000000000000000001");
  CHECK(shown(add(decimal("0.1"), decimal("0.2"))) == "0.3");
  CHECK(shown(add(decimal("1.5"), decimal("-1.5"))) == "0");
  CHECK(shown(add(greatest, Decimal::whole(1))) == "none");
  CHECK(shown(add(greatest, grain)) == "none");
  CHECK(shown(subtract(least, Decimal::whole(1))) == "none");
  CHECK(shown(subtract(Decimal{}, least)) == "none");
  CHECK(shown(negate(least)) == "none");
  CHECK(shown(negate(decimal("-1.5"))) == "1.5");
  // Whole numbers beyond 64 bits fit again once their trailing zeros went.
  CHECK(shown(multiply(decimal("0.000000000000000005"), decimal("200000000000000000"))) == "1");
  CHECK(shown(multiply(grain, grain)) == "none");
  CHECK(shown(multiply(decimal("1.2"), decimal("-0.5"))) == "-0.6");
  CHECK(shown(multiply(least, Decimal::whole(-1))) == "none");
  CHECK(shown(multiply(least, Decimal::whole(1))) == least.text());
}

TEST_CASE("cel decimal: division") {
  const auto divided = [](std::string_view left, std::string_view right, unsigned decimals, Rounding rounding) {
    return shown(divide(decimal(left), decimal(right), decimals, rounding));
  };
  CHECK(divided("1", "3", 4, Rounding::half_even) == "0.3333");
  CHECK(divided("2", "3", 4, Rounding::half_even) == "0.6667");
  CHECK(divided("2", "3", 4, Rounding::down) == "0.6666");
  CHECK(divided("-2", "3", 4, Rounding::floor) == "-0.6667");
  CHECK(divided("-2", "3", 4, Rounding::ceiling) == "-0.6666");
  CHECK(divided("1", "8", 2, Rounding::half_even) == "0.12");
  CHECK(divided("1", "8", 2, Rounding::half_up) == "0.13");
  CHECK(divided("1", "0.001", 0, Rounding::down) == "1000");
  CHECK(divided("0.001", "1000", 3, Rounding::ceiling) == "0.001");
  CHECK(divided("1", "0", 2, Rounding::down) == "none");
  CHECK(divided("1", "3", 19, Rounding::down) == "none");
  CHECK(divided("100", "3", 18, Rounding::down) == "none");
  CHECK(divided("10", "3", 17, Rounding::down) == "3.33333333333333333");
  CHECK(divided("9223372036854775807", "1", 18, Rounding::down) == "9223372036854775807");
  CHECK(divided("-9223372036854775808", "-1", 0, Rounding::down) == "none");
  CHECK(divided("9223372036854775807", "0.000000000000000001", 18, Rounding::down) == "none");
}

TEST_CASE("cel decimal: random numbers agree with fractions") {
  const std::uint64_t seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  const auto tens = [](unsigned exponent) {
    Wide out = 1;
    while (exponent-- > 0) out *= 10;
    return out;
  };
  // Numbers of up to 31 bits and 6 decimals: the reference's products stay far below 128 bits.
  const auto some = [&] {
    const auto units = static_cast<std::int64_t>(random() >> 33) >> (random() % 31);
    return *Decimal::make(random() % 2 == 0 ? units : -units, static_cast<unsigned>(random() % 7));
  };
  const auto same = [&](std::optional<Decimal> number, Wide units, unsigned scale) {
    return number && Wide{number->units()} * tens(scale) == units * tens(number->scale());
  };
  for (int i = 0; i < 20'000; ++i) {
    const Decimal left = some();
    const Decimal right = some();
    INFO(left.text() << " and " << right.text());
    const unsigned scale = left.scale() + right.scale();
    const Wide left_units = Wide{left.units()} * tens(right.scale());
    const Wide right_units = Wide{right.units()} * tens(left.scale());
    REQUIRE(same(add(left, right), left_units + right_units, scale));
    REQUIRE(same(subtract(left, right), left_units - right_units, scale));
    REQUIRE(same(multiply(left, right), Wide{left.units()} * right.units(), scale));
    REQUIRE((left < right) == (left_units < right_units));
    REQUIRE((left == right) == (left_units == right_units));
    REQUIRE(Decimal::parse(left.text()) == left);
    if (right.units() == 0) continue;
    const auto decimals = static_cast<unsigned>(random() % 7);
    const Wide divisor = right_units < 0 ? -right_units : right_units;
    const Wide dividend = (right_units < 0 ? -left_units : left_units) * tens(decimals);
    Wide quotient = dividend / divisor - (dividend % divisor < 0 ? 1 : 0);
    const auto floored = divide(left, right, decimals, Rounding::floor);
    if (floored) {
      REQUIRE(same(floored, quotient, decimals));
    } else {
      while (quotient % 10 == 0) quotient /= 10;
      REQUIRE((quotient < kMin || quotient > kMax));
    }
    const Decimal nearest = left.rounded(decimals, Rounding::half_even);
    const Wide off = Wide{*nearest.at_scale(6)} - Wide{*left.at_scale(6)};
    REQUIRE(2 * (off < 0 ? -off : off) <= tens(6 - decimals));
  }
}

}  // namespace tally::cel
