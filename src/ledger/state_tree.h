// Purpose: the state tree in the store: the latest version of each page, updated once per block, with a bounded
// cache of pages in front. tree_page.h says what is hashed.
// Thread rule: the executing thread only. Proofs for others are made from a snapshot (state_proof.h).
// Errors: throws storage::StorageFailure when the store fails or a page is damaged or missing.
// Invariants: a page other than the first stands for at least two leaves. What update() changed in the cache
// must either be written, with the batch it filled, or be dropped by forget().
#pragma once

#include <span>

#include "ledger/clock_cache.h"
#include "ledger/tree_path.h"
#include "storage/store.h"

namespace tally::ledger {

struct TreeChange {
  Digest key_hash;
  std::optional<Digest> value_hash;  // nullopt erases
};

class StateTree {
 public:
  // The store outlives the tree.
  StateTree(const storage::Reader& store, std::size_t cache_bytes) : store_(store), cache_bytes_(cache_bytes) {}

  // Required: changes sorted by key hash, each key hash once. Adds the changed pages to the batch, by rising
  // key, and returns the new root. Erasing what is not there changes nothing.
  Digest update(std::span<const TreeChange> changes, storage::WriteBatch& batch);

  [[nodiscard]] Digest root();

  // Drops the cache: what stands in the store is the truth again.
  void forget() { cache_.clear(); }

  [[nodiscard]] std::size_t cached_bytes() const { return cache_.bytes(); }

 private:
  struct Node : CacheNode {
    using Key = TreePath;
    TreePath path;
    TreePage page;
    bool stored = false;   // the store has a version of it
    bool removed = false;  // collapsed during this update

    [[nodiscard]] const TreePath& key() const { return path; }
    [[nodiscard]] std::size_t memory_bytes() const { return sizeof(Node) + page.memory_bytes() + kTableBytes; }
  };
  static constexpr std::size_t kTableBytes = 2 * (sizeof(TreePath) + 2 * sizeof(void*));

  Node& first_page();
  Node& load(const TreePath& path);
  Node& make(const TreePath& path);
  void change_page(Node& node, std::span<const TreeChange> changes);
  bool change_slot_alone(Node& node, unsigned nibble, const TreeChange& change);
  void change_below(Node& node, unsigned nibble, std::span<const TreeChange> changes);

  const storage::Reader& store_;
  std::size_t cache_bytes_;
  ClockCache<Node, TreePath::Hash, std::equal_to<TreePath>> cache_;
  std::vector<Node*> changed_;  // of the running update, by rising path
};

}  // namespace tally::ledger
