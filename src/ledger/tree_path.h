// Purpose: where a page of the state tree stands: the nibbles of key hashes that lead to it.
// Thread rule: plain values.
// Bytes: 'p', then one byte per nibble, so that a page is stored just before the pages under it.
#pragma once

#include "ledger/tree_page.h"

namespace tally::ledger {

struct TreePath {
  std::array<Byte, 32> nibbles{};  // packed; zero beyond `depth`
  Byte depth = 0;

  bool operator==(const TreePath&) const = default;

  // The first `depth` nibbles of a key hash. Required: depth <= 64.
  static TreePath of(const Digest& key_hash, unsigned depth) {
    TreePath path;
    path.depth = static_cast<Byte>(depth);
    std::memcpy(path.nibbles.data(), key_hash.bytes.data(), (depth + 1) / 2);
    if (depth % 2 == 1) path.nibbles[depth / 2] &= 0xf0;
    return path;
  }

  [[nodiscard]] Bytes storage_key() const {
    Bytes out;
    out.reserve(1U + depth);
    out.push_back('p');
    for (unsigned i = 0; i < depth; ++i) out.push_back(static_cast<Byte>(nibble_of(Digest{nibbles}, i)));
    return out;
  }

  struct Hash {
    // Key hashes are uniform, and nobody can choose many that share sixteen nibbles.
    std::size_t operator()(const TreePath& path) const {
      std::uint64_t word = 0;
      std::memcpy(&word, path.nibbles.data(), sizeof word);
      return static_cast<std::size_t>((word ^ path.depth) * 0x9e3779b97f4a7c15ULL);
    }
  };
};

}  // namespace tally::ledger
