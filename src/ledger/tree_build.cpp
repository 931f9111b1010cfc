#include "ledger/tree_build.h"

#include "common/invariant.h"

namespace tally::ledger {

namespace {

void put(TreePage& page, unsigned nibble, const TreeSlot& slot) {
  switch (slot.kind) {
    case SubtreeKind::empty:
      break;
    case SubtreeKind::leaf:
      page.set_leaf(nibble, slot.leaf);
      break;
    case SubtreeKind::inner:
      page.set_child(nibble, slot.child);
      break;
  }
}

// What stands under the nibbles that all these leaves share.
TreeSlot build(std::span<const TreeLeaf> leaves, unsigned nibbles, const PageSink& sink) {
  if (leaves.empty()) return {};
  if (leaves.size() == 1) return {SubtreeKind::leaf, leaves.front(), {}};
  invariant(nibbles < kKeyNibbles, "leaves have distinct key hashes");
  const TreePath path = TreePath::of(leaves.front().key_hash, nibbles);
  TreePage page;
  while (!leaves.empty()) {
    const unsigned nibble = nibble_of(leaves.front().key_hash, nibbles);
    std::size_t count = 1;
    while (count < leaves.size() && nibble_of(leaves[count].key_hash, nibbles) == nibble) ++count;
    put(page, nibble, build(leaves.first(count), nibbles + 1, sink));
    leaves = leaves.subspan(count);
  }
  const Digest root = page.root();
  if (sink) sink(path, page);
  return {SubtreeKind::inner, {}, root};
}

SubtreeMark mark_of(const TreeSlot& slot) {
  switch (slot.kind) {
    case SubtreeKind::empty:
      return {};
    case SubtreeKind::leaf:
      return {SubtreeKind::leaf, leaf_hash(slot.leaf)};
    case SubtreeKind::inner:
      return {SubtreeKind::inner, slot.child};
  }
  invariant(false, "a slot is of a declared kind");
  return {};
}

// The first sixteen bits of a key hash.
unsigned leading_bits(const Digest& key_hash) {
  return static_cast<unsigned>(key_hash.bytes[0]) << 8 | key_hash.bytes[1];
}

TreePath path_of(std::size_t index, unsigned nibbles) {
  Digest prefix;
  const std::size_t bits = index << (kSubtreeDepthMax - nibbles * kPageLevels);
  prefix.bytes[0] = static_cast<Byte>(bits >> 8);
  prefix.bytes[1] = static_cast<Byte>(bits);
  return TreePath::of(prefix, nibbles);
}

// A page above subtrees, from its sixteen slots.
TreeSlot join(std::span<const TreeSlot> slots, const TreePath& path, const PageSink& sink) {
  TreePage page;
  for (unsigned nibble = 0; nibble < kPageSlots; ++nibble) put(page, nibble, slots[nibble]);
  if (page.empty()) return {};
  const TreeLeaf* sole = page.sole_leaf();
  if (sole == nullptr || path.depth == 0) sink(path, page);
  if (sole != nullptr) return {SubtreeKind::leaf, *sole, {}};
  return {SubtreeKind::inner, {}, page.root()};
}

}  // namespace

SubtreeMark combine(const SubtreeMark& left, const SubtreeMark& right) {
  if (left.kind == SubtreeKind::empty && right.kind != SubtreeKind::inner) return right;
  if (right.kind == SubtreeKind::empty && left.kind != SubtreeKind::inner) return left;
  return {SubtreeKind::inner, inner_hash(left.digest, right.digest)};
}

SubtreeMark combine(std::vector<SubtreeMark> subtrees) {
  invariant(!subtrees.empty() && (subtrees.size() & (subtrees.size() - 1)) == 0, "subtrees are a power of two");
  for (std::size_t count = subtrees.size() / 2; count > 0; count /= 2) {
    for (std::size_t i = 0; i < count; ++i) subtrees[i] = combine(subtrees[2 * i], subtrees[2 * i + 1]);
  }
  return subtrees.front();
}

Subtree build_subtree(std::span<const TreeLeaf> leaves, unsigned depth, std::size_t index, const PageSink& sink) {
  invariant(depth <= kSubtreeDepthMax && index >> depth == 0, "a subtree's index has as many bits as it is deep");
  const unsigned nibbles = shared_nibbles(depth);
  const unsigned below = nibbles * kPageLevels - depth;  // bits that tell the slots from each other
  Subtree out;
  out.slots.resize(std::size_t{1} << below);
  for (std::size_t i = 0; i < out.slots.size(); ++i) {
    const std::size_t path = index << below | i;
    std::size_t count = 0;
    while (count < leaves.size() &&
           leading_bits(leaves[count].key_hash) >> (kSubtreeDepthMax - nibbles * kPageLevels) == path)
      ++count;
    out.slots[i] = build(leaves.first(count), nibbles, sink);
    leaves = leaves.subspan(count);
  }
  invariant(leaves.empty(), "all leaves of a subtree stand under its path, in order");
  if (below == 0) {
    out.mark = mark_of(out.slots.front());
    return out;
  }
  // The subtree's root lies within the page that holds the slots.
  TreePage page;
  for (std::size_t i = 0; i < out.slots.size(); ++i)
    put(page, static_cast<unsigned>((index << below | i) % kPageSlots), out.slots[i]);
  const unsigned level = kPageLevels - below;
  const unsigned node = 1U << level | static_cast<unsigned>(index & ((std::size_t{1} << level) - 1));
  out.mark.digest = page.hash(node);
  if (!page.is_end(node)) {
    out.mark.kind = SubtreeKind::inner;
  } else if (page.end_leaf(node) != nullptr) {
    out.mark.kind = SubtreeKind::leaf;
  }
  return out;
}

Digest build_top(std::span<const TreeSlot> slots, unsigned depth, const PageSink& sink) {
  unsigned nibbles = shared_nibbles(depth);
  invariant(slots.size() == std::size_t{1} << nibbles * kPageLevels, "all slots of a depth are there");
  if (nibbles == 0) {
    const TreeSlot& slot = slots.front();
    if (slot.kind == SubtreeKind::leaf) {
      TreePage page;
      page.set_leaf(nibble_of(slot.leaf.key_hash, 0), slot.leaf);
      sink(TreePath{}, page);
    }
    return mark_of(slot).digest;
  }
  std::vector<TreeSlot> level(slots.begin(), slots.end());
  while (nibbles > 0) {
    --nibbles;
    const std::size_t pages = std::size_t{1} << nibbles * kPageLevels;
    for (std::size_t i = 0; i < pages; ++i)
      level[i] = join(std::span<const TreeSlot>(level).subspan(i * kPageSlots, kPageSlots), path_of(i, nibbles), sink);
  }
  return mark_of(level.front()).digest;
}

}  // namespace tally::ledger
