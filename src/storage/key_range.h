// Purpose: byte order of keys and the end of a prefix, for both stores.
// Thread rule: pure functions.
#pragma once

#include <algorithm>
#include <compare>
#include <optional>

#include "common/bytes.h"

namespace tally::storage {

// Byte order; lets a map of Bytes be searched with a ByteView.
struct ByteOrder {
  using is_transparent = void;
  bool operator()(ByteView left, ByteView right) const {
    const std::size_t common = std::min(left.size(), right.size());
    const int order = common == 0 ? 0 : std::memcmp(left.data(), right.data(), common);
    return order != 0 ? order < 0 : left.size() < right.size();
  }
};

inline bool starts_with(ByteView key, ByteView prefix) {
  return key.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), key.begin());
}

// The first key after all that start with `prefix`; nullopt if there is none (empty or all 0xff).
inline std::optional<Bytes> prefix_end(ByteView prefix) {
  Bytes end(prefix.begin(), prefix.end());
  while (!end.empty() && end.back() == 0xff) end.pop_back();
  if (end.empty()) return std::nullopt;
  ++end.back();
  return end;
}

}  // namespace tally::storage
