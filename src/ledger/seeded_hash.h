// Purpose: a fast hash of byte strings for tables in memory. Its seed is random per table, so that clients, who
// choose parts of many keys, cannot make keys collide.
// Thread rule: pure after construction. Never reaches state, votes or output order.
#pragma once

#include <cstring>

#include "common/bytes.h"
#include "crypto/digest.h"

namespace tally::ledger {

class SeededHash {
 public:
  SeededHash() {
    crypto::fill_random({reinterpret_cast<Byte*>(seeds_.data()), sizeof seeds_});
    for (auto& seed : seeds_) seed |= 1;  // a zero factor would forget what it is multiplied with
  }

  std::size_t operator()(ByteView bytes) const {
    std::uint64_t state = seeds_[0] ^ bytes.size();
    const Byte* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left > 16; left -= 16, at += 16)
      state = fold(load(at) ^ seeds_[1] ^ state, load(at + 8) ^ seeds_[2] ^ state);
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    if (left >= 8) {
      low = load(at);
      high = load(at + left - 8);
    } else if (left > 0) {
      std::memcpy(&low, at, left);
    }
    return fold(fold(low ^ seeds_[1] ^ state, high ^ seeds_[2]), seeds_[3] ^ left);
  }

 private:
  static std::uint64_t load(const Byte* at) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    return word;
  }
  // Both halves of the 128-bit product, so that every input bit reaches every output bit.
  static std::uint64_t fold(std::uint64_t left, std::uint64_t right) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(left) * right;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }

  std::array<std::uint64_t, 4> seeds_{};
};

struct ViewEqual {
  bool operator()(ByteView left, ByteView right) const {
    return left.size() == right.size() && (left.empty() || std::memcmp(left.data(), right.data(), left.size()) == 0);
  }
};

}  // namespace tally::ledger
