// Purpose: where things stand in a JSON text that a person wrote: line and column of every value and key, places
// inside string values, keys that stand twice, and what was expected where the text is no JSON (RFC 8259).
// Thread rule: plain values; the text is copied.
// Paths are those of Error::field: "rules[2].title.zh"; the whole document is "".
// Bounds: nesting as in parse_json (limits.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tally {

// Both from 1. A column is one code point; a tab counts one. Malformed UTF-8 counts one a byte.
struct TextPlace {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  auto operator<=>(const TextPlace&) const = default;
};

struct JsonMistake {
  TextPlace at;
  std::string path;  // of the value that was being read
  std::string problem;
  std::string expected;
};

class JsonPlaces {
 public:
  explicit JsonPlaces(std::string_view text);
  // Only where the text stops being JSON, in memory that does not grow with it. The mistake has no path.
  static std::optional<JsonMistake> first_mistake(std::string_view text);

  // The first place where the text stops being JSON. What stood before it is known all the same.
  [[nodiscard]] const std::optional<JsonMistake>& broken() const { return broken_; }
  // Keys that stand twice in one object, at their second place. Values and paths are those of the first.
  [[nodiscard]] const std::vector<JsonMistake>& repeated() const { return repeated_; }
  // The same text with blanks where repeated members stood: every other place stays what it was.
  [[nodiscard]] std::string without_repeated() const;

  // Where the value begins. What is absent stands where the nearest value around it begins.
  [[nodiscard]] TextPlace value(std::string_view path) const;
  // Where the value's key begins; for elements of arrays, and for what is absent, as value().
  [[nodiscard]] TextPlace key(std::string_view path) const;
  // Inside a string value: the place of the code point that stands at `line` and `column` of the string's own text,
  // looking through escapes. Beyond its end: its closing quote. As value() if there is no string.
  [[nodiscard]] TextPlace within(std::string_view path, std::uint32_t line, std::uint32_t column) const;

 private:
  friend class JsonScanner;
  JsonPlaces() = default;
  struct Standing {
    TextPlace value;
    std::optional<TextPlace> key;
    std::size_t offset = 0;  // of the value's first byte
  };
  struct Span {
    std::size_t from = 0;
    std::size_t to = 0;
  };
  [[nodiscard]] const Standing& nearest(std::string_view path) const;

  std::string text_;
  std::unordered_map<std::string, Standing> standing_;
  std::vector<JsonMistake> repeated_;
  std::vector<Span> repeated_spans_;
  std::optional<JsonMistake> broken_;
};

}  // namespace tally
