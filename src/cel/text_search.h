// Purpose: texts as code points, and search whose time is linear whatever the texts are.
// Thread rule: pure functions; a TextSearch is immutable. Internal to this folder.
// Invariant: texts are valid UTF-8, so that a match of bytes begins and ends between code points.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tally::cel {

std::size_t count_points(std::string_view text);
// Bytes of the code point that begins at `position`.
std::size_t point_size(std::string_view text, std::size_t position);
// Where the code point of that number begins; the text's size for the number behind the last. nullopt: beyond.
std::optional<std::size_t> offset_of_point(std::string_view text, std::int64_t point);

// Knuth, Morris and Pratt's: reads each byte once.
class TextSearch {
 public:
  // Not empty. The text must outlive the search.
  explicit TextSearch(std::string_view wanted);
  // Offset of the first match at `from` or later; npos if there is none.
  [[nodiscard]] std::size_t find(std::string_view text, std::size_t from = 0) const;

 private:
  std::string_view wanted_;
  std::vector<std::uint32_t> borders_;  // of the first i + 1 bytes: the longest proper prefix that is also a suffix
};

}  // namespace tally::cel
