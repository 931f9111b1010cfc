// Purpose: one machine's disk: a store in memory that outlives the process and fails as disks do. A batch is on disk
// whole or not at all; a batch without sync may be missing after a crash, whatever came later; reading a damaged
// record is an error, as checksums make it.
// Thread rule: one thread.
// Errors: storage_failed. After a failed write every later one fails, until the process opens the disk again.
// Source: storage/store.h; consensus rule 10 and scenarios 35 to 41.
#pragma once

#include <map>
#include <set>

#include "scenario/random.h"
#include "storage/key_range.h"
#include "storage/store.h"

namespace tally::sim {

using scenario::Random;

class Disk final : public storage::Store {
 public:
  explicit Disk(std::uint64_t seed) : random_(seed) {}

  Result<std::optional<Bytes>> get(storage::Column column, ByteView key) const override;
  Status scan(storage::Column column, ByteView prefix, ByteView from, const storage::Visit& visit) const override;
  Status scan_back(storage::Column column, ByteView prefix, ByteView from, const storage::Visit& visit) const override;
  Status write(const storage::WriteBatch& batch, storage::Sync sync) override;
  [[nodiscard]] std::shared_ptr<const storage::Reader> snapshot() const override;
  [[nodiscard]] std::uint64_t bytes_written() const override { return bytes_written_; }

  // The process that used it is gone: of what was not synced, any part may be.
  void crash();
  // A process opens it: writes are taken again unless it is full.
  void open();

  // In the n-th write from now the process dies, with that batch on disk or not.
  void arm_death(std::uint64_t writes, bool after) { death_ = Death{writes, after}; }
  [[nodiscard]] bool killed() const { return killed_; }
  // The n-th write from now fails, with its batch on disk or not.
  void arm_error(std::uint64_t writes) { error_in_ = writes; }
  void set_full(bool full) { full_ = full; }
  // Nothing that was armed happens any more, and there is room.
  void heal() {
    death_.reset();
    error_in_.reset();
    full_ = false;
  }
  // One record can no longer be read. False if there is none.
  bool damage();
  void damage(storage::Column column, Bytes key) { damaged_.emplace(column, std::move(key)); }
  void keep_copy() { copy_ = tables_; }
  [[nodiscard]] bool has_copy() const { return copy_.has_value(); }
  void roll_back();
  void wipe();

  // It failed, as it was told to, since it was opened.
  [[nodiscard]] bool failed() const { return failed_; }

  // On disk whatever happens next.
  [[nodiscard]] bool durable(storage::Column column, ByteView key) const;
  [[nodiscard]] const Bytes* find(storage::Column column, ByteView key) const;
  // Whether or not the process could read it.
  void each(storage::Column column, const std::function<void(const Bytes& value)>& visit) const {
    for (const auto& [key, value] : table(column)) visit(value);
  }
  [[nodiscard]] std::size_t records(storage::Column column) const { return table(column).size(); }

 private:
  using Table = std::map<Bytes, Bytes, storage::ByteOrder>;
  using Tables = std::array<Table, storage::kColumns>;
  struct Death {
    std::uint64_t writes;
    bool after;
  };
  struct Unsynced {
    storage::WriteBatch batch;
    std::vector<std::optional<Bytes>> before;  // of each entry
  };

  [[nodiscard]] Table& table(storage::Column column) { return tables_[static_cast<std::size_t>(column)]; }
  [[nodiscard]] const Table& table(storage::Column column) const { return tables_[static_cast<std::size_t>(column)]; }
  void apply(const storage::WriteBatch& batch, std::vector<std::optional<Bytes>>* before);
  void put(storage::Column column, const Bytes& key, const std::optional<Bytes>& value);
  [[nodiscard]] bool damaged(storage::Column column, ByteView key) const;
  Status fail(const char* why);
  [[nodiscard]] Error unreadable(storage::Column column) const;

  Random random_;
  Tables tables_;
  std::optional<Tables> copy_;
  std::vector<Unsynced> unsynced_;
  std::set<std::pair<storage::Column, Bytes>> damaged_;
  std::optional<Death> death_;
  std::optional<std::uint64_t> error_in_;
  bool full_ = false;
  bool closed_ = false;
  bool killed_ = false;
  mutable bool failed_ = false;
  std::uint64_t bytes_written_ = 0;
};

}  // namespace tally::sim
