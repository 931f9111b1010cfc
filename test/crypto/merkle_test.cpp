#include "crypto/merkle.h"

#include <catch2/catch.hpp>

#include "common/codec.h"
#include "crypto/digest.h"

using namespace tally;
using namespace tally::crypto;

namespace {

constexpr std::uint32_t kLeavesMax = 33;

std::vector<Digest> numbered_leaves(std::uint32_t count) {
  std::vector<Digest> out;
  for (std::uint32_t i = 0; i < count; ++i) out.push_back(merkle_leaf(Bytes{static_cast<Byte>(i)}));
  return out;
}

// RFC 9162, section 2.1.1, word for word: split at the largest power of two below the count.
Digest specified_root(std::span<const Digest> leaves) {
  if (leaves.size() == 1) return leaves.front();
  std::size_t split = 1;
  while (2 * split < leaves.size()) split *= 2;
  return digest(kMerkleNodeDomain, specified_root(leaves.first(split)).view(),
                specified_root(leaves.subspan(split)).view());
}

// Counts what a broken path is accepted for; nothing should be.
unsigned accepted_breakages(const MerklePath& path, const Digest& leaf, const Digest& root) {
  unsigned accepted = 0;
  const auto attempt = [&](const MerklePath& broken) { accepted += merkle_verify(broken, leaf, root) ? 1 : 0; };
  for (std::size_t i = 0; i < path.siblings.size(); ++i) {
    for (std::size_t at = 0; at < Digest::kSize; ++at) {
      MerklePath flipped = path;
      flipped.siblings[i].bytes[at] ^= 0x10;
      attempt(flipped);
    }
    MerklePath shorter = path;
    shorter.siblings.erase(shorter.siblings.begin() + static_cast<std::ptrdiff_t>(i));
    attempt(shorter);
  }
  for (const auto& sibling : {leaf, root, Digest{}}) {
    MerklePath longer = path;
    longer.siblings.push_back(sibling);
    attempt(longer);
    longer.siblings.pop_back();
    longer.siblings.insert(longer.siblings.begin(), sibling);
    attempt(longer);
  }
  for (std::uint32_t index = 0; index < path.size + 2; ++index)
    if (index != path.index) attempt({index, path.size, path.siblings});
  return accepted;
}

}  // namespace

TEST_CASE("Merkle roots have their golden values") {
  const auto root = [](std::uint32_t count) { return merkle_root(numbered_leaves(count)).hex(); };
  CHECK(root(0) == "3077844c3f847983f6e7ba6683e9ad76995add592b611f88704ae2b07e1a88aa");
  CHECK(root(1) == "bbd3e5b3f85b77d709cadbfb1c8d1b1323d64c25bf15faebe05fe27687c118e7");
  CHECK(root(2) == "28eb0e8aaa6b6e4676d499e917e8cf77c40f3935fa3f76cb83bd8c583b985285");
  CHECK(root(3) == "26d50b9d84c812f28117961b049be6fafe1de0f66bffff6999925501cdd0896a");
  CHECK(root(7) == "65262875cc858ed4e1f2b4a25128a84f630bd97bc3e5e079058486db7614df15");
  CHECK(root(33) == "28870089e0dfed7b15b451e9a7c521fcd08cce9fcdc1f1ca237e7f7e135f0c85");
}

TEST_CASE("Roots follow RFC 9162 at every size") {
  for (std::uint32_t size = 1; size <= kLeavesMax; ++size) {
    INFO("size " << size);
    const auto leaves = numbered_leaves(size);
    CHECK(merkle_root(leaves) == specified_root(leaves));
  }
}

TEST_CASE("Every path verifies, and nothing near it does") {
  for (std::uint32_t size = 1; size <= kLeavesMax; ++size) {
    const auto leaves = numbered_leaves(size);
    const Digest root = merkle_root(leaves);
    for (std::uint32_t index = 0; index < size; ++index) {
      INFO("leaf " << index << " of " << size);
      const MerklePath path = merkle_path(leaves, index);
      CHECK(merkle_verify(path, leaves[index], root));
      CHECK(accepted_breakages(path, leaves[index], root) == 0);
      CHECK_FALSE(merkle_verify(path, leaves[(index + 1) % size], size == 1 ? Digest{} : root));
      Digest other_root = root;
      other_root.bytes[31] ^= 1;
      CHECK_FALSE(merkle_verify(path, leaves[index], other_root));
    }
  }
}

// The size is not hashed into the root: what it fixes is the path's shape. A size that gives the leaf the same
// shape is accepted, as in RFC 9162 (the header carries the size); one that gives it another shape is not.
TEST_CASE("A size that changes the path's shape is refused") {
  for (std::uint32_t size = 1; size <= kLeavesMax; ++size) {
    const auto leaves = numbered_leaves(size);
    const Digest root = merkle_root(leaves);
    for (std::uint32_t index = 0; index < size; ++index) {
      for (std::uint32_t claimed = 0; claimed <= kLeavesMax + 1; ++claimed) {
        MerklePath path = merkle_path(leaves, index);
        const bool same_shape =
            claimed > index && merkle_path(numbered_leaves(claimed), index).siblings.size() == path.siblings.size();
        path.size = claimed;
        if (claimed == size) continue;
        INFO("leaf " << index << " of " << size << " claimed of " << claimed);
        if (!same_shape) CHECK_FALSE(merkle_verify(path, leaves[index], root));
      }
    }
  }
}

TEST_CASE("No path leads into an empty tree or past the last leaf") {
  CHECK_FALSE(merkle_verify({0, 0, {}}, merkle_leaf({}), merkle_root({})));
  const auto leaves = numbered_leaves(1);
  CHECK_FALSE(merkle_verify({1, 1, {}}, leaves[0], leaves[0]));
  CHECK_FALSE(merkle_verify({0xffffffff, 0xffffffff, {}}, leaves[0], leaves[0]));
}

TEST_CASE("A node never passes for a leaf") {
  const auto leaves = numbered_leaves(2);
  Bytes joined(leaves[0].bytes.begin(), leaves[0].bytes.end());
  append(joined, leaves[1].view());
  CHECK(merkle_leaf(joined) != merkle_root(leaves));
}

TEST_CASE("A Merkle path keeps its form through the codec") {
  const MerklePath path = merkle_path(numbered_leaves(5), 3);
  const auto back = decode<MerklePath>(encode(path));
  REQUIRE(back.has_value());
  CHECK(*back == path);
}
