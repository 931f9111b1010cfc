// Purpose: the RocksDB store. The only place that knows RocksDB.
// Settings: synchronous WAL for Sync::yes, kTolerateCorruptedTailRecords, WAL tracking in the manifest, paranoid
// checks, checksums verified on reads, no background auto-resume, never an automatic repair.
// A failure of the log may end the process: Debian builds RocksDB with its assertions on, and a flush that meets
// the log whose sync has just failed trips one. Nothing unsynced is ever acknowledged either way.
// A read that fails closes the store for writing, as a failed write does: nobody votes on a disk that rots.
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

// What can be read of a store that may be damaged. Opened for reading only: not a byte of it is changed, and no node
// can open it meanwhile.
struct SalvagedStore {
  // Null: nothing can be read. Otherwise every read of damaged files is an error, and of lost ones too; but if `damage`
  // is set, some of what was written last may be absent without one.
  std::unique_ptr<const Reader> reader;
  // Why the store does not open as a whole, naming what is damaged.
  std::optional<Error> damage;
};
// Errors: already_running; not_found: there is no such directory.
Result<SalvagedStore> salvage_rocks_store(const std::filesystem::path& directory);

}  // namespace tally::storage
