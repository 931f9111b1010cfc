#include "storage/rocks_settings.h"

#include <cerrno>
#include <fcntl.h>
#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/memtablerep.h>
#include <rocksdb/statistics.h>
#include <rocksdb/table.h>
#include <system_error>
#include <unistd.h>

#include "common/limits.h"

namespace tally::storage {

namespace {

constexpr int kOpenFilesMax = 256;
constexpr std::size_t kInfoLogBytesMax = 1 * limits::kMiB;
constexpr std::size_t kInfoLogsMax = 2;
constexpr std::size_t kWalWriteBuffers = 4;  // WAL kept, in sizes of the write buffer
constexpr double kBloomBitsPerKey = 10;
constexpr int kScratchFilesBeforeMerge = 16;
constexpr std::size_t kTableBlockBytes = 8 * limits::kKiB;
// A file's filter has megabytes. In one of the 64 small shards that are usual it would find no place, and be read from
// the disk again for every key.
constexpr int kCacheShardBits = 2;

// RocksDB goes on writing after some background errors and retries them by itself. Here the first one ends
// writing: a vote must not rest on a store that has begun to fail.
class StopOnFailure final : public rocksdb::EventListener {
 public:
  explicit StopOnFailure(std::shared_ptr<FailureLatch> latch) : latch_(std::move(latch)) {}
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
    latch_->fail(status->ToString());
  }
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool* auto_recovery) override {
    *auto_recovery = false;
  }

 private:
  std::shared_ptr<FailureLatch> latch_;
};

rocksdb::CompressionType first_supported(std::initializer_list<rocksdb::CompressionType> wanted) {
  const auto supported = rocksdb::GetSupportedCompressions();
  for (const auto type : wanted)
    if (std::find(supported.begin(), supported.end(), type) != supported.end()) return type;
  return rocksdb::kNoCompression;
}

Error file_failed(const std::filesystem::path& path, int code) {
  return make_error(ErrorCode::io_failed, "",
                    "directory " + path.string() + ": " + std::generic_category().message(code),
                    "a directory that this user may create and write");
}

Status sync_directory(const std::filesystem::path& directory) {
  const int file = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return file_failed(directory, errno);
  const int code = ::fsync(file) == 0 ? 0 : errno;
  ::close(file);
  if (code != 0) return file_failed(directory, code);
  return {};
}

}  // namespace

rocksdb::DBOptions make_database_options(const RocksOptions& options, const std::shared_ptr<FailureLatch>& latch) {
  rocksdb::DBOptions out;
  if (options.env != nullptr) out.env = options.env;
  out.create_if_missing = true;
  out.create_missing_column_families = true;

  // Safety. A record torn by a power cut at the end of the log was never acknowledged; anything else is damage.
  out.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  out.track_and_verify_wals_in_manifest = true;
  out.paranoid_checks = true;
  out.max_bgerror_resume_count = 0;
  out.listeners.push_back(std::make_shared<StopOnFailure>(latch));

  // Memory and files.
  out.db_write_buffer_size = options.write_buffer_bytes;
  out.max_total_wal_size = kWalWriteBuffers * options.write_buffer_bytes;
  out.max_open_files = kOpenFilesMax;
  out.max_file_opening_threads = 1;  // RocksDB starts as many threads at every flush
  out.max_background_jobs = 2;
  out.bytes_per_sync = limits::kMiB;  // spreads a flush's writing, so that votes' syncs do not wait for it

  if (options.bulk_load) out.allow_concurrent_memtable_write = false;  // its table of writes knows none

  // RocksDB's own log and counters.
  out.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  out.keep_log_file_num = kInfoLogsMax;
  out.max_log_file_size = kInfoLogBytesMax;
  out.stats_dump_period_sec = 0;
  out.stats_persist_period_sec = 0;
  out.statistics = rocksdb::CreateDBStatistics();
  out.statistics->set_stats_level(rocksdb::StatsLevel::kExceptHistogramOrTimers);
  return out;
}

rocksdb::ColumnFamilyOptions make_column_options(const RocksOptions& options) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(options.block_cache_bytes, kCacheShardBits);
  table.block_size = kTableBlockBytes;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBitsPerKey));
  // Filters and indexes count against the cache, so that memory stays bounded as the chain grows.
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;

  rocksdb::ColumnFamilyOptions out;
  out.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  out.write_buffer_size = options.write_buffer_bytes / 2;
  out.level_compaction_dynamic_level_bytes = true;
  out.compression = options.scratch ? rocksdb::kNoCompression
                                    : first_supported({rocksdb::kLZ4Compression, rocksdb::kSnappyCompression});
  if (options.scratch) {
    out.compaction_style = rocksdb::kCompactionStyleUniversal;
    out.level0_file_num_compaction_trigger = kScratchFilesBeforeMerge;
    out.level0_slowdown_writes_trigger = 4 * kScratchFilesBeforeMerge;
    out.level0_stop_writes_trigger = 8 * kScratchFilesBeforeMerge;
  }
  // Nobody reads while it is filled: sorted once, when it goes to disk, and not kept sorted.
  if (options.bulk_load) out.memtable_factory = std::make_shared<rocksdb::VectorRepFactory>();
  // Also at the bottom: zstd saves some disk, but under load it took a tenth of a node's processor time.
  out.bottommost_compression = out.compression;
  return out;
}

Status create_durable_directories(const std::filesystem::path& directory) {
  std::error_code failure;
  const auto whole = std::filesystem::absolute(directory, failure).lexically_normal();
  if (failure) return file_failed(directory, failure.value());
  std::filesystem::path path;
  for (const auto& part : whole) {
    const auto parent = path;
    path /= part;
    if (part.empty()) continue;  // a slash at the end
    const bool created = std::filesystem::create_directory(path, failure);
    if (failure) return file_failed(path, failure.value());
    if (!created) continue;
    if (const auto synced = sync_directory(parent); !synced) return synced;
  }
  return {};
}

}  // namespace tally::storage
