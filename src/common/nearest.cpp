#include "common/nearest.h"

#include <algorithm>
#include <vector>

namespace tally {

namespace {

constexpr std::size_t kWordBytesMax = 64;  // longer ones are no typing mistakes

std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  for (std::size_t j = 0; j <= right.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (left[i - 1] == right[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[right.size()];
}

}  // namespace

std::string nearest_word(std::string_view word, std::span<const std::string> words) {
  if (word.size() > kWordBytesMax) return {};
  std::string best;
  std::size_t least = std::min<std::size_t>(3, (word.size() + 1) / 2);
  for (const auto& known : words) {
    if (known.size() > kWordBytesMax) continue;
    const std::size_t apart = distance(word, known);
    if (apart < least) {
      least = apart;
      best = known;
    }
  }
  return best;
}

}  // namespace tally
