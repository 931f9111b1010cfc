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
#include "ledger/write_back.h"
#include "storage/store.h"

namespace tally::ledger {

struct TreeChange {
  Digest key_hash;
  std::optional<Digest> value_hash;  // nullopt erases
};

class StateTree {
 public:
  // The store outlives the tree.
  StateTree(const storage::Reader& store, std::size_t cache_bytes, WriteBack write_back = WriteBack::every_block)
      : store_(store), cache_bytes_(cache_bytes), write_back_(write_back) {}

  // Required: changes sorted by key hash, each key hash once. Adds the changed pages to the batch, by rising
  // key, and returns the new root. Erasing what is not there changes nothing. When written back late, the batch takes
  // the pages that left the cache.
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
    bool stored = false;    // the store has a version of it
    bool removed = false;   // collapsed during this update
    bool dirty = false;     // the store's version, if any, is older; only when written back late
    Node* above = nullptr;  // of the running update: where its root goes, unless removed

    [[nodiscard]] const TreePath& key() const { return path; }
    [[nodiscard]] std::size_t memory_bytes() const { return sizeof(Node) + page.memory_bytes() + kTableBytes; }
  };
  // Of the cache's table, for a page.
  static constexpr std::size_t kTableBytes = 4 * sizeof(void*);

  Node& first_page();
  Node& load(const TreePath& path);
  Node& make(const TreePath& path);
  void change_page(Node& node, std::span<const TreeChange> changes);
  bool change_slot_alone(Node& node, unsigned nibble, const TreeChange& change);
  void change_below(Node& node, unsigned nibble, std::span<const TreeChange> changes);
  void rehash();
  void write_changed(storage::WriteBatch& batch);
  void trim(storage::WriteBatch& batch);

  const storage::Reader& store_;
  std::size_t cache_bytes_;
  WriteBack write_back_;
  ClockCache<Node, TreePath::Hash, std::equal_to<TreePath>> cache_;
  std::vector<Node*> changed_;  // of the running update, by rising path
  // Room for rehash(), kept from update to update.
  std::array<std::vector<Node*>, kKeyNibbles> by_depth_;
  std::vector<TreePage::Inner> spare_;
  std::vector<crypto::DigestPair> pairs_;
};

}  // namespace tally::ledger
