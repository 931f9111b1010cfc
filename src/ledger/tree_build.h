// Purpose: builds the state tree, or one subtree of it, from all its leaves at once: the same hashes and the same pages
// as StateTree makes change by change (state_tree.h), at the cost of one pass.
// Thread rule: pure functions; a page sink is called on the caller's thread.
// Subtrees: subtree i of depth d is what stands under the path of d bits that spells i, most significant bit first.
#pragma once

#include <boost/describe/class.hpp>
#include <functional>
#include <span>

#include "ledger/tree_path.h"

namespace tally::ledger {

inline constexpr unsigned kSubtreeDepthMax = 16;

// 0: empty, the zero digest; 1: one leaf alone, its hash; 2: an inner node's hash.
enum class SubtreeKind : std::uint8_t { empty, leaf, inner };
BOOST_DESCRIBE_ENUM(SubtreeKind, empty, leaf, inner)

struct SubtreeMark {
  SubtreeKind kind = SubtreeKind::empty;
  Digest digest;
  bool operator==(const SubtreeMark&) const = default;
};
BOOST_DESCRIBE_STRUCT(SubtreeMark, (), (kind, digest))

// Two neighbours become their parent: a leaf alone stands as high as it can.
SubtreeMark combine(const SubtreeMark& left, const SubtreeMark& right);
// Required: a power of two of them.
SubtreeMark combine(std::vector<SubtreeMark> subtrees);

// What stands in a slot of a page.
struct TreeSlot {
  SubtreeKind kind = SubtreeKind::empty;
  TreeLeaf leaf;  // of a leaf
  Digest child;   // of an inner node
};

// Takes a page that belongs in the store.
using PageSink = std::function<void(const TreePath& path, const TreePage& page)>;

// Whole pages begin every four bits: the nibbles that a subtree of this depth shares with others.
inline unsigned shared_nibbles(unsigned depth) {
  return (depth + kPageLevels - 1) / kPageLevels;
}
inline bool in_subtree(const Digest& key_hash, unsigned depth, std::size_t index) {
  const std::size_t first = static_cast<std::size_t>(key_hash.bytes[0]) << 8 | key_hash.bytes[1];
  return first >> (kSubtreeDepthMax - depth) == index;
}

struct Subtree {
  SubtreeMark mark;
  std::vector<TreeSlot> slots;  // at the depth of shared_nibbles(), by rising path; pages below them went to the sink
};

// Required: leaves by strictly rising key hash, all in_subtree(depth, index), depth <= kSubtreeDepthMax.
Subtree build_subtree(std::span<const TreeLeaf> leaves, unsigned depth, std::size_t index,
                      const PageSink& sink = nullptr);

// The pages above: the slots of all subtrees of a depth, one after the other. Returns the root. The first page is given
// unless the tree is empty, as StateTree keeps it.
Digest build_top(std::span<const TreeSlot> slots, unsigned depth, const PageSink& sink);

}  // namespace tally::ledger
