// Purpose: one page of the state tree: four binary levels under one nibble path, with 16 slots.
// The tree is a compact sparse Merkle tree (as in Diem's Jellyfish Merkle Tree paper, 2021) over the digests of
// keys, of which a leaf stands at the highest place where it is alone:
//   leaf  H(kTreeLeafDomain, key hash | value hash)      value hash  H(kTreeValueDomain, value)
//   inner H(kTreeNodeDomain, left | right)               key hash    H(kTreeKeyDomain, key)
//   empty the zero digest; a subtree with exactly one leaf is that leaf's hash.
// So its shape follows from the set of pairs alone, whatever the order in which they came.
// Thread rule: a value of one thread.
// Bytes: mask of leaf slots (u16 little-endian), mask of child slots (u16), then by rising slot a leaf's key hash
// and value hash, or a child's digest.
#pragma once

#include <memory>
#include <optional>

#include "common/bytes.h"
#include "common/error.h"
#include "crypto/many_digests.h"

namespace tally::ledger {

inline constexpr unsigned kPageSlots = 16;
inline constexpr unsigned kPageLevels = 4;
inline constexpr unsigned kKeyNibbles = 64;

Digest tree_key_hash(ByteView key);
Digest tree_value_hash(ByteView value);
// Of many, faster than one by one.
std::vector<Digest> tree_key_hashes(std::span<const ByteView> keys);
std::vector<Digest> tree_value_hashes(std::span<const ByteView> values);

struct TreeLeaf {
  Digest key_hash;
  Digest value_hash;
  bool operator==(const TreeLeaf&) const = default;
};
Digest leaf_hash(const TreeLeaf& leaf);
Digest inner_hash(const Digest& left, const Digest& right);

inline unsigned nibble_of(const Digest& key_hash, unsigned depth) {
  const Byte both = key_hash.bytes[depth / 2];
  return depth % 2 == 0 ? both >> 4 : both & 0x0f;
}

class TreePage {
 public:
  enum class Slot { empty, leaf, child };

  [[nodiscard]] Slot slot(unsigned nibble) const {
    if ((leaves_ >> nibble & 1) != 0) return Slot::leaf;
    return (children_ >> nibble & 1) != 0 ? Slot::child : Slot::empty;
  }
  // Required: the slot is a leaf.
  [[nodiscard]] const TreeLeaf& leaf(unsigned nibble) const { return entries_[rank(nibble)].leaf; }
  // The only leaf of a page that holds nothing else.
  [[nodiscard]] const TreeLeaf* sole_leaf() const {
    return entries_.size() == 1 && children_ == 0 ? &entries_.front().leaf : nullptr;
  }
  [[nodiscard]] bool empty() const { return entries_.empty(); }

  void set_empty(unsigned nibble);
  void set_leaf(unsigned nibble, const TreeLeaf& leaf);
  void set_child(unsigned nibble, const Digest& digest);

  // The same for an update of many pages, which hashes all of a level at once (state_tree.cpp): until rehash_leaves()
  // and rehash_level(3) to (0) were called and their pairs digested, in this order, nothing else of the page may be
  // asked than its slots. A placed child's digest has to be set before rehash_level(3).
  void place_leaf(unsigned nibble, const TreeLeaf& leaf);
  void place_child(unsigned nibble) { set_child(nibble, Digest{}); }
  void rehash_leaves(std::vector<crypto::DigestPair>& pairs);  // kTreeLeafDomain
  // Hashes of inner nodes; of a page that does not keep its own they stand in `spare` until the root is taken.
  using Inner = std::array<Digest, kPageSlots>;
  void rehash_level(unsigned level, Inner& spare, std::vector<crypto::DigestPair>& pairs);  // kTreeNodeDomain
  [[nodiscard]] const Digest& rehashed_root(const Inner& spare) const { return known(1, inner_ ? *inner_ : spare); }

  // Nodes are numbered as in a heap: 1 is the page's root, 16 + n is slot n.
  // The node's hash.
  Digest hash(unsigned node);
  Digest root() { return hash(1); }
  // True if under the node there is nothing, or one leaf alone: the node itself is then that leaf or empty.
  [[nodiscard]] bool is_end(unsigned node) const;
  // The leaf under a node where is_end holds; null if there is nothing.
  [[nodiscard]] const TreeLeaf* end_leaf(unsigned node) const;

  [[nodiscard]] Bytes encoded() const;
  // Errors: storage_failed, as pages come from our own disk only.
  static Result<TreePage> decoded(ByteView bytes);

  // Beside the object itself.
  [[nodiscard]] std::size_t memory_bytes() const {
    return entries_.capacity() * sizeof(Entry) + (inner_ ? sizeof *inner_ : 0);
  }

 private:
  struct Entry {
    Digest hash;
    TreeLeaf leaf;  // of leaf slots
  };

  [[nodiscard]] unsigned occupied() const { return leaves_ | children_; }
  // True if the node's hash is made of the two below it.
  [[nodiscard]] bool is_inner(unsigned node) const;
  // Of a node whose hash is made or stands in its slot.
  [[nodiscard]] const Digest& known(unsigned node, const Inner& inner) const;
  [[nodiscard]] std::size_t rank(unsigned nibble) const;
  Entry& entry_at(unsigned nibble);
  void changed(unsigned nibble);

  static constexpr std::uint16_t kAllStale = 0xfffe;  // bit n: inner node n

  std::uint16_t leaves_ = 0;
  std::uint16_t children_ = 0;
  std::uint16_t stale_ = kAllStale;
  std::uint16_t unhashed_ = 0;  // leaf slots that were placed
  std::vector<Entry> entries_;  // of occupied slots, by rising slot
  // Hashes of inner nodes 1 to 15, where they are not stale. Most pages are at the bottom of the tree with two or
  // three leaves, and hash them again rather than keep this.
  std::unique_ptr<Inner> inner_;
};

}  // namespace tally::ledger
