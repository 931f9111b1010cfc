// Doubles as text and back.
#include "cel/number_text.h"

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>

namespace tally::cel {

TEST_CASE("cel numbers: doubles as text") {
  struct Row {
    double number;
    const char* text;
    const char* plain;
  };
  const std::vector<Row> rows = {
      {0.0, "0", "0"},
      {-0.0, "-0", "-0"},
      {1.0, "1", "1"},
      {123.456, "123.456", "123.456"},
      {-4.5e-3, "-0.0045", "-0.0045"},
      {0.1 + 0.2, "0.30000000000000004", "0.30000000000000004"},
      {1e6, "1000000", "1000000"},
      {1e20, "100000000000000000000", "100000000000000000000"},
      {1e21, "1e+21", "1000000000000000000000"},
      {6.02214e23, "6.02214e+23", "602214000000000000000000"},
      {1e23, "1e+23", "100000000000000000000000"},
      {1e-6, "0.000001", "0.000001"},
      {1.5e-7, "1.5e-07", "0.00000015"},
      {1e100, "1e+100", nullptr},
      {5e-324, "5e-324", nullptr},
      {std::numeric_limits<double>::infinity(), "Infinity", "Infinity"},
      {-std::numeric_limits<double>::infinity(), "-Infinity", "-Infinity"},
      {std::numeric_limits<double>::quiet_NaN(), "NaN", "NaN"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(format_double(row.number) == row.text);
    if (row.plain != nullptr) CHECK(format_double_plainly(row.number) == row.plain);
  }
  CHECK(format_double_plainly(-5e-324).size() == 327);
  CHECK(format_double_plainly(std::numeric_limits<double>::max()).size() == 309);
  CHECK(format_double_fixed(std::numeric_limits<double>::lowest(), kPrecisionMax).size() == 1311);
  CHECK(format_double_fixed(2.5, 0) == "2");
  CHECK(format_double_scientific(1052.032911275, 6) == "1.052033e+03");
}

TEST_CASE("cel numbers: doubles from text") {
  struct Row {
    const char* text;
    double number;
  };
  const std::vector<Row> rows = {
      {"0", 0},
      {"-987.654", -987.654},
      {"+1.5", 1.5},
      {"6.02214e23", 6.02214e23},
      {"1.38E-23", 1.38e-23},
      {".5", 0.5},
      {"5.", 5},
      {"1e+2", 100},
      {"1e-400", 0},
      {"0.0001e-320", 0},
      {"0e999999999999999999999", 0},
      {"0000000000000000000000001e2", 100},
      {"Infinity", std::numeric_limits<double>::infinity()},
      {"-Infinity", -std::numeric_limits<double>::infinity()},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(parse_double(row.text) == row.number);
  }
  CHECK(std::isnan(parse_double("NaN").value()));
  CHECK(std::signbit(parse_double("-1e-400").value()));
  for (const char* text :
       {"",    "-",   ".",        "e5",  "1e",  "1e+",   "1.2.3", " 1",    "1 ",     "0x10",
        "inf", "nan", "infinity", "1,5", "--1", "1_000", "1f",    "1e400", "-1e400", "1e99999999999999999999"}) {
    INFO(text);
    CHECK_FALSE(parse_double(text).has_value());
  }
  // Far from 1 although the exponent says otherwise.
  CHECK(parse_double("1" + std::string(400, '0') + "e-400") == 1.0);
  CHECK(parse_double("0." + std::string(399, '0') + "1e400") == 1.0);
  CHECK_FALSE(parse_double("1" + std::string(800, '0') + "e-400").has_value());
  CHECK(parse_double("0." + std::string(800, '0') + "1e400") == 0.0);
}

TEST_CASE("cel numbers: every double comes back") {
  const std::uint64_t seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 50'000; ++i) {
    const auto number = std::bit_cast<double>(random());
    if (std::isnan(number)) continue;
    INFO(format_double(number));
    REQUIRE(parse_double(format_double(number)) == number);
    REQUIRE(parse_double(format_double_plainly(number)) == number);
  }
}

}  // namespace tally::cel
