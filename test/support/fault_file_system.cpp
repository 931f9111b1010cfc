#include "support/fault_file_system.h"

#include <random>
#include <rocksdb/system_clock.h>

// For the leak checker: RocksDB 7.8 does not free a memory table whose flush failed.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:rocksdb::DBImpl::SwitchMemtable\n";
}

namespace tally::test {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

namespace {

std::string directory_of(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

// One spelling for one file: names are compared as text.
std::string normal(const std::string& path) {
  return std::filesystem::path(path).lexically_normal().string();
}

std::string normal_directory(const std::string& path) {
  auto normal = std::filesystem::path(path).lexically_normal();
  if (!normal.has_filename()) normal = normal.parent_path();  // a slash at the end
  return normal.string();
}

}  // namespace

class ImpatientClock final : public rocksdb::SystemClockWrapper {
 public:
  using SystemClockWrapper::SystemClockWrapper;
  const char* Name() const override { return "ImpatientClock"; }
  void SleepForMicroseconds(int micros) override {
    constexpr int kSleepMicrosMax = 100;
    SystemClockWrapper::SleepForMicroseconds(std::min(micros, kSleepMicrosMax));
  }
};

class FaultEnv final : public rocksdb::EnvWrapper {
 public:
  explicit FaultEnv(const std::shared_ptr<FaultFileSystem>& files) : EnvWrapper(rocksdb::NewCompositeEnv(files)) {
    system_clock_ = std::make_shared<ImpatientClock>(rocksdb::SystemClock::Default());
  }
};

class FaultWritableFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultWritableFile(std::unique_ptr<rocksdb::FSWritableFile> target, FaultFileSystem& system,
                    std::shared_ptr<FaultFileSystem::File> file)
      : FSWritableFileOwnerWrapper(std::move(target)), system_(system), file_(std::move(file)) {}

  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, IODebugContext* context) override {
    const auto verdict = system_.admit(FaultFileSystem::Operation::write);
    const rocksdb::Slice part(data.data(), verdict.status.ok() ? data.size() : data.size() / 2);
    const IOStatus written = FSWritableFileOwnerWrapper::Append(part, options, context);
    if (!written.ok()) return written;
    system_.grew(*file_, part.size(), verdict.cut_after);
    return verdict.status;
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* context) override {
    return Append(data, options, context);
  }
  IOStatus PositionedAppend(const rocksdb::Slice&, std::uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::NotSupported("PositionedAppend");
  }
  IOStatus PositionedAppend(const rocksdb::Slice&, std::uint64_t, const IOOptions&,
                            const rocksdb::DataVerificationInfo&, IODebugContext*) override {
    return IOStatus::NotSupported("PositionedAppend");
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions& options, IODebugContext* context) override {
    const auto verdict = system_.admit(FaultFileSystem::Operation::write);
    if (!verdict.status.ok()) return verdict.status;
    system_.truncated(*file_, size);
    return FSWritableFileOwnerWrapper::Truncate(size, options, context);
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return system_.sync_file(*file_); }
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return system_.sync_file(*file_); }
  // Only starts writing back: promises nothing.
  IOStatus RangeSync(std::uint64_t, std::uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }

 private:
  FaultFileSystem& system_;
  std::shared_ptr<FaultFileSystem::File> file_;
};

class FaultDirectory final : public rocksdb::FSDirectoryWrapper {
 public:
  FaultDirectory(std::unique_ptr<rocksdb::FSDirectory> target, FaultFileSystem& system, std::string path)
      : FSDirectoryWrapper(std::move(target)), system_(system), path_(std::move(path)) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return system_.sync_directory(path_); }
  IOStatus FsyncWithDirOptions(const IOOptions&, IODebugContext*, const rocksdb::DirFsyncOptions&) override {
    return system_.sync_directory(path_);
  }

 private:
  FaultFileSystem& system_;
  std::string path_;
};

FaultFileSystem::FaultFileSystem(std::filesystem::path graveyard)
    : FileSystemWrapper(rocksdb::FileSystem::Default()), graveyard_(std::move(graveyard)) {
  std::filesystem::create_directories(graveyard_);
}

void FaultFileSystem::cut_power_at(std::uint64_t count) {
  const std::lock_guard lock(mutex_);
  cut_at_ = operations_ + count;
}

bool FaultFileSystem::powered() const {
  const std::lock_guard lock(mutex_);
  return !cut_;
}

void FaultFileSystem::fail_write_at(std::uint64_t count) {
  const std::lock_guard lock(mutex_);
  failing_write_ = writes_ + count;
}

void FaultFileSystem::fail_sync_at(std::uint64_t count) {
  const std::lock_guard lock(mutex_);
  failing_sync_ = syncs_ + count;
}

void FaultFileSystem::set_disk_full(bool full) {
  const std::lock_guard lock(mutex_);
  disk_full_ = full;
}

void FaultFileSystem::set_lose_syncs(bool lose) {
  const std::lock_guard lock(mutex_);
  lose_syncs_ = lose;
}

std::uint64_t FaultFileSystem::operations() const {
  const std::lock_guard lock(mutex_);
  return operations_;
}

void FaultFileSystem::power_cut(std::uint64_t seed) {
  const std::lock_guard lock(mutex_);
  if (!cut_) freeze();
  std::mt19937_64 random(seed);
  durable_ = std::move(cut_->durable);
  const std::size_t survivors = random() % (cut_->pending.size() + 1);
  for (std::size_t i = 0; i < survivors; ++i) apply(cut_->pending[i], durable_);
  pending_.clear();

  while (!current_.empty()) bury(current_.begin()->first);
  for (const auto& [path, file] : durable_) {
    std::filesystem::rename(grave(*file), path);
    buried_.erase(file->id);
    *file = cut_->files.at(file->id);
    const std::uint64_t unsynced = file->bytes - file->durable_bytes;
    const bool torn = random() % 2 == 0;
    const std::uint64_t position = random() % (unsynced + 1);
    file->durable_bytes += torn ? position : 0;
    file->bytes = file->durable_bytes;
    std::filesystem::resize_file(path, file->bytes);
  }
  current_ = durable_;
  cut_.reset();
  cut_at_ = 0;
  empty_graveyard();
}

void FaultFileSystem::freeze() {
  cut_ = Cut{durable_, pending_, {}};
  const auto keep = [&](const std::shared_ptr<File>& file) {
    if (file) cut_->files.emplace(file->id, *file);
  };
  for (const auto& [path, file] : current_) keep(file);
  for (const auto& [path, file] : durable_) keep(file);
  for (const auto& change : pending_) keep(change.file);
}

FaultFileSystem::Verdict FaultFileSystem::admit(Operation operation) {
  const std::lock_guard lock(mutex_);
  ++operations_;
  const bool cut = !cut_ && operations_ == cut_at_;
  if (cut && operation != Operation::write) freeze();
  if (operation == Operation::write && ++writes_ == failing_write_) return {IOStatus::IOError("injected EIO on write")};
  if (operation == Operation::sync && ++syncs_ == failing_sync_) return {IOStatus::IOError("injected EIO on sync")};
  if (disk_full_ && operation == Operation::write) return {IOStatus::NoSpace("injected: disk full")};
  return {IOStatus::OK(), cut};
}

void FaultFileSystem::grew(File& file, std::uint64_t bytes, bool cut_after) {
  const std::lock_guard lock(mutex_);
  file.bytes += bytes;
  if (cut_after && !cut_) freeze();
}

void FaultFileSystem::truncated(File& file, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  file.bytes = bytes;
  file.durable_bytes = std::min(file.durable_bytes, bytes);
}

IOStatus FaultFileSystem::sync_file(File& file) {
  const auto verdict = admit(Operation::sync);
  if (!verdict.status.ok()) return verdict.status;
  const std::lock_guard lock(mutex_);
  if (!lose_syncs_) file.durable_bytes = file.bytes;
  return IOStatus::OK();
}

IOStatus FaultFileSystem::sync_directory(const std::string& directory) {
  const auto verdict = admit(Operation::sync);
  if (!verdict.status.ok()) return verdict.status;
  const std::lock_guard lock(mutex_);
  if (lose_syncs_) return IOStatus::OK();
  std::vector<Change> others;
  for (auto& change : pending_) {
    if (change.directory == directory) {
      apply(change, durable_);
    } else {
      others.push_back(std::move(change));
    }
  }
  pending_ = std::move(others);
  empty_graveyard();
  return IOStatus::OK();
}

std::shared_ptr<FaultFileSystem::File> FaultFileSystem::adopt(const std::string& path) {
  if (const auto known = current_.find(path); known != current_.end()) return known->second;
  if (!std::filesystem::is_regular_file(path)) return nullptr;
  // Written before this file system saw it: all of it is durable.
  const std::uint64_t bytes = std::filesystem::file_size(path);
  auto file = std::make_shared<File>(File{next_id_++, bytes, bytes});
  current_[path] = file;
  durable_[path] = file;
  return file;
}

void FaultFileSystem::bury(const std::string& path) {
  const auto place = current_.find(path);
  const auto file = place->second;
  std::filesystem::rename(path, grave(*file));
  buried_[file->id] = grave(*file);
  current_.erase(place);
}

void FaultFileSystem::record(const std::string& removed, const std::string& added, const std::shared_ptr<File>& file) {
  pending_.push_back({directory_of(added.empty() ? removed : added), removed, added, file});
}

void FaultFileSystem::apply(const Change& change, Names& names) {
  if (!change.removed.empty()) names.erase(change.removed);
  if (!change.added.empty()) names[change.added] = change.file;
}

void FaultFileSystem::empty_graveyard() {
  if (cut_) return;  // what a ghost deletes comes back
  std::set<std::uint64_t> wanted;
  for (const auto& [path, file] : durable_) wanted.insert(file->id);
  for (const auto& change : pending_)
    if (change.file) wanted.insert(change.file->id);
  std::erase_if(buried_, [&](const auto& grave) {
    if (wanted.contains(grave.first)) return false;
    std::filesystem::remove(grave.second);
    return true;
  });
}

std::string FaultFileSystem::grave(const File& file) const {
  return (graveyard_ / std::to_string(file.id)).string();
}

IOStatus FaultFileSystem::NewWritableFile(const std::string& given, const rocksdb::FileOptions& options,
                                          std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* context) {
  const auto verdict = admit(Operation::entry);
  if (!verdict.status.ok()) return verdict.status;
  const std::lock_guard lock(mutex_);
  const std::string path = normal(given);
  if (adopt(path)) bury(path);
  std::unique_ptr<rocksdb::FSWritableFile> target;
  const IOStatus opened = FileSystemWrapper::NewWritableFile(path, options, &target, context);
  if (!opened.ok()) return opened;
  auto file = std::make_shared<File>(File{next_id_++, 0, 0});
  current_[path] = file;
  record("", path, file);
  *result = std::make_unique<FaultWritableFile>(std::move(target), *this, std::move(file));
  return IOStatus::OK();
}

IOStatus FaultFileSystem::ReopenWritableFile(const std::string& given, const rocksdb::FileOptions& options,
                                             std::unique_ptr<rocksdb::FSWritableFile>* result,
                                             IODebugContext* context) {
  const std::string path = normal(given);
  {
    const std::lock_guard lock(mutex_);
    if (auto file = adopt(path)) {
      std::unique_ptr<rocksdb::FSWritableFile> target;
      const IOStatus opened = FileSystemWrapper::ReopenWritableFile(path, options, &target, context);
      if (!opened.ok()) return opened;
      *result = std::make_unique<FaultWritableFile>(std::move(target), *this, std::move(file));
      return IOStatus::OK();
    }
  }
  return NewWritableFile(path, options, result, context);
}

IOStatus FaultFileSystem::NewDirectory(const std::string& path, const IOOptions& options,
                                       std::unique_ptr<rocksdb::FSDirectory>* result, IODebugContext* context) {
  std::unique_ptr<rocksdb::FSDirectory> target;
  const IOStatus opened = FileSystemWrapper::NewDirectory(path, options, &target, context);
  if (!opened.ok()) return opened;
  *result = std::make_unique<FaultDirectory>(std::move(target), *this, normal_directory(path));
  return IOStatus::OK();
}

IOStatus FaultFileSystem::DeleteFile(const std::string& given, const IOOptions& options, IODebugContext* context) {
  const auto verdict = admit(Operation::entry);
  if (!verdict.status.ok()) return verdict.status;
  const std::lock_guard lock(mutex_);
  const std::string path = normal(given);
  if (!adopt(path)) return FileSystemWrapper::DeleteFile(path, options, context);
  bury(path);
  record(path, "", nullptr);
  return IOStatus::OK();
}

IOStatus FaultFileSystem::RenameFile(const std::string& given_from, const std::string& given_to,
                                     const IOOptions& options, IODebugContext* context) {
  const auto verdict = admit(Operation::entry);
  if (!verdict.status.ok()) return verdict.status;
  const std::lock_guard lock(mutex_);
  const std::string from = normal(given_from);
  const std::string to = normal(given_to);
  const auto file = adopt(from);
  if (!file) return FileSystemWrapper::RenameFile(from, to, options, context);
  if (adopt(to)) bury(to);
  const IOStatus renamed = FileSystemWrapper::RenameFile(from, to, options, context);
  if (!renamed.ok()) return renamed;
  current_.erase(from);
  current_[to] = file;
  record(from, to, file);
  return IOStatus::OK();
}

IOStatus FaultFileSystem::ReuseWritableFile(const std::string&, const std::string&, const rocksdb::FileOptions&,
                                            std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) {
  return IOStatus::NotSupported("ReuseWritableFile");
}

IOStatus FaultFileSystem::NewRandomRWFile(const std::string&, const rocksdb::FileOptions&,
                                          std::unique_ptr<rocksdb::FSRandomRWFile>*, IODebugContext*) {
  return IOStatus::NotSupported("NewRandomRWFile");
}

IOStatus FaultFileSystem::LinkFile(const std::string&, const std::string&, const IOOptions&, IODebugContext*) {
  return IOStatus::NotSupported("LinkFile");
}

IOStatus FaultFileSystem::Truncate(const std::string&, std::size_t, const IOOptions&, IODebugContext*) {
  return IOStatus::NotSupported("Truncate");
}

std::unique_ptr<rocksdb::Env> make_fault_env(const std::shared_ptr<FaultFileSystem>& files) {
  return std::make_unique<FaultEnv>(files);
}

}  // namespace tally::test
