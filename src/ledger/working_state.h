// Purpose: the ledger's state while a block is executed: what is stored, a bounded cache of hot values in front
// of it that lives on from block to block, and the block's own changes with nested savepoints.
// Thread rule: the executing thread only.
// Errors: throws storage::StorageFailure when the store fails.
// Invariants: without changes it answers exactly as the store. After a block either persisted() (its changes are
// in the store now) or discard() (they never were) must be called. When written back late (write_back.h), the store
// lacks what is still here, and after discard() nothing more may be asked.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <limits>
#include <map>

#include "ledger/clock_cache.h"
#include "ledger/key_filter.h"
#include "ledger/seeded_hash.h"
#include "ledger/state.h"
#include "ledger/state_tree.h"
#include "ledger/write_back.h"
#include "storage/key_range.h"
#include "storage/store.h"

namespace tally::ledger {

inline constexpr std::size_t kHistoryListBytesMax = 128;
// Keys of Column::history: the list's length (one byte), the list, the index big-endian.
Bytes history_prefix(ByteView list);
Bytes history_key(ByteView list, std::uint64_t index);

class WorkingState final : public State {
 public:
  // The reader outlives this. `cache_bytes` bounds what is kept between blocks.
  WorkingState(const storage::Reader& store, std::size_t cache_bytes, WriteBack write_back = WriteBack::every_block);

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
  // for the tree, by rising key hash. Required: no open savepoint. Changes nothing. When written back late, the batch
  // takes by rising key what no longer fits the cache, of earlier blocks too.
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
    bool ordered = false;  // stands in ordered_
    bool dirty = false;    // `stored` is not in the store yet; only when written back late
    Digest key_hash;       // if `hashed`

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

  using Ordered = std::map<ByteView, Entry*, storage::ByteOrder>;

  Entry& entry_of(ByteView key) const;
  Entry& known_entry_of(ByteView key) const;
  void change(ByteView key, std::optional<Bytes> value);
  std::vector<Entry*> real_changes();
  std::vector<TreeChange> hashed_changes(const std::vector<Entry*>& changes);
  void write_changes(const std::vector<Entry*>& changes, storage::WriteBatch& batch);
  void write_what_is_over(storage::WriteBatch& batch);
  void write_leaving(storage::WriteBatch& batch);
  [[nodiscard]] bool in_ordered_family(ByteView key) const;
  void keep_ordered(ByteView prefix) const;
  [[nodiscard]] Ordered order_changed(ByteView prefix) const;
  [[nodiscard]] std::vector<const Record*> sorted_history() const;
  void clear_block();

  const storage::Reader& store_;
  std::size_t cache_bytes_;
  WriteBack write_back_;
  // When written back late:
  std::optional<KeyFilter> written_;  // keys that the store may have
  SeededHash filter_hash_;
  mutable std::vector<Bytes> families_;  // of keys that are scanned: the first few bytes of the scanned prefixes
  mutable Ordered ordered_;              // all entries of the families that differ from the store, and perhaps others
  mutable ClockCache<Entry, SeededHash, ViewEqual> cache_;
  std::vector<Entry*> changed_;
  std::vector<Undo> undo_;
  std::vector<Mark> marks_;
  std::vector<Record> history_;  // of the block; when written back late, of earlier blocks too
  std::size_t history_bytes_ = 0;
  boost::unordered_flat_map<ByteView, std::size_t, SeededHash, ViewEqual> history_places_;
};

}  // namespace tally::ledger
