#include "crypto/merkle.h"

#include "common/invariant.h"
#include "crypto/digest.h"
#include "crypto/many_digests.h"

namespace tally::crypto {

namespace {

Digest node(const Digest& left, const Digest& right) {
  return digest(kMerkleNodeDomain, left.view(), right.view());
}

// The next level up, in place. An odd last digest moves up unchanged: pairing from the left at every level
// gives the same tree as RFC 9162's split at the largest power of two.
void raise_level(std::vector<Digest>& level) {
  const std::size_t pairs = level.size() / 2;
  std::vector<DigestPair> work;
  work.reserve(pairs);
  for (std::size_t i = 0; i < pairs; ++i) work.push_back({&level[2 * i], &level[2 * i + 1], &level[i]});
  digest_pairs(kMerkleNodeDomain, work);
  if (level.size() % 2 == 1) level[pairs] = level.back();
  level.resize(pairs + level.size() % 2);
}

}  // namespace

Digest merkle_leaf(ByteView leaf) {
  return digest(kMerkleLeafDomain, leaf);
}

Digest merkle_root(std::vector<Digest> leaves) {
  if (leaves.empty()) return merkle_leaf({});
  while (leaves.size() > 1) raise_level(leaves);
  return leaves.front();
}

MerklePath merkle_path(const std::vector<Digest>& leaves, std::uint32_t index) {
  invariant(index < leaves.size(), "a Merkle path is asked for an existing leaf");
  MerklePath path{index, static_cast<std::uint32_t>(leaves.size()), {}};
  std::vector<Digest> level = leaves;
  for (std::size_t at = index; level.size() > 1; at /= 2) {
    const std::size_t sibling = at ^ 1;
    if (sibling < level.size()) path.siblings.push_back(level[sibling]);
    raise_level(level);
  }
  return path;
}

// RFC 9162, section 2.1.3.2: `last` is the index of the level's last node.
bool merkle_verify(const MerklePath& path, const Digest& leaf, const Digest& root) {
  if (path.index >= path.size) return false;
  std::uint32_t at = path.index;
  std::uint32_t last = path.size - 1;
  Digest current = leaf;
  for (const Digest& sibling : path.siblings) {
    if (last == 0) return false;
    if (at % 2 == 1 || at == last) {
      current = node(sibling, current);
      // An odd last node moved up without a sibling: skip those levels.
      while (at % 2 == 0 && at != 0) {
        at /= 2;
        last /= 2;
      }
    } else {
      current = node(current, sibling);
    }
    at /= 2;
    last /= 2;
  }
  return last == 0 && current == root;
}

}  // namespace tally::crypto
