#include "tally/replay_store.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "common/limits.h"
#include "storage/rocks_store.h"

namespace tally::cli {

namespace {
constexpr std::size_t kWriteBufferBytes = 32 * limits::kMiB;
}

Outcome<ReplayStore> ReplayStore::open(const std::string& directory) {
  std::error_code failed;
  const auto base = directory.empty() ? std::filesystem::temp_directory_path(failed) : std::filesystem::path(directory);
  if (!failed) std::filesystem::create_directories(base, failed);
  std::string place = (base / "tally-replay-XXXXXX").string();
  if (failed || ::mkdtemp(place.data()) == nullptr)
    return Failure(make_error(
        ErrorCode::io_failed, "--work-dir",
        "no directory can be made in " + base.string() + ": " + (failed ? failed.message() : std::strerror(errno)),
        "a writable directory with room for the state"));
  auto store = storage::open_rocks_store(place, {.write_buffer_bytes = kWriteBufferBytes, .scratch = true});
  if (!store) {
    std::filesystem::remove_all(place, failed);
    return Failure(Error(store.error()).within("--work-dir"));
  }
  return ReplayStore(place, std::move(store).value());
}

ReplayStore::~ReplayStore() {
  if (store_ == nullptr) return;
  store_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(place_, ignored);
}

}  // namespace tally::cli
