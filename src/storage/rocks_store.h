// Purpose: the RocksDB store. The only place that knows RocksDB.
// Settings: synchronous WAL for Sync::yes, kTolerateCorruptedTailRecords, WAL tracking in the manifest, paranoid
// checks, checksums verified on reads, no background auto-resume, never an automatic repair.
// A failure of the log may end the process: Debian builds RocksDB with its assertions on, and a flush that meets
// the log whose sync has just failed trips one. Nothing unsynced is ever acknowledged either way.
// Errors: already_running (another process holds the directory), storage_failed, io_failed.
#pragma once

#include <filesystem>
#include <memory>

#include "storage/store.h"

namespace rocksdb {
class Env;
}

namespace tally::storage {

struct RocksOptions {
  std::size_t block_cache_bytes = 32 * 1024 * 1024;
  std::size_t write_buffer_bytes = 48 * 1024 * 1024;  // all columns together; larger means fewer compactions
  // For filling an empty directory that is thrown away if that fails: no log is kept, so that only a write with
  // Sync::yes (which then flushes everything) makes anything durable. Open it anew afterwards.
  bool bulk_load = false;
  // For what is thrown away when the store closes, written by one thread: no log is kept, nothing is compressed, files
  // are merged seldom, and large batches go to files of their own, column by column.
  bool scratch = false;
  // A file system put in by tests (faults); null is the operating system's. Outlives the store.
  rocksdb::Env* env = nullptr;
};

Result<std::unique_ptr<Store>> open_rocks_store(const std::filesystem::path& directory, const RocksOptions& options);

}  // namespace tally::storage
