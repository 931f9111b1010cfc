#include "ledger/tree_page.h"

#include <bit>

#include "common/invariant.h"
#include "crypto/digest.h"

namespace tally::ledger {

namespace {

constexpr Digest kEmpty{};

// The slots under a node, as a mask.
unsigned slots_under(unsigned node) {
  const unsigned level = static_cast<unsigned>(std::bit_width(node)) - 1;
  const unsigned width = kPageSlots >> level;
  const unsigned first = (node - (1U << level)) * width;
  return ((1U << width) - 1) << first;
}

Error damaged(std::string problem) {
  return make_error(
      ErrorCode::storage_failed, "", "a page of the state tree " + std::move(problem),
      "an undamaged disk; `tally scrub` says what else is damaged, and `tally repair` makes the store whole");
}

void append_mask(Bytes& out, std::uint16_t mask) {
  out.push_back(static_cast<Byte>(mask));
  out.push_back(static_cast<Byte>(mask >> 8));
}

std::uint16_t mask_at(ByteView bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] | bytes[at + 1] << 8);
}

Digest digest_at(ByteView bytes, std::size_t at) {
  Digest out;
  std::memcpy(out.bytes.data(), bytes.data() + at, Digest::kSize);
  return out;
}

constexpr std::size_t kMaskBytes = 4;
constexpr std::size_t kInnerKeptFrom = 5;  // slots

}  // namespace

Digest tree_key_hash(ByteView key) {
  return crypto::digest(crypto::kTreeKeyDomain, key);
}
Digest tree_value_hash(ByteView value) {
  return crypto::digest(crypto::kTreeValueDomain, value);
}
std::vector<Digest> tree_key_hashes(std::span<const ByteView> keys) {
  std::vector<Digest> out(keys.size());
  crypto::digest_each(crypto::kTreeKeyDomain, keys, out);
  return out;
}
std::vector<Digest> tree_value_hashes(std::span<const ByteView> values) {
  std::vector<Digest> out(values.size());
  crypto::digest_each(crypto::kTreeValueDomain, values, out);
  return out;
}
Digest leaf_hash(const TreeLeaf& leaf) {
  return crypto::digest(crypto::kTreeLeafDomain, leaf.key_hash.view(), leaf.value_hash.view());
}
Digest inner_hash(const Digest& left, const Digest& right) {
  return crypto::digest(crypto::kTreeNodeDomain, left.view(), right.view());
}

std::size_t TreePage::rank(unsigned nibble) const {
  return static_cast<std::size_t>(std::popcount(occupied() & ((1U << nibble) - 1)));
}

// The nodes above the slot are stale now.
void TreePage::changed(unsigned nibble) {
  if (entries_.size() < kInnerKeptFrom) {
    inner_.reset();
    return;
  }
  if (!inner_) {
    inner_ = std::make_unique<Inner>();
    stale_ = kAllStale;
  }
  for (unsigned node = (kPageSlots + nibble) / 2; node > 0; node /= 2)
    stale_ = static_cast<std::uint16_t>(stale_ | 1U << node);
}

TreePage::Entry& TreePage::entry_at(unsigned nibble) {
  const auto place = entries_.begin() + static_cast<std::ptrdiff_t>(rank(nibble));
  if ((occupied() >> nibble & 1) != 0) return *place;
  const auto at = place - entries_.begin();
  // Pages gain slots rarely and are kept long: no room is kept in advance.
  if (entries_.size() == entries_.capacity()) entries_.reserve(entries_.size() + 1);
  return *entries_.insert(entries_.begin() + at, Entry{});
}

void TreePage::set_empty(unsigned nibble) {
  if (slot(nibble) == Slot::empty) return;
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(rank(nibble)));
  const auto keep = static_cast<std::uint16_t>(~(1U << nibble));
  leaves_ &= keep;
  children_ &= keep;
  unhashed_ &= keep;
  changed(nibble);
}

void TreePage::set_leaf(unsigned nibble, const TreeLeaf& leaf) {
  place_leaf(nibble, leaf);
  entry_at(nibble).hash = leaf_hash(leaf);
  unhashed_ = static_cast<std::uint16_t>(unhashed_ & ~(1U << nibble));
}

void TreePage::place_leaf(unsigned nibble, const TreeLeaf& leaf) {
  entry_at(nibble).leaf = leaf;
  unhashed_ = static_cast<std::uint16_t>(unhashed_ | 1U << nibble);
  leaves_ = static_cast<std::uint16_t>(leaves_ | 1U << nibble);
  children_ = static_cast<std::uint16_t>(children_ & ~(1U << nibble));
  changed(nibble);
}

void TreePage::set_child(unsigned nibble, const Digest& digest) {
  entry_at(nibble).hash = digest;
  children_ = static_cast<std::uint16_t>(children_ | 1U << nibble);
  leaves_ = static_cast<std::uint16_t>(leaves_ & ~(1U << nibble));
  unhashed_ = static_cast<std::uint16_t>(unhashed_ & ~(1U << nibble));
  changed(nibble);
}

void TreePage::rehash_leaves(std::vector<crypto::DigestPair>& pairs) {
  for (unsigned left = unhashed_; left != 0; left &= left - 1) {
    Entry& entry = entries_[rank(static_cast<unsigned>(std::countr_zero(left)))];
    pairs.push_back({&entry.leaf.key_hash, &entry.leaf.value_hash, &entry.hash});
  }
  unhashed_ = 0;
}

void TreePage::rehash_level(unsigned level, Inner& spare, std::vector<crypto::DigestPair>& pairs) {
  Inner& inner = inner_ ? *inner_ : spare;
  // The nodes of the level above occupied slots, that are stale if that is known.
  unsigned nodes = 0;
  for (unsigned left = occupied(); left != 0; left &= left - 1)
    nodes |= 1U << ((kPageSlots + static_cast<unsigned>(std::countr_zero(left))) >> (kPageLevels - level));
  if (inner_) nodes &= stale_;
  for (; nodes != 0; nodes &= nodes - 1) {
    const auto node = static_cast<unsigned>(std::countr_zero(nodes));
    if (!is_inner(node)) continue;
    pairs.push_back({&known(2 * node, inner), &known(2 * node + 1, inner), &inner[node]});
    if (inner_) stale_ = static_cast<std::uint16_t>(stale_ & ~(1U << node));
  }
}

bool TreePage::is_inner(unsigned node) const {
  const unsigned under = occupied() & slots_under(node);
  return !std::has_single_bit(under) ? under != 0 : node < kPageSlots && (children_ & under) != 0;
}

const Digest& TreePage::known(unsigned node, const Inner& inner) const {
  if (is_inner(node)) return inner[node];
  const unsigned under = occupied() & slots_under(node);
  return under == 0 ? kEmpty : entries_[rank(static_cast<unsigned>(std::countr_zero(under)))].hash;
}

bool TreePage::is_end(unsigned node) const {
  const unsigned under = slots_under(node);
  return (children_ & under) == 0 && std::popcount(leaves_ & under) <= 1;
}

const TreeLeaf* TreePage::end_leaf(unsigned node) const {
  const unsigned under = leaves_ & slots_under(node);
  return under == 0 ? nullptr : &leaf(static_cast<unsigned>(std::countr_zero(under)));
}

Digest TreePage::hash(unsigned node) {
  const unsigned under = occupied() & slots_under(node);
  if (under == 0) return kEmpty;
  const bool alone = std::has_single_bit(under) && (leaves_ & under) != 0;
  if (alone || node >= kPageSlots) return entries_[rank(static_cast<unsigned>(std::countr_zero(under)))].hash;
  if (inner_ && (stale_ >> node & 1) == 0) return (*inner_)[node];
  const Digest left = hash(2 * node);
  const Digest out = inner_hash(left, hash(2 * node + 1));
  if (inner_) {
    (*inner_)[node] = out;
    stale_ = static_cast<std::uint16_t>(stale_ & ~(1U << node));
  }
  return out;
}

Bytes TreePage::encoded() const {
  Bytes out;
  out.reserve(kMaskBytes + static_cast<std::size_t>(std::popcount(leaves_)) * 2 * Digest::kSize +
              static_cast<std::size_t>(std::popcount(children_)) * Digest::kSize);
  append_mask(out, leaves_);
  append_mask(out, children_);
  std::size_t at = 0;
  for (unsigned nibble = 0; nibble < kPageSlots; ++nibble) {
    switch (slot(nibble)) {
      case Slot::empty:
        break;
      case Slot::leaf:
        append(out, entries_[at].leaf.key_hash.view());
        append(out, entries_[at++].leaf.value_hash.view());
        break;
      case Slot::child:
        append(out, entries_[at++].hash.view());
        break;
    }
  }
  return out;
}

Result<TreePage> TreePage::decoded(ByteView bytes) {
  if (bytes.size() < kMaskBytes) return damaged("has " + std::to_string(bytes.size()) + " bytes");
  TreePage page;
  page.leaves_ = mask_at(bytes, 0);
  page.children_ = mask_at(bytes, 2);
  if ((page.leaves_ & page.children_) != 0) return damaged("has a slot that is both leaf and child");
  const std::size_t size = kMaskBytes + static_cast<std::size_t>(std::popcount(page.leaves_)) * 2 * Digest::kSize +
                           static_cast<std::size_t>(std::popcount(page.children_)) * Digest::kSize;
  if (bytes.size() != size)
    return damaged("has " + std::to_string(bytes.size()) + " bytes where its masks need " + std::to_string(size));
  page.entries_.reserve(static_cast<std::size_t>(std::popcount(page.occupied())));
  std::size_t at = kMaskBytes;
  for (unsigned nibble = 0; nibble < kPageSlots; ++nibble) {
    const Slot kind = page.slot(nibble);
    if (kind == Slot::empty) continue;
    Entry& entry = page.entries_.emplace_back();
    if (kind == Slot::leaf) {
      entry.leaf = {digest_at(bytes, at), digest_at(bytes, at + Digest::kSize)};
      entry.hash = leaf_hash(entry.leaf);
      at += 2 * Digest::kSize;
    } else {
      entry.hash = digest_at(bytes, at);
      at += Digest::kSize;
    }
  }
  if (page.entries_.size() >= kInnerKeptFrom) page.inner_ = std::make_unique<Inner>();
  return page;
}

}  // namespace tally::ledger
