#include "cel/text_search.h"

#include <algorithm>

namespace tally::cel {

namespace {

bool begins_point(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
}

}  // namespace

std::size_t count_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_point));
}

std::size_t point_size(std::string_view text, std::size_t position) {
  std::size_t size = 1;
  while (position + size < text.size() && !begins_point(text[position + size])) ++size;
  return size;
}

std::optional<std::size_t> offset_of_point(std::string_view text, std::int64_t point) {
  if (point < 0) return std::nullopt;
  std::size_t offset = 0;
  for (; point > 0; --point) {
    if (offset >= text.size()) return std::nullopt;
    offset += point_size(text, offset);
  }
  return offset;
}

TextSearch::TextSearch(std::string_view wanted) : wanted_(wanted), borders_(wanted.size()) {
  std::uint32_t border = 0;
  for (std::size_t i = 1; i < wanted.size(); ++i) {
    while (border > 0 && wanted[i] != wanted[border]) border = borders_[border - 1];
    if (wanted[i] == wanted[border]) ++border;
    borders_[i] = border;
  }
}

std::size_t TextSearch::find(std::string_view text, std::size_t from) const {
  std::size_t matched = 0;
  for (std::size_t i = from; i < text.size(); ++i) {
    while (matched > 0 && text[i] != wanted_[matched]) matched = borders_[matched - 1];
    if (text[i] == wanted_[matched]) ++matched;
    if (matched == wanted_.size()) return i + 1 - matched;
  }
  return std::string_view::npos;
}

}  // namespace tally::cel
