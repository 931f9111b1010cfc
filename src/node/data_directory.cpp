#include "node/data_directory.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include "common/limits.h"

namespace tally::node {

namespace {

Error failed(const std::string& what) {
  return make_error(ErrorCode::io_failed, "data_directory", what + ": " + std::strerror(errno));
}

Status sync_directory(const std::filesystem::path& path) {
  const int directory = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = directory >= 0 && ::fsync(directory) == 0;
  const Error failure = synced ? Error{} : failed("cannot sync " + path.string());
  if (directory >= 0) ::close(directory);
  if (!synced) return failure;
  return {};
}

constexpr const char* kBegun = "begun";

}  // namespace

Status copy_own_records(const storage::Reader& from, storage::Store& to) {
  static constexpr std::size_t kPieceBytes = 4 * limits::kMiB;
  static constexpr std::string_view kOfTheLedger = "ledger/";
  storage::WriteBatch batch;
  Status written;
  for (const auto column : {storage::Column::votes, storage::Column::bodies, storage::Column::meta}) {
    const Status scanned = from.scan(column, {}, {}, [&](ByteView key, ByteView value) {
      if (column == storage::Column::meta && as_text(key).starts_with(kOfTheLedger)) return true;
      batch.put(column, key, value);
      if (batch.bytes() < kPieceBytes) return true;
      written = to.write(batch, storage::Sync::no);
      batch.clear();
      return written.has_value();
    });
    if (!scanned) return scanned;
    if (!written) return written;
  }
  return to.write(batch, storage::Sync::yes);
}

// In one step, so that no crash leaves a node without votes that would take itself for new.
Status exchange_directories(const std::filesystem::path& rebuilt, const std::filesystem::path& current,
                            const std::filesystem::path& kept) {
  // Before the exchange: rename() would replace an empty directory, and fail on another after half of the work.
  if (std::filesystem::exists(std::filesystem::symlink_status(kept)))
    return make_error(ErrorCode::io_failed, "data_directory", kept.string() + " is there already",
                      "to be moved away: it holds what was kept before");
  if (::renameat2(AT_FDCWD, rebuilt.c_str(), AT_FDCWD, current.c_str(), RENAME_EXCHANGE) != 0)
    return failed("cannot exchange " + current.string() + " for what was rebuilt");
  if (std::rename(rebuilt.c_str(), kept.c_str()) != 0)
    return failed("what was there before stays at " + rebuilt.string() + ", as it cannot be renamed to " +
                  kept.string());
  return sync_directory(std::filesystem::absolute(current).parent_path());
}

Status install_directory(const std::filesystem::path& made, const std::filesystem::path& place) {
  if (std::rename(made.c_str(), place.c_str()) != 0) return failed("cannot make " + place.string());
  return sync_directory(std::filesystem::absolute(place).parent_path());
}

Status mark_begun(const std::filesystem::path& data_directory) {
  const auto file = data_directory / kBegun;
  const int made = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (made < 0 && errno == EEXIST) return {};
  if (made < 0) return failed("cannot make " + file.string());
  const bool synced = ::fsync(made) == 0;
  const Error failure = synced ? Error{} : failed("cannot sync " + file.string());
  ::close(made);
  if (!synced) return failure;
  return sync_directory(data_directory);
}

Status check_begun(const std::filesystem::path& data_directory, const storage::Reader& store) {
  std::error_code unknown;
  if (!std::filesystem::exists(data_directory / kBegun, unknown)) return {};
  bool empty = true;
  const Status scanned = store.scan(storage::Column::meta, {}, {}, [&](ByteView, ByteView) { return empty = false; });
  if (!scanned || !empty) return scanned;
  return make_error(ErrorCode::storage_failed, "data_directory",
                    "the store in " + data_directory.string() +
                        " is empty, and a node has run here: its write-ahead log is gone, or somebody emptied it",
                    "`tally repair`, which sees to it that nothing is signed twice; a data directory that is to begin "
                    "anew is removed as a whole, and only while the others run");
}

}  // namespace tally::node
