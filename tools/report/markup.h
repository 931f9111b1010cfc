// Purpose: inside the report library: text that goes into markup, and drawings as inline SVG.
// Thread rule: pure functions; a Svg belongs to one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tally::report {

// Text for elements and attributes: nothing in it is markup any more, and whatever its bytes are, what comes out is
// UTF-8 that XML allows.
std::string escaped(std::string_view text);
// At most so many columns, of which a Chinese character takes two, with "…" where it was cut.
std::string shortened(std::string_view text, std::size_t columns);

// A part of a bar, and its name in the legend.
struct Part {
  const char* style;
  const char* name;
  std::uint64_t value = 0;
};

// A drawing with a title and a description for those who do not see it. Coordinates are pixels of the view box.
class Svg {
 public:
  Svg(std::uint64_t width, std::uint64_t height, const std::string& id, const std::string& title,
      const std::string& description);
  // `says` is shown when one points at it.
  void box(std::uint64_t x, std::uint64_t y, std::uint64_t width, std::uint64_t height, const char* style,
           const std::string& says);
  // anchor: start, middle or end; degrees: turned around (x, y).
  void words(std::uint64_t x, std::uint64_t y, const std::string& words, const char* anchor = "start",
             const char* style = "", int degrees = 0);
  void line(std::uint64_t x1, std::uint64_t y1, std::uint64_t x2, std::uint64_t y2);
  void legend(std::uint64_t x, std::uint64_t y, const std::vector<Part>& parts);
  std::string take() { return std::move(out_) + "</svg>\n"; }

 private:
  std::string out_;
};

}  // namespace tally::report
