// Purpose: a file system under RocksDB that loses power, fails and fills up on demand. It passes data through
// to the real one and keeps account of what a careless disk would still owe: bytes of each file and entries of
// each directory that were never synced. Nothing is really synced, so tests are fast.
// Thread rule: as any file system; power_cut() only when no file is open (the store is destroyed).
// Why a program does not notice the cut: a machine without power runs nothing, so what the program does after
// that moment is a ghost's doing and goes away. Answering errors instead would test another thing, the errors.
// Model: a file's unsynced bytes survive up to a byte that the seed chooses, often none. Creations, renames and
// deletions survive in their order up to a point that the seed chooses, except where their directory was synced.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <set>
#include <string>
#include <vector>

namespace tally::test {

class FaultFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  // `graveyard` holds deleted files until their deletion is durable: an empty directory of its own, on the same
  // disk as what is tested.
  explicit FaultFileSystem(std::filesystem::path graveyard);

  // The power goes at the count-th write, sync or change of a directory from now (1 is the next): that one may
  // have reached the disk in part. Calls still answer well, but what they do counts no more: ask powered() after
  // each one whose success is to be relied on.
  void cut_power_at(std::uint64_t count);
  [[nodiscard]] bool powered() const;
  // Takes from the disk what was not synced when the power went (now, if it has not), and switches it on again.
  // The same seed takes the same.
  void power_cut(std::uint64_t seed);

  // Once: the count-th write (or sync) from now answers EIO; a write leaves its first half.
  void fail_write_at(std::uint64_t count);
  void fail_sync_at(std::uint64_t count);
  // While set, writes leave their first half and answer that no space is left.
  void set_disk_full(bool full);
  // While set, syncs answer well and do nothing: a disk that lies.
  void set_lose_syncs(bool lose);
  // Writes, syncs and changes of directories so far.
  [[nodiscard]] std::uint64_t operations() const;

  const char* Name() const override { return "FaultFileSystem"; }
  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* result,
                                       rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* result,
                                 rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override;
  // Not modelled, and refused so that nothing escapes the account.
  rocksdb::IOStatus ReuseWritableFile(const std::string& path, const std::string& old_path,
                                      const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* result,
                                      rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus NewRandomRWFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSRandomRWFile>* result,
                                    rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus Truncate(const std::string& path, std::size_t size, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* context) override;

 private:
  friend class FaultWritableFile;
  friend class FaultDirectory;

  // What the account knows of a file, whatever its names.
  struct File {
    std::uint64_t id = 0;
    std::uint64_t bytes = 0;
    std::uint64_t durable_bytes = 0;
  };
  using Names = std::map<std::string, std::shared_ptr<File>>;
  // A change of a directory that is not durable yet.
  struct Change {
    std::string directory;
    std::string removed;  // empty if none
    std::string added;    // empty if none
    std::shared_ptr<File> file;
  };
  // The account at the moment of the cut.
  struct Cut {
    Names durable;
    std::vector<Change> pending;
    std::map<std::uint64_t, File> files;  // by id
  };
  enum class Operation { write, sync, entry };
  // A write that fails leaves its first half; anything else that fails leaves nothing.
  struct Verdict {
    rocksdb::IOStatus status;
    bool cut_after = false;  // the power goes during this write
  };

  Verdict admit(Operation operation);
  void grew(File& file, std::uint64_t bytes, bool cut_after);
  void truncated(File& file, std::uint64_t bytes);
  rocksdb::IOStatus sync_file(File& file);
  rocksdb::IOStatus sync_directory(const std::string& directory);

  // The rest requires mutex_.
  std::shared_ptr<File> adopt(const std::string& path);
  void freeze();
  void bury(const std::string& path);
  void record(const std::string& removed, const std::string& added, const std::shared_ptr<File>& file);
  static void apply(const Change& change, Names& names);
  void empty_graveyard();
  [[nodiscard]] std::string grave(const File& file) const;

  std::filesystem::path graveyard_;
  mutable std::mutex mutex_;
  Names current_;
  Names durable_;
  std::vector<Change> pending_;
  std::map<std::uint64_t, std::string> buried_;
  std::uint64_t next_id_ = 1;
  std::uint64_t operations_ = 0;
  std::uint64_t writes_ = 0;
  std::uint64_t syncs_ = 0;
  std::uint64_t cut_at_ = 0;  // 0: never
  std::uint64_t failing_write_ = 0;
  std::uint64_t failing_sync_ = 0;
  std::optional<Cut> cut_;  // while the power is gone
  bool disk_full_ = false;
  bool lose_syncs_ = false;
};

// What RocksOptions::env takes: these files, and a clock that hardly sleeps (RocksDB waits a second after every
// failure in the background).
std::unique_ptr<rocksdb::Env> make_fault_env(const std::shared_ptr<FaultFileSystem>& files);

}  // namespace tally::test
