// Purpose: where something stands in the text of an expression, and what is wrong there.
// Thread rule: plain values.
#pragma once

#include <cstdint>
#include <string>

namespace tally::cel {

// Both from 1; a column is one code point.
struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  bool operator==(const Position&) const = default;
};

struct Mistake {
  Position at;
  std::string problem;
  std::string expected;  // what would be right; empty if nothing can be said

  // "2:7: `score` is a decimal; expected ..."
  [[nodiscard]] std::string text() const;
  bool operator==(const Mistake&) const = default;
};

}  // namespace tally::cel
