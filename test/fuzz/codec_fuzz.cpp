// Canonical decoding of any bytes into a struct that holds every kind of field: what is accepted must encode
// to exactly the same bytes, and survive its JSON form.
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "common/codec.h"
#include "common/json.h"
#include "fuzz_support.h"

namespace {

using namespace tally;
using tally::fuzz::require;

enum class Colour : std::uint8_t { red, black };
BOOST_DESCRIBE_ENUM(Colour, red, black)

struct Point {
  static constexpr std::string_view kName = "point";
  std::int64_t x = 0;
  SeqNum seq;
  bool operator==(const Point&) const = default;
};
BOOST_DESCRIBE_STRUCT(Point, (), (x, seq))

struct Label {
  static constexpr std::string_view kName = "label";
  std::string text;
  std::optional<std::uint16_t> number;
  bool operator==(const Label&) const = default;
};
BOOST_DESCRIBE_STRUCT(Label, (), (text, number))

using Shape = std::variant<Point, Label>;

struct Everything {
  bool flag = false;
  std::uint8_t small = 0;
  Colour colour = Colour::red;
  Bytes raw;
  std::vector<Shape> shapes;
  std::optional<SubjectHandle> handle;
  std::vector<std::vector<std::uint32_t>> nested;
  bool operator==(const Everything&) const = default;
};
BOOST_DESCRIBE_STRUCT(Everything, (), (flag, small, colour, raw, shapes, handle, nested))

template <class T>
void check(ByteView bytes) {
  const auto decoded = decode<T>(bytes);
  if (!decoded) {
    require(!decoded.error().text().empty(), "a refusal says why");
    return;
  }
  const Bytes again = encode(*decoded);
  require(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()), "accepted bytes are canonical");
  const auto from_text = from_json<T>(to_json(*decoded));
  require(from_text.has_value() && *from_text == *decoded, "the JSON form holds the same value");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  check<Everything>(bytes);
  check<Shape>(bytes);
  check<Label>(bytes);
  check<std::vector<Colour>>(bytes);
  return 0;
}
