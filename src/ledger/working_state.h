// Purpose: the ledger's state while a block is executed: what is stored, a bounded cache of hot values in front
// of it that lives on from block to block, and the block's own changes with nested savepoints.
// Thread rule: the executing thread only.
// Errors: throws storage::StorageFailure when the store fails.
// Invariants: without changes it answers exactly as the store. After a block either persisted() (its changes are
// in the store now) or discard() (they never were) must be called.
#pragma once

#include <limits>

#include "ledger/clock_cache.h"
#include "ledger/seeded_hash.h"
#include "ledger/state.h"
#include "ledger/state_tree.h"
#include "storage/store.h"

namespace tally::ledger {

inline constexpr std::size_t kHistoryListBytesMax = 128;
// Keys of Column::history: the list's length (one byte), the list, the index big-endian.
Bytes history_prefix(ByteView list);
Bytes history_key(ByteView list, std::uint64_t index);

class WorkingState final : public State {
 public:
  // The reader outlives this. `cache_bytes` bounds what is kept between blocks.
  WorkingState(const storage::Reader& store, std::size_t cache_bytes);

  [[nodiscard]] std::optional<Bytes> get(ByteView key) const override;
  void put(ByteView key, Bytes value) override;
  void erase(ByteView key) override;
  // `visit` must not change the state.
  void scan(ByteView prefix, const std::function<bool(ByteView key, ByteView value)>& visit) const override;
  void append_history(ByteView list, std::uint64_t index, Bytes record) override;
  [[nodiscard]] std::optional<Bytes> history(ByteView list, std::uint64_t index) const override;

  // As scan, from the first key >= `from`.
  void scan_from(ByteView prefix, ByteView from, const std::function<bool(ByteView, ByteView)>& visit) const;
  [[nodiscard]] bool has(ByteView key) const;

  // Savepoints nest: each begin() is followed by one commit() or rollback().
  void begin();
  void commit();
  // True if anything was undone.
  bool rollback();

  // The block's changes, coalesced: state and history by rising key into the batch; the same changes of state
  // for the tree, by rising key hash. Required: no open savepoint. Changes nothing.
  std::vector<TreeChange> collect(storage::WriteBatch& batch);

  // What the block appended to history lists, by rising key.
  void each_appended(const std::function<void(ByteView list, std::uint64_t index, ByteView record)>& visit) const;

  void persisted();
  void discard();

  [[nodiscard]] std::size_t cached_bytes() const { return cache_.bytes(); }

 private:
  struct Entry : CacheNode {
    using Key = ByteView;
    Bytes name;
    std::optional<Bytes> stored;  // what the store holds, if `known`
    std::optional<Bytes> value;   // what the block made of it, if `changed`
    bool known = false;
    bool changed = false;
    bool listed = false;  // stands in changed_
    bool hashed = false;
    Digest key_hash;  // if `hashed`

    [[nodiscard]] ByteView key() const { return name; }
    [[nodiscard]] std::size_t memory_bytes() const;
    [[nodiscard]] const std::optional<Bytes>& current() const { return changed ? value : stored; }
  };
  struct Undo {
    Entry* entry;
    bool changed;
    std::optional<Bytes> value;
  };
  struct Mark {
    std::size_t undo = 0;
    std::size_t history = 0;
  };
  struct Record {
    Bytes key;
    Bytes value;
  };

  Entry& entry_of(ByteView key) const;
  Entry& known_entry_of(ByteView key) const;
  void change(ByteView key, std::optional<Bytes> value);
  std::vector<Entry*> real_changes();
  [[nodiscard]] std::vector<const Record*> sorted_history() const;
  void clear_block();

  const storage::Reader& store_;
  std::size_t cache_bytes_;
  mutable ClockCache<Entry, SeededHash, ViewEqual> cache_;
  std::vector<Entry*> changed_;
  std::vector<Undo> undo_;
  std::vector<Mark> marks_;
  std::vector<Record> history_;
  boost::unordered_flat_map<ByteView, std::size_t, SeededHash, ViewEqual> history_places_;
};

}  // namespace tally::ledger
