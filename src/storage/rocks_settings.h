// Purpose: how RocksDB is set up, and the latch that closes a store for writing after the first failure.
// Internal to this folder.
// Thread rule: a FailureLatch may be used from several threads.
#pragma once

#include <atomic>
#include <filesystem>
#include <mutex>
#include <rocksdb/options.h>

#include "common/error.h"
#include "storage/rocks_store.h"

namespace tally::storage {

// Set once, by a failed write, a failed flush or compaction in the background, or a failed read; never reset.
class FailureLatch {
 public:
  void fail(const std::string& cause) { set("a write failed: " + cause, false); }
  void damaged(const std::string& cause) { set(cause, true); }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] Error error() const {
    const std::lock_guard lock(mutex_);
    return make_error(ErrorCode::storage_failed, "", "the store is closed for writing since " + cause_,
                      damaged_ ? "`tally scrub` to say what is damaged, then `tally repair`"
                               : "a healthy disk with free space, then a restart of the node");
  }

 private:
  void set(const std::string& cause, bool damaged) {
    const std::lock_guard lock(mutex_);
    if (failed_) return;
    cause_ = cause;
    damaged_ = damaged;
    failed_ = true;
  }

  mutable std::mutex mutex_;
  std::atomic<bool> failed_ = false;
  bool damaged_ = false;
  std::string cause_;
};

rocksdb::DBOptions make_database_options(const RocksOptions& options, const std::shared_ptr<FailureLatch>& latch);
rocksdb::ColumnFamilyOptions make_column_options(const RocksOptions& options);

// Creates what is missing of the path and syncs each new entry's parent, so that a power cut cannot take the
// directory away from under synced files.
Status create_durable_directories(const std::filesystem::path& directory);

}  // namespace tally::storage
