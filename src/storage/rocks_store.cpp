#include "storage/rocks_store.h"

#include <atomic>
#include <cstdarg>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/write_batch.h>

#include "storage/key_range.h"
#include "storage/rocks_settings.h"

namespace tally::storage {

namespace {

rocksdb::Slice slice(ByteView bytes) {
  if (bytes.empty()) return {};  // RocksDB asserts that a slice points somewhere
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
ByteView view(const rocksdb::Slice& bytes) {
  return {reinterpret_cast<const Byte*>(bytes.data()), bytes.size()};
}
constexpr const char* kRepair = "a healthy disk, and `tally repair` to make the store whole from the node's peers";

class Silent final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

// Of a batch for a scratch store, from which on it is written past the memtable.
constexpr std::size_t kScratchFileBytes = std::size_t{1} << 20;

// The open database. Snapshots share it, so that it closes after the last of them.
class Database {
 public:
  Database(std::shared_ptr<FailureLatch> latch, std::shared_ptr<rocksdb::Statistics> statistics,
           const RocksOptions& options)
      : latch_(std::move(latch)),
        statistics_(std::move(statistics)),
        bulk_load_(options.bulk_load),
        log_kept_(!options.bulk_load && !options.scratch),
        files_from_bytes_(options.scratch ? kScratchFileBytes : 0) {}
  ~Database() {
    for (auto* column : columns_) (void)db_->DestroyColumnFamilyHandle(column);
    if (db_ != nullptr) (void)db_->Close();
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  rocksdb::Status open(const rocksdb::DBOptions& options, const rocksdb::ColumnFamilyOptions& column_options,
                       const std::string& directory) {
    directory_ = directory;
    file_options_ = rocksdb::Options(options, column_options);
    rocksdb::DB* db = nullptr;
    const auto status = rocksdb::DB::Open(options, directory, columns_wanted(column_options), &columns_, &db);
    db_.reset(db);
    return status;
  }

  rocksdb::Status open_read_only(const rocksdb::DBOptions& options, const rocksdb::ColumnFamilyOptions& column_options,
                                 const std::string& directory) {
    rocksdb::DB* db = nullptr;
    const auto status =
        rocksdb::DB::OpenForReadOnly(options, directory, columns_wanted(column_options), &columns_, &db);
    db_.reset(db);
    return status;
  }

  rocksdb::DB& db() const { return *db_; }
  rocksdb::ColumnFamilyHandle* handle(Column column) const { return columns_[1 + static_cast<std::size_t>(column)]; }

  Result<std::optional<Bytes>> get(const rocksdb::Snapshot* snapshot, Column column, ByteView key) const {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot;
    rocksdb::PinnableSlice value;
    const auto status = db_->Get(options, handle(column), slice(key), &value);
    if (status.IsNotFound()) return std::optional<Bytes>{};
    if (!status.ok()) return read_failed(column, status);
    const ByteView bytes = view(value);
    return std::optional<Bytes>(std::in_place, bytes.begin(), bytes.end());
  }

  Status scan(const rocksdb::Snapshot* snapshot, Column column, ByteView prefix, ByteView from,
              const Visit& visit) const {
    const Bounds bounds(snapshot, prefix);
    const std::unique_ptr<rocksdb::Iterator> iterator(db_->NewIterator(bounds.options, handle(column)));
    iterator->Seek(slice(ByteOrder{}(from, prefix) ? prefix : from));
    while (iterator->Valid() && visit(view(iterator->key()), view(iterator->value()))) iterator->Next();
    if (!iterator->status().ok()) return read_failed(column, iterator->status());
    return {};
  }

  Status scan_back(const rocksdb::Snapshot* snapshot, Column column, ByteView prefix, ByteView from,
                   const Visit& visit) const {
    const Bounds bounds(snapshot, prefix);
    const std::unique_ptr<rocksdb::Iterator> iterator(db_->NewIterator(bounds.options, handle(column)));
    if (from.empty() || (bounds.end && !ByteOrder{}(from, *bounds.end))) {
      iterator->SeekToLast();
    } else {
      iterator->SeekForPrev(slice(from));
    }
    while (iterator->Valid() && visit(view(iterator->key()), view(iterator->value()))) iterator->Prev();
    if (!iterator->status().ok()) return read_failed(column, iterator->status());
    return {};
  }

  Status write(const WriteBatch& batch, Sync sync) {
    if (latch_->failed()) return latch_->error();
    if (batch.empty() && sync == Sync::no) return {};
    if (files_from_bytes_ > 0 && batch.bytes() >= files_from_bytes_) return write_files(batch);
    constexpr std::size_t kEntryOverheadBytes = 16;  // tag, column and lengths
    rocksdb::WriteBatch out(batch.bytes() + batch.entries().size() * kEntryOverheadBytes);
    rocksdb::Status status;
    for (const auto& entry : batch.entries()) {
      status = entry.value ? out.Put(handle(entry.column), slice(entry.key), slice(*entry.value))
                           : out.Delete(handle(entry.column), slice(entry.key));
      if (!status.ok()) break;
    }
    rocksdb::WriteOptions options;
    options.sync = sync == Sync::yes && log_kept_;
    options.disableWAL = !log_kept_;
    if (status.ok()) status = db_->Write(options, &out);
    if (status.ok() && bulk_load_ && sync == Sync::yes) status = db_->Flush(rocksdb::FlushOptions(), columns_);
    if (!status.ok()) latch_->fail(status.ToString());
    // A flush in the background may have failed meanwhile: then this write must not count either.
    if (latch_->failed()) return latch_->error();
    return {};
  }

  std::uint64_t approximate_bytes(Column column, ByteView from, ByteView to) const {
    const Bytes last = to.empty() ? last_key(column) : Bytes(to.begin(), to.end());
    const rocksdb::Range range(slice(from), slice(last));
    rocksdb::SizeApproximationOptions options;
    options.include_memtables = true;
    options.include_files = true;
    std::uint64_t bytes = 0;
    const auto status = db_->GetApproximateSizes(options, handle(column), &range, 1, &bytes);
    return status.ok() ? bytes : 0;
  }

  Status compact(Column column, ByteView from, ByteView to) {
    if (latch_->failed()) return latch_->error();
    const rocksdb::Slice first = slice(from);
    const rocksdb::Slice last = slice(to);
    rocksdb::CompactRangeOptions options;
    options.exclusive_manual_compaction = false;
    const auto status =
        db_->CompactRange(options, handle(column), from.empty() ? nullptr : &first, to.empty() ? nullptr : &last);
    if (!status.ok()) latch_->fail(status.ToString());
    if (latch_->failed()) return latch_->error();
    return {};
  }

  std::uint64_t bytes_written() const {
    return statistics_->getTickerCount(rocksdb::WAL_FILE_BYTES) +
           statistics_->getTickerCount(rocksdb::FLUSH_WRITE_BYTES) +
           statistics_->getTickerCount(rocksdb::COMPACT_WRITE_BYTES);
  }

 private:
  struct Bounds {
    Bounds(const rocksdb::Snapshot* snapshot, ByteView prefix)
        : end(prefix_end(prefix)), lower(slice(prefix)), upper(end ? slice(*end) : rocksdb::Slice()) {
      options.snapshot = snapshot;
      options.iterate_lower_bound = &lower;
      if (end) options.iterate_upper_bound = &upper;
    }
    Bounds(const Bounds&) = delete;
    Bounds& operator=(const Bounds&) = delete;
    std::optional<Bytes> end;
    rocksdb::Slice lower;
    rocksdb::Slice upper;
    rocksdb::ReadOptions options;
  };

  // Each column's part of a large batch as one sorted file, past the memtable.
  Status write_files(const WriteBatch& batch) {
    std::array<std::vector<const WriteBatch::Entry*>, kColumns> parts;
    for (const auto& entry : batch.entries()) parts[static_cast<std::size_t>(entry.column)].push_back(&entry);
    for (std::size_t i = 0; i < kColumns; ++i) {
      auto& part = parts[i];
      // Of a key's entries the last counts.
      std::stable_sort(part.begin(), part.end(),
                       [](const auto* left, const auto* right) { return ByteOrder{}(left->key, right->key); });
      const auto last = std::unique(part.rbegin(), part.rend(),
                                    [](const auto* left, const auto* right) { return left->key == right->key; });
      part.erase(part.begin(), last.base());
      if (part.empty()) continue;
      if (const auto status = write_file(static_cast<Column>(i), part); !status.ok()) {
        latch_->fail(status.ToString());
        return latch_->error();
      }
    }
    return {};
  }
  rocksdb::Status write_file(Column column, const std::vector<const WriteBatch::Entry*>& entries) {
    const std::string path = directory_ + "/part-" + std::to_string(++files_written_) + ".sst";
    rocksdb::SstFileWriter file(rocksdb::EnvOptions(), file_options_, handle(column));
    auto status = file.Open(path);
    for (const auto* entry : entries) {
      if (!status.ok()) return status;
      status = entry->value ? file.Put(slice(entry->key), slice(*entry->value)) : file.Delete(slice(entry->key));
    }
    if (status.ok()) status = file.Finish();
    rocksdb::IngestExternalFileOptions options;
    options.move_files = true;
    return status.ok() ? db_->IngestExternalFile(handle(column), {path}, options) : status;
  }

  static std::vector<rocksdb::ColumnFamilyDescriptor> columns_wanted(const rocksdb::ColumnFamilyOptions& options) {
    // RocksDB insists on its default column family; nothing is kept there.
    std::vector<rocksdb::ColumnFamilyDescriptor> wanted{{rocksdb::kDefaultColumnFamilyName, options}};
    for (std::size_t i = 0; i < kColumns; ++i)
      wanted.emplace_back(std::string(name_of(static_cast<Column>(i))), options);
    return wanted;
  }

  // From here on nothing is written: no vote may rest on a store that has begun to rot.
  Error read_failed(Column column, const rocksdb::Status& status) const {
    const std::string problem = "a read of column " + std::string(name_of(column)) + " failed: " + status.ToString();
    latch_->damaged(problem);
    return make_error(ErrorCode::storage_failed, "", problem, kRepair);
  }

  // After every key of a column.
  Bytes last_key(Column column) const {
    const std::unique_ptr<rocksdb::Iterator> iterator(db_->NewIterator(rocksdb::ReadOptions(), handle(column)));
    iterator->SeekToLast();
    if (!iterator->Valid()) return {};
    const ByteView key = view(iterator->key());
    Bytes out(key.begin(), key.end());
    out.push_back(0);
    return out;
  }

  std::shared_ptr<FailureLatch> latch_;
  std::shared_ptr<rocksdb::Statistics> statistics_;
  const bool bulk_load_;
  const bool log_kept_;
  const std::size_t files_from_bytes_;  // batches from this size on become files by themselves; 0: none
  std::string directory_;
  rocksdb::Options file_options_;
  std::uint64_t files_written_ = 0;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> columns_;
};

class RocksSnapshot final : public Reader {
 public:
  explicit RocksSnapshot(std::shared_ptr<Database> database)
      : database_(std::move(database)), snapshot_(database_->db().GetSnapshot()) {}
  ~RocksSnapshot() override { database_->db().ReleaseSnapshot(snapshot_); }
  RocksSnapshot(const RocksSnapshot&) = delete;
  RocksSnapshot& operator=(const RocksSnapshot&) = delete;

  Result<std::optional<Bytes>> get(Column column, ByteView key) const override {
    return database_->get(snapshot_, column, key);
  }
  Status scan(Column column, ByteView prefix, ByteView from, const Visit& visit) const override {
    return database_->scan(snapshot_, column, prefix, from, visit);
  }
  Status scan_back(Column column, ByteView prefix, ByteView from, const Visit& visit) const override {
    return database_->scan_back(snapshot_, column, prefix, from, visit);
  }

 private:
  std::shared_ptr<Database> database_;
  const rocksdb::Snapshot* snapshot_;
};

class RocksStore final : public Store {
 public:
  explicit RocksStore(std::shared_ptr<Database> database) : database_(std::move(database)) {}

  Result<std::optional<Bytes>> get(Column column, ByteView key) const override {
    return database_->get(nullptr, column, key);
  }
  Status scan(Column column, ByteView prefix, ByteView from, const Visit& visit) const override {
    return database_->scan(nullptr, column, prefix, from, visit);
  }
  Status scan_back(Column column, ByteView prefix, ByteView from, const Visit& visit) const override {
    return database_->scan_back(nullptr, column, prefix, from, visit);
  }
  Status write(const WriteBatch& batch, Sync sync) override { return database_->write(batch, sync); }
  std::uint64_t approximate_bytes(Column column, ByteView from, ByteView to) const override {
    return database_->approximate_bytes(column, from, to);
  }
  Status compact(Column column, ByteView from, ByteView to) override { return database_->compact(column, from, to); }
  std::shared_ptr<const Reader> snapshot() const override { return std::make_shared<RocksSnapshot>(database_); }
  std::uint64_t bytes_written() const override { return database_->bytes_written(); }

 private:
  std::shared_ptr<Database> database_;
};

// Reads a store for as long as nobody else may open it.
class SalvageReader final : public Reader {
 public:
  SalvageReader(std::shared_ptr<Database> database, std::shared_ptr<rocksdb::FileLock> lock)
      : lock_(std::move(lock)), database_(std::move(database)) {}

  Result<std::optional<Bytes>> get(Column column, ByteView key) const override {
    return database_->get(nullptr, column, key);
  }
  Status scan(Column column, ByteView prefix, ByteView from, const Visit& visit) const override {
    return database_->scan(nullptr, column, prefix, from, visit);
  }
  Status scan_back(Column column, ByteView prefix, ByteView from, const Visit& visit) const override {
    return database_->scan_back(nullptr, column, prefix, from, visit);
  }

 private:
  std::shared_ptr<rocksdb::FileLock> lock_;
  std::shared_ptr<Database> database_;
};

// RocksDB tells of damage in several ways; a file that is gone is one of them.
bool is_damage(const rocksdb::Status& status) {
  return status.IsCorruption() || status.IsPathNotFound() || status.IsNotFound() ||
         status.ToString().find("No such file") != std::string::npos;
}

// Which part of the directory the text is about. What names a table and the list is about the table that the list
// names.
std::string damaged_part(const std::string& text) {
  const auto names = [&](std::initializer_list<const char*> words) {
    return std::any_of(words.begin(), words.end(), [&](const char* word) { return text.find(word) != text.npos; });
  };
  if (names({".sst", ".ldb", "sstable"})) return "a table file";
  if (names({"CURRENT", "MANIFEST", "VersionEdit", "creating a new Db"})) return "the list of its files";
  // Of a damaged record of the log it says no more than this.
  if (names({"WAL", ".log", "checksum mismatch", "log record"})) return "the write-ahead log";
  return "one of its files";
}

Error open_failed(const std::string& directory, const rocksdb::Status& status) {
  const std::string text = status.ToString();
  // RocksDB has no status of its own for this; the first text is another process, the second this one.
  if (text.find("While lock file") != std::string::npos || text.find("lock hold by") != std::string::npos)
    return make_error(ErrorCode::already_running, "", "data directory " + directory + " is in use by a running node",
                      "that node to be stopped first, or another data directory");
  if (is_damage(status))
    return make_error(ErrorCode::storage_failed, "",
                      "data directory " + directory + " is damaged, " + damaged_part(text) + ": " + text, kRepair);
  if (status.IsInvalidArgument())
    return make_error(ErrorCode::storage_failed, "", "data directory " + directory + " is not of this version: " + text,
                      "a directory written by this version or an older one");
  return make_error(ErrorCode::storage_failed, "", "data directory " + directory + " cannot be opened: " + text,
                    "a directory that this user may write, on a healthy disk with free space");
}

}  // namespace

Result<std::unique_ptr<Store>> open_rocks_store(const std::filesystem::path& directory, const RocksOptions& options) {
  const auto made = create_durable_directories(directory);
  if (!made) return made.error();
  auto latch = std::make_shared<FailureLatch>();
  const rocksdb::DBOptions database_options = make_database_options(options, latch);
  auto database = std::make_shared<Database>(latch, database_options.statistics, options);
  const auto status = database->open(database_options, make_column_options(options), directory.string());
  if (!status.ok()) return open_failed(directory.string(), status);
  return std::unique_ptr<Store>(std::make_unique<RocksStore>(std::move(database)));
}

Result<SalvagedStore> salvage_rocks_store(const std::filesystem::path& directory) {
  std::error_code failure;
  if (!std::filesystem::is_directory(directory, failure))
    return make_error(ErrorCode::not_found, "", "there is nothing at " + directory.string(),
                      "the directory of a store");
  auto* env = rocksdb::Env::Default();
  rocksdb::FileLock* locked = nullptr;
  if (const auto status = env->LockFile((directory / "LOCK").string(), &locked); !status.ok())
    return open_failed(directory.string(), status);
  const std::shared_ptr<rocksdb::FileLock> lock(locked,
                                                [env](rocksdb::FileLock* held) { (void)env->UnlockFile(held); });
  SalvagedStore out;
  // First as a node would open it; then whatever still opens, which leaves out what the log no longer tells.
  for (const bool strict : {true, false}) {
    auto latch = std::make_shared<FailureLatch>();
    rocksdb::DBOptions options = make_database_options({}, latch);
    options.create_if_missing = false;
    options.create_missing_column_families = false;
    // RocksDB's own log would be written into the directory.
    options.info_log = std::make_shared<Silent>();
    if (!strict) {
      options.paranoid_checks = false;
      options.wal_recovery_mode = rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords;
    }
    auto database = std::make_shared<Database>(latch, options.statistics, RocksOptions{});
    const auto status = database->open_read_only(options, make_column_options({}), directory.string());
    if (status.ok()) {
      out.reader = std::make_unique<SalvageReader>(std::move(database), lock);
      return out;
    }
    if (!out.damage) out.damage = open_failed(directory.string(), status);
  }
  return out;
}

}  // namespace tally::storage
