#include "ledger/state_tree.h"

#include "common/invariant.h"
#include "storage/storage_failure.h"

namespace tally::ledger {

using storage::Column;
using storage::StorageFailure;
using storage::value_or_throw;

StateTree::Node& StateTree::make(const TreePath& path) {
  auto node = std::make_unique<Node>();
  node->path = path;
  return cache_.insert(std::move(node));
}

StateTree::Node& StateTree::load(const TreePath& path) {
  if (Node* cached = cache_.find(path)) return *cached;
  const auto bytes = value_or_throw(store_.get(Column::tree, path.storage_key()));
  if (!bytes)
    throw StorageFailure(make_error(
        ErrorCode::storage_failed, "",
        "a page of the state tree at depth " + std::to_string(path.depth) + " is missing",
        "an undamaged disk; `tally scrub` says what else is damaged, and `tally repair` makes the store whole"));
  auto node = std::make_unique<Node>();
  node->path = path;
  node->page = value_or_throw(TreePage::decoded(*bytes));
  node->stored = true;
  return cache_.insert(std::move(node));
}

StateTree::Node& StateTree::first_page() {
  const TreePath path;
  if (Node* cached = cache_.find(path)) return *cached;
  const bool stored = value_or_throw(store_.get(Column::tree, path.storage_key())).has_value();
  return stored ? load(path) : make(path);
}

Digest StateTree::root() {
  return first_page().page.root();
}

Digest StateTree::update(std::span<const TreeChange> changes, storage::WriteBatch& batch) {
  Node& first = first_page();
  changed_.clear();
  if (!changes.empty()) change_page(first, changes);
  rehash();
  const Digest root = first.page.root();
  write_changed(batch);
  changed_.clear();
  trim(batch);
  return root;
}

// The hashes of all changed pages, from the deepest up. The nodes of one level of pages do not depend on each other
// and are digested together.
void StateTree::rehash() {
  std::size_t deepest = 0;
  for (Node* node : changed_) {
    if (node->removed) continue;
    by_depth_[node->path.depth].push_back(node);
    deepest = std::max<std::size_t>(deepest, node->path.depth);
  }
  const auto digest = [this](const crypto::Domain& domain) {
    crypto::digest_pairs(domain, pairs_);
    pairs_.clear();
  };
  for (std::size_t depth = deepest + 1; depth-- > 0;) {
    auto& nodes = by_depth_[depth];
    if (spare_.size() < nodes.size()) spare_.resize(nodes.size());
    for (Node* node : nodes) node->page.rehash_leaves(pairs_);
    digest(crypto::kTreeLeafDomain);
    for (unsigned level = kPageLevels; level-- > 0;) {
      for (std::size_t i = 0; i < nodes.size(); ++i) nodes[i]->page.rehash_level(level, spare_[i], pairs_);
      digest(crypto::kTreeNodeDomain);
    }
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      Node& node = *nodes[i];
      if (node.above == nullptr) continue;
      const unsigned slot = nibble_of(Digest{node.path.nibbles}, node.path.depth - 1U);
      node.above->page.set_child(slot, node.page.rehashed_root(spare_[i]));
      node.above = nullptr;
    }
    nodes.clear();
  }
}

void StateTree::write_changed(storage::WriteBatch& batch) {
  for (Node* node : changed_) {
    if (node->removed) {
      // An old version that stays behind is never read: a page at this path is made before it is read again.
      if (node->stored && write_back_ == WriteBack::every_block) batch.erase(Column::tree, node->path.storage_key());
      cache_.erase(*node);
      continue;
    }
    if (write_back_ == WriteBack::every_block) {
      batch.put(Column::tree, node->path.storage_key(), node->page.encoded());
      node->stored = true;
    } else {
      node->dirty = true;
    }
    cache_.recharge(*node);
  }
}

void StateTree::trim(storage::WriteBatch& batch) {
  if (write_back_ == WriteBack::every_block) return cache_.trim(cache_bytes_);
  if (cache_.bytes() <= cache_bytes_) return;
  std::vector<std::pair<Bytes, Bytes>> leaving;
  cache_.trim(shrunk(cache_bytes_), [&](const Node& node) {
    if (node.dirty) leaving.emplace_back(node.path.storage_key(), node.page.encoded());
    return true;
  });
  std::sort(leaving.begin(), leaving.end());
  for (auto& [key, page] : leaving) batch.put(Column::tree, std::move(key), std::move(page));
}

void StateTree::change_page(Node& node, std::span<const TreeChange> changes) {
  changed_.push_back(&node);
  const unsigned depth = node.path.depth;
  while (!changes.empty()) {
    const unsigned nibble = nibble_of(changes.front().key_hash, depth);
    std::size_t count = 1;
    while (count < changes.size() && nibble_of(changes[count].key_hash, depth) == nibble) ++count;
    if (count > 1 || !change_slot_alone(node, nibble, changes.front()))
      change_below(node, nibble, changes.first(count));
    changes = changes.subspan(count);
  }
}

// A change that concerns the slot itself. False if it belongs to a page below.
bool StateTree::change_slot_alone(Node& node, unsigned nibble, const TreeChange& change) {
  const auto kind = node.page.slot(nibble);
  if (kind == TreePage::Slot::child) return false;
  const bool same = kind == TreePage::Slot::leaf && node.page.leaf(nibble).key_hash == change.key_hash;
  if (!change.value_hash) {
    if (same) node.page.set_empty(nibble);
    return true;
  }
  if (kind == TreePage::Slot::leaf && !same) return false;
  node.page.place_leaf(nibble, {change.key_hash, *change.value_hash});
  return true;
}

void StateTree::change_below(Node& node, unsigned nibble, std::span<const TreeChange> changes) {
  const auto kind = node.page.slot(nibble);
  const unsigned depth = node.path.depth + 1U;
  invariant(depth < kKeyNibbles, "key hashes in one update are distinct");
  const TreePath path = TreePath::of(changes.front().key_hash, depth);
  Node& below = kind == TreePage::Slot::child ? load(path) : make(path);
  if (kind == TreePage::Slot::leaf) {
    const TreeLeaf leaf = node.page.leaf(nibble);
    below.page.place_leaf(nibble_of(leaf.key_hash, depth), leaf);
  }
  change_page(below, changes);
  if (below.page.empty()) {
    node.page.set_empty(nibble);
    below.removed = true;
  } else if (const TreeLeaf* sole = below.page.sole_leaf()) {
    node.page.place_leaf(nibble, *sole);
    below.removed = true;
  } else {
    node.page.place_child(nibble);
    below.above = &node;
  }
}

}  // namespace tally::ledger
