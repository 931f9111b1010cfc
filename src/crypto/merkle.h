// Purpose: the Merkle tree of RFC 9162, section 2.1, over BLAKE2b-256 with distinct leaf and node tags:
// transactions and receipts of a block.
// Thread rule: pure functions.
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <vector>

#include "common/bytes.h"

namespace tally::crypto {

// Digest of one leaf's bytes.
Digest merkle_leaf(ByteView leaf);
// Root over leaf digests; the root of no leaves is the leaf digest of nothing at all (domain-tagged empty).
Digest merkle_root(std::vector<Digest> leaves);

// RFC 9162, section 2.1.3: the siblings from the leaf up.
struct MerklePath {
  std::uint32_t index = 0;
  std::uint32_t size = 0;  // leaves in the tree
  std::vector<Digest> siblings;
  bool operator==(const MerklePath&) const = default;
};
BOOST_DESCRIBE_STRUCT(MerklePath, (), (index, size, siblings))

// Required: index < leaves.size().
MerklePath merkle_path(const std::vector<Digest>& leaves, std::uint32_t index);
// True if `leaf` stands at path.index of a tree of path.size leaves with this root.
bool merkle_verify(const MerklePath& path, const Digest& leaf, const Digest& root);

}  // namespace tally::crypto
