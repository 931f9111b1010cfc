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
  const Digest root = first.page.root();
  for (Node* node : changed_) {
    if (!node->removed) {
      batch.put(Column::tree, node->path.storage_key(), node->page.encoded());
      node->stored = true;
      cache_.recharge(*node);
      continue;
    }
    if (node->stored) batch.erase(Column::tree, node->path.storage_key());
    cache_.erase(*node);
  }
  changed_.clear();
  cache_.trim(cache_bytes_);
  return root;
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
  node.page.set_leaf(nibble, {change.key_hash, *change.value_hash});
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
    below.page.set_leaf(nibble_of(leaf.key_hash, depth), leaf);
  }
  change_page(below, changes);
  if (below.page.empty()) {
    node.page.set_empty(nibble);
    below.removed = true;
  } else if (const TreeLeaf* sole = below.page.sole_leaf()) {
    node.page.set_leaf(nibble, *sole);
    below.removed = true;
  } else {
    node.page.set_child(nibble, below.page.root());
  }
}

}  // namespace tally::ledger
