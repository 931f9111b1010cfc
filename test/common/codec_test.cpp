#include "common/codec.h"

#include <boost/describe/class.hpp>
#include <catch2/catch.hpp>

#include "common/json.h"

namespace {

using namespace tally;

struct Sample {
  std::uint64_t id = 0;
  std::uint64_t fen = 0;
  std::string who;
  std::optional<std::uint32_t> tag;
  bool operator==(const Sample&) const = default;
};
BOOST_DESCRIBE_STRUCT(Sample, (), (id, fen, who, tag))

enum class Colour : std::uint8_t { red, black };
BOOST_DESCRIBE_ENUM(Colour, red, black)

struct Circle {
  static constexpr std::string_view kName = "circle";
  std::int64_t radius = 0;
  bool operator==(const Circle&) const = default;
};
BOOST_DESCRIBE_STRUCT(Circle, (), (radius))
struct Group {
  static constexpr std::string_view kName = "group";
  std::vector<Sample> items;
  Colour colour = Colour::red;
  bool operator==(const Group&) const = default;
};
BOOST_DESCRIBE_STRUCT(Group, (), (items, colour))
using Shape = std::variant<Circle, Group>;

TEST_CASE("BCS vector shared with @mysten/bcs") {
  const Sample sample{1, 300, "张三", std::nullopt};
  CHECK(to_hex(encode(sample)) == "01000000000000002c0100000000000006e5bca0e4b88900");
  CHECK(decode<Sample>(encode(sample)).value() == sample);
}

TEST_CASE("variants and enums round-trip in BCS and JSON") {
  const Shape shape = Group{{{7, 8, "x", 9}}, Colour::black};
  CHECK(to_hex(encode(shape)) ==
        "0101"
        "0700000000000000"
        "0800000000000000"
        "0178"
        "0109000000"
        "01");
  CHECK(decode<Shape>(encode(shape)).value() == shape);
  CHECK(from_json<Shape>(to_json(shape)).value() == shape);
  CHECK(to_json(shape).dump() ==
        R"({"type":"group","items":[{"id":"7","fen":"8","who":"x","tag":9}],"colour":"black"})");
}

struct BadBytes {
  const char* hex;
  const char* text;
};

TEST_CASE("decode refuses what is not canonical and names the field") {
  const auto row = GENERATE(
      BadBytes{"01000000000000002c0100000000000006e5bca0e4b8890000", "1 bytes follow the end"},
      BadBytes{"01000000000000002c0100000000000006e5bca0e4b889", "tag: needs 1 bytes but 0 are left"},
      BadBytes{"01000000000000002c0100000000000006e5bca0e4b88902", "tag: is 2; expected 0 or 1"},
      BadBytes{"01000000000000002c010000000000008600e5bca0e4b88900", "who: length is not in its shortest form"},
      BadBytes{"01000000000000002c0100000000000003ff414100", "who: text is not UTF-8"},
      BadBytes{"01000000000000002c01000000000000ffffffff07", "who: needs 2147483647 bytes but 0 are left"},
      BadBytes{"01000000000000002c01000000000000ffffffff0f", "who: length is over 2^31 - 1"});
  const auto result = decode<Sample>(*from_hex(row.hex));
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == ErrorCode::invalid_encoding);
  CHECK(result.error().text() == row.text);
}

TEST_CASE("a lying count allocates nothing") {
  CHECK(decode<Shape>(*from_hex("01ffffff07")).error().text() == "items: counts 16777215 items but 0 bytes are left");
  CHECK(decode<Shape>(*from_hex("02")).error().text() == "has kind 2; expected a kind below 2");
  CHECK(decode<Shape>(*from_hex("01000201")).error().text() == "colour: has value 2; expected a value below 2");
}

struct BadJson {
  const char* text;
  const char* error;
};

TEST_CASE("from_json names the path, the problem and what would be right") {
  const auto row = GENERATE(
      BadJson{R"({"type":"group","items":[{"id":"1","fen":"2"}],"colour":"red"})", "items[0].who: is missing"},
      BadJson{R"({"type":"group","items":[{"id":"x","fen":"2","who":""}],"colour":"red"})",
              "items[0].id: is \"x\"; expected a 64-bit unsigned integer in decimal"},
      BadJson{R"({"type":"group","items":[],"colour":"blue"})", "colour: is \"blue\"; expected one of red, black"},
      BadJson{R"({"type":"group","items":[],"colour":"red","more":1})",
              "more: is not a known field; expected one of items, colour"},
      BadJson{R"({"type":"square"})", "type: is \"square\"; expected one of circle, group"},
      BadJson{R"({"type":"circle","radius":1.5})", "radius: is a number; expected a 64-bit integer as a string"},
      BadJson{R"([])", "is an array; expected an object with a \"type\""});
  const auto result = from_json<Shape>(parse_json(row.text).value());
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().text() == row.error);
}

TEST_CASE("parse_json refuses duplicate keys, deep nesting and bad syntax with its place") {
  CHECK(parse_json(R"({"a":1,"a":2})").error().text() == "a: stands twice in one object");
  CHECK(parse_json(std::string(100, '[')).error().code == ErrorCode::too_large);
  CHECK(parse_json("{\n \"a\": ?}").error().text() == "is not JSON at line 2, column 7: finds \"?\"; expected a value");
  CHECK(parse_json("[1e999]").error().code == ErrorCode::invalid_encoding);
}

}  // namespace
