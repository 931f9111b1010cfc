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

// Set once, by a failed write or a failed flush or compaction in the background; never reset.
class FailureLatch {
 public:
  void fail(const std::string& cause) {
    const std::lock_guard lock(mutex_);
    if (failed_) return;
    cause_ = cause;
    failed_ = true;
  }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] Error error() const {
    const std::lock_guard lock(mutex_);
    return make_error(ErrorCode::storage_failed, "", "the store is closed for writing since a write failed: " + cause_,
                      "a healthy disk with free space, then a restart of the node");
  }

 private:
  mutable std::mutex mutex_;
  std::atomic<bool> failed_ = false;
  std::string cause_;
};

rocksdb::DBOptions make_database_options(const RocksOptions& options, const std::shared_ptr<FailureLatch>& latch);
rocksdb::ColumnFamilyOptions make_column_options(const RocksOptions& options);

// Creates what is missing of the path and syncs each new entry's parent, so that a power cut cannot take the
// directory away from under synced files.
Status create_durable_directories(const std::filesystem::path& directory);

}  // namespace tally::storage
