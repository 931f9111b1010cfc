// Values: equality and order of numbers, keys, depth and weight, growing in place, text.
#include "cel/value.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

namespace tally::cel {

namespace {

constexpr auto kIntMax = std::numeric_limits<std::int64_t>::max();
constexpr auto kIntMin = std::numeric_limits<std::int64_t>::min();

Value decimal(const char* text) {
  return *Decimal::parse(text);
}
Value integer(std::int64_t number) {
  return number;
}

}  // namespace

TEST_CASE("cel values: numbers are equal by value, whatever their types, and never by rounding") {
  const std::vector<std::vector<Value>> classes = {{integer(0), std::uint64_t{0}, 0.0, -0.0, decimal("0")},
                                                   {integer(1), std::uint64_t{1}, 1.0, decimal("1.0")},
                                                   {integer(-3), -3.0, decimal("-3")},
                                                   {0.5, decimal("0.5")},
                                                   {-0.375, decimal("-0.375")},
                                                   {decimal("0.1")},
                                                   {0.1},
                                                   {std::uint64_t{1} << 63U, 9223372036854775808.0},
                                                   {kIntMax, std::uint64_t{kIntMax}, decimal("9223372036854775807")},
                                                   {kIntMin, -9223372036854775808.0, decimal("-9223372036854775808")},
                                                   {std::numeric_limits<std::uint64_t>::max()},
                                                   {18446744073709551616.0},
                                                   {integer(9007199254740993)},
                                                   {integer(9007199254740992), 9007199254740992.0},
                                                   {std::ldexp(1.0, -18), decimal("0.000003814697265625")},
                                                   {std::ldexp(1.0, -19)},
                                                   {std::numeric_limits<double>::infinity()},
                                                   {1e300}};
  for (std::size_t i = 0; i < classes.size(); ++i)
    for (const Value& one : classes[i])
      for (std::size_t j = 0; j < classes.size(); ++j)
        for (const Value& other : classes[j]) {
          INFO(text_of(one) << " and " << text_of(other));
          CHECK(equal(one, other) == (i == j));
        }
  const Value nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_FALSE(equal(nan, nan));
  CHECK_FALSE(equal(Value::list({nan}), Value::list({nan})));
  CHECK_FALSE(equal(nan, decimal("1")));
}

TEST_CASE("cel values: other values are equal to their like only") {
  CHECK(equal(Value(), Value()));
  CHECK_FALSE(equal(Value(), false));
  CHECK_FALSE(equal(Value::text("a"), Value::bytes({'a'})));
  CHECK(equal(Value::map({{Value::text("a"), integer(1)}, {integer(2), 3.0}}),
              Value::map({{std::uint64_t{2}, integer(3)}, {Value::text("a"), 1.0}})));
  CHECK_FALSE(equal(Value::list({integer(1)}), Value::list({integer(1), integer(1)})));
  CHECK_FALSE(equal(Value::optional(std::nullopt), Value::optional(Value())));
  CHECK_FALSE(equal(Timestamp{1, 0}, Duration{1, 0}));
  CHECK(equal(Value::type(Type::list_of(TypeKind::integer)), Value::type(Type::list_of({}))));
  CHECK_FALSE(equal(Value::type(TypeKind::integer), Value::type(TypeKind::text)));
  const Value error = Value::error(Failure::cost, "x");
  CHECK_FALSE(equal(error, error));
}

TEST_CASE("cel values: order") {
  const auto order = [](const Value& one, const Value& other) { return compare(one, other); };
  CHECK(order(integer(-1), std::uint64_t{0}) == std::partial_ordering::less);
  CHECK(order(std::uint64_t{1} << 63U, kIntMax) == std::partial_ordering::greater);
  CHECK(order(decimal("1.5"), integer(1)) == std::partial_ordering::greater);
  CHECK(order(integer(2), decimal("1.999")) == std::partial_ordering::greater);
  CHECK(order(decimal("1"), std::numeric_limits<std::uint64_t>::max()) == std::partial_ordering::less);
  CHECK(order(1.5, integer(1)) == std::partial_ordering::greater);
  CHECK(order(std::numeric_limits<double>::quiet_NaN(), integer(1)) == std::partial_ordering::unordered);
  CHECK(order(decimal("1"), 1.0) == std::nullopt);
  CHECK(order(Value::text("a"), Value::text("\xC3\xA4")) == std::partial_ordering::less);
  CHECK(order(false, true) == std::partial_ordering::less);
  CHECK(order(Timestamp{1, 5}, Timestamp{1, 6}) == std::partial_ordering::less);
  CHECK(order(Value::list({}), Value::list({})) == std::nullopt);
  CHECK(order(Value(), Value()) == std::nullopt);
  CHECK(order(Value::text("1"), integer(1)) == std::nullopt);
}

TEST_CASE("cel values: maps stand in order, find numbers of any type, and refuse wrong keys") {
  const Value map = Value::map({{Value::text("b"), integer(1)},
                                {Value::text("a"), integer(2)},
                                {std::uint64_t{7}, integer(3)},
                                {integer(-7), integer(4)},
                                {true, integer(5)}});
  CHECK(text_of(map) == R"({true: 5, -7: 4, 7u: 3, "a": 2, "b": 1})");
  const auto* box = map.box<MapBox>();
  REQUIRE(box != nullptr);
  CHECK(box->find(7.0) != nullptr);
  CHECK(box->find(-7.0) != nullptr);
  CHECK(box->find(integer(7)) != nullptr);
  CHECK(box->find(7.5) == nullptr);
  CHECK(box->find(std::numeric_limits<double>::quiet_NaN()) == nullptr);
  CHECK(box->find(1e30) == nullptr);
  CHECK(box->find(decimal("7")) == nullptr);
  CHECK(box->find(Value()) == nullptr);
  CHECK(box->find(false) == nullptr);
  CHECK(Value::map({{1.0, Value()}}).is_error());
  CHECK(Value::map({{integer(1), Value()}, {std::uint64_t{1}, Value()}}).is_error());
  std::size_t moved = 0;
  CHECK(inserted(map, std::uint64_t{7}, Value(), moved).is_error());
  CHECK(text_of(inserted(map, integer(0), Value(), moved)) == R"({true: 5, -7: 4, 0: null, 7u: 3, "a": 2, "b": 1})");
  CHECK(moved == 5);  // held twice, so it was copied
  CHECK(text_of(map) == R"({true: 5, -7: 4, 7u: 3, "a": 2, "b": 1})");
}

TEST_CASE("cel values: a list grows in place if nobody else holds it") {
  Value list = Value::list({integer(1)});
  const Value kept = list;
  Value longer = appended(list, integer(2));
  CHECK(text_of(kept) == "[1]");
  CHECK(text_of(longer) == "[1, 2]");
  const auto* before = longer.box<ListBox>();
  longer = appended(std::move(longer), integer(3));
  CHECK(longer.box<ListBox>() == before);
  CHECK(text_of(longer) == "[1, 2, 3]");
  CHECK(weight(longer) == 4);
}

TEST_CASE("cel values: depth is bounded, weight says what walking costs") {
  Value list = Value::list({});
  for (std::uint32_t i = 1; i < kValueDepthMax; ++i) list = Value::list({list, list});
  REQUIRE_FALSE(list.is_error());
  CHECK(weight(list) == std::numeric_limits<std::uint64_t>::max());
  CHECK(text_of(list).size() < 2 * kTextBytesMax);
  CHECK(Value::list({list}).is_error());
  CHECK(Value::map({{integer(1), list}}).is_error());
  CHECK(Value::optional(list).is_error());
  CHECK(appended(Value::list({}), list).is_error());
  CHECK(weight(integer(1)) == 1);
  CHECK(weight(Value::text(std::string(160, 'a'))) == 11);
  CHECK(weight(Value::list({integer(1), Value::text("a")})) == 3);
}

TEST_CASE("cel values: text shows type and value") {
  CHECK(text_of(Value::list({Value(), true, integer(-1), std::uint64_t{1}, 1.0, 0.1, 1e100, decimal("-1.50")})) ==
        "[null, true, -1, 1u, 1.0, 0.1, 1e+100, decimal('-1.5')]");
  CHECK(text_of(Value::text("a\"\\\n\t")) == R"("a\"\\\n\t")");
  CHECK(text_of(Value::bytes({'a', 0, 0xFF, '"'})) == R"(b"a\x00\xff\x22")");
  CHECK(text_of(Timestamp{0, 0}) == "timestamp('1970-01-01T00:00:00Z')");
  CHECK(text_of(Duration{-1, 500'000'000}) == "duration('-0.5s')");
  CHECK(text_of(Value::optional(integer(1))) == "optional.of(1)");
  CHECK(text_of(Value::optional(std::nullopt)) == "optional.none()");
  CHECK(text_of(Value::type(Type::map_of(TypeKind::text, TypeKind::integer))) == "map");
  CHECK(text_of(Value::text(std::string(200, 'a')), 80).size() < 100);
}

}  // namespace tally::cel
