#include "storage/rocks_store.h"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

#include "support/temp_directory.h"

using namespace tally;
using namespace tally::storage;

namespace {

WriteBatch one(std::string_view key, std::string_view value) {
  WriteBatch batch;
  batch.put(Column::state, as_bytes(key), as_bytes(value));
  return batch;
}

// Another process that holds RocksDB's lock on a directory until it is let go.
class ForeignHolder {
 public:
  explicit ForeignHolder(const std::filesystem::path& directory) {
    REQUIRE(::pipe(ready_) == 0);
    REQUIRE(::pipe(release_) == 0);
    child_ = ::fork();
    if (child_ == 0) hold(directory);
    char byte = 0;
    REQUIRE(::read(ready_[0], &byte, 1) == 1);
    REQUIRE(byte == 'y');
  }
  ~ForeignHolder() {
    for (const int end : {ready_[0], ready_[1], release_[0], release_[1]}) ::close(end);
    ::waitpid(child_, nullptr, 0);
  }
  ForeignHolder(const ForeignHolder&) = delete;
  ForeignHolder& operator=(const ForeignHolder&) = delete;

 private:
  [[noreturn]] void hold(const std::filesystem::path& directory) const {
    ::close(release_[1]);
    const int file = ::open((directory / "LOCK").c_str(), O_RDWR | O_CREAT, 0644);
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    char byte = ::fcntl(file, F_SETLK, &lock) == 0 ? 'y' : 'n';
    if (::write(ready_[1], &byte, 1) != 1) ::_exit(1);
    // Ends when the other end of the pipe is closed.
    while (::read(release_[0], &byte, 1) > 0) {
    }
    ::_exit(0);
  }
  int ready_[2]{};
  int release_[2]{};
  pid_t child_ = -1;
};

}  // namespace

TEST_CASE("A store that is opened again holds what it held") {
  const test::TempDirectory directory;
  const auto path = directory.path() / "made" / "on the way" / "db";
  {
    const auto store = open_rocks_store(path, {}).value();
    CHECK(store->write(one("key", "value"), Sync::no).has_value());
  }
  const auto store = open_rocks_store(path, {}).value();
  CHECK(store->get(Column::state, as_bytes("key")).value() == Bytes{'v', 'a', 'l', 'u', 'e'});
}

TEST_CASE("A second opener is refused, and told why") {
  const test::TempDirectory directory;
  const auto refused = [&] {
    const auto second = open_rocks_store(directory.path(), {});
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().code == ErrorCode::already_running);
    CHECK_THAT(second.error().text(), Catch::Contains("in use by a running node"));
    CHECK_THAT(second.error().text(), Catch::Contains(directory.path().string()));
  };
  SECTION("in this process") {
    const auto store = open_rocks_store(directory.path(), {}).value();
    refused();
  }
  SECTION("in another process") {
    {
      const ForeignHolder holder(directory.path());
      refused();
    }
    CHECK(open_rocks_store(directory.path(), {}).has_value());
  }
  SECTION("while a snapshot of a closed store lives") {
    auto store = open_rocks_store(directory.path(), {}).value();
    auto snapshot = store->snapshot();
    store.reset();
    refused();
    snapshot.reset();
    CHECK(open_rocks_store(directory.path(), {}).has_value());
  }
}

TEST_CASE("A data directory that cannot be one is refused, and told why") {
  const test::TempDirectory directory;
  std::ofstream(directory.path() / "file") << "not a directory";
  const auto as_file = open_rocks_store(directory.path() / "file", {});
  REQUIRE_FALSE(as_file.has_value());
  CHECK(as_file.error().code == ErrorCode::io_failed);
  CHECK_THAT(as_file.error().text(), Catch::Contains("file"));
  const auto below_file = open_rocks_store(directory.path() / "file" / "db", {});
  REQUIRE_FALSE(below_file.has_value());
  CHECK(below_file.error().code == ErrorCode::io_failed);
}

TEST_CASE("A damaged log is refused, never repaired") {
  const test::TempDirectory directory;
  {
    const auto store = open_rocks_store(directory.path(), {}).value();
    for (int i = 0; i < 20; ++i)
      CHECK(store->write(one(std::to_string(i), std::string(2000, 'x')), Sync::yes).has_value());
  }
  std::filesystem::path log;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path()))
    if (entry.path().extension() == ".log" && entry.file_size() > 0) log = entry.path();
  REQUIRE_FALSE(log.empty());
  std::fstream file(log, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(5000);
  file.put('!');
  file.close();
  const auto damaged = open_rocks_store(directory.path(), {});
  REQUIRE_FALSE(damaged.has_value());
  CHECK(damaged.error().code == ErrorCode::storage_failed);
  CHECK_THAT(damaged.error().text(), Catch::Contains("damaged"));
}

TEST_CASE("Bytes written to disk are counted") {
  const test::TempDirectory directory;
  RocksOptions options;
  options.write_buffer_bytes = 256 * 1024;
  const auto store = open_rocks_store(directory.path(), options).value();
  const auto before = store->bytes_written();
  std::uint64_t given = 0;
  for (int i = 0; i < 200; ++i) {
    const auto batch = one(std::to_string(i), std::string(4000, 'x'));
    given += batch.bytes();
    CHECK(store->write(batch, Sync::no).has_value());
  }
  CHECK(store->bytes_written() - before >= given);
}
