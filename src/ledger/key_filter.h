// Purpose: says of most keys that were never added that they were not (Bloom, 1970), so that a store need not be asked
// for them. All bits of a key stand in one cache line (Putze, Sanders and Singler, 2007).
// Thread rule: one thread. Never reaches state: only what is asked of the store depends on it.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace tally::ledger {

class KeyFilter {
 public:
  // About one key in fifty is taken for an added one when it has 10 bits a key.
  explicit KeyFilter(std::size_t bytes) : lines_(std::max<std::size_t>(1, bytes / sizeof(Line))) {}

  void add(std::uint64_t hash) {
    Line& line = lines_[line_index(hash)];
    for_bits(hash, [&](std::size_t word, std::uint64_t bit) { line[word] |= bit; });
  }
  [[nodiscard]] bool may_have(std::uint64_t hash) const {
    const Line& line = lines_[line_index(hash)];
    bool all = true;
    for_bits(hash, [&](std::size_t word, std::uint64_t bit) { all = all && (line[word] & bit) != 0; });
    return all;
  }

 private:
  using Line = std::array<std::uint64_t, 8>;

  [[nodiscard]] std::size_t line_index(std::uint64_t hash) const { return (hash >> 32) * lines_.size() >> 32; }
  // Four of the line's 512 bits, from all of the hash.
  template <class Visit>
  static void for_bits(std::uint64_t hash, const Visit& visit) {
    hash *= 0x9e3779b97f4a7c15ULL;
    for (int i = 0; i < 4; ++i, hash >>= 9) visit(hash >> 34 & 7U, std::uint64_t{1} << (hash >> 28 & 63U));
  }

  std::vector<Line> lines_;
};

}  // namespace tally::ledger
