// What each kind of damage to the files of a store comes to: how opening answers, and what can still be read.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <map>

#include "storage/rocks_store.h"
#include "support/temp_directory.h"

namespace {

using namespace tally;
using namespace tally::storage;
namespace fs = std::filesystem;

constexpr int kRows = 2000;
constexpr Column kFilled[] = {Column::votes, Column::blocks, Column::state};

// Rows in every filled column, most of them in table files and the last in the log.
void fill(const fs::path& directory, bool with_tables) {
  const auto store = open_rocks_store(directory, {}).value();
  for (int i = 0; i < kRows; ++i) {
    WriteBatch batch;
    const std::string key = "key" + std::to_string(100'000 + i);
    const std::string value(100, static_cast<char>('a' + i % 26));
    for (const auto column : kFilled) batch.put(column, as_bytes(key), as_bytes(value));
    REQUIRE(store->write(batch, i % 100 == 0 ? Sync::yes : Sync::no).has_value());
    if (with_tables && i == kRows * 3 / 4)
      for (const auto column : kFilled) REQUIRE(store->compact(column, {}, {}).has_value());
  }
}

std::vector<fs::path> files_like(const fs::path& directory, const std::string& part) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(directory))
    if (entry.path().filename().string().find(part) != std::string::npos && entry.file_size() > 0)
      out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  REQUIRE_FALSE(out.empty());
  return out;
}

void flip(const fs::path& file, double at) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  const auto place = static_cast<std::streamoff>(static_cast<double>(fs::file_size(file)) * at);
  stream.seekg(place);
  const int byte = stream.get();
  stream.seekp(place);
  stream.put(static_cast<char>(byte ^ 0x55));
}
void halve(const fs::path& file) {
  fs::resize_file(file, fs::file_size(file) / 2);
}

std::size_t rows(const Reader& reader, Column column, bool& readable) {
  std::size_t count = 0;
  readable = reader.scan(column, {}, {}, [&](ByteView, ByteView) { return ++count > 0; }).has_value();
  return count;
}

struct Row {
  const char* name;
  bool tables;
  void (*damage)(const fs::path&);
  const char* part;  // as the error names it; null: opening notices nothing
  bool readable;     // anything can still be read
};

const Row kRowsOfDamage[] = {
    {"the list's name is overwritten", true, [](const fs::path& d) { std::ofstream(d / "CURRENT") << "garbage\n"; },
     "the list of its files", false},
    {"the list's name is gone", true, [](const fs::path& d) { fs::remove(d / "CURRENT"); }, "the list of its files",
     false},
    {"the list is flipped", true, [](const fs::path& d) { flip(files_like(d, "MANIFEST").back(), 0.5); },
     "the list of its files", false},
    {"the list is gone", true, [](const fs::path& d) { fs::remove(files_like(d, "MANIFEST").back()); },
     "the list of its files", false},
    {"a table is flipped", true, [](const fs::path& d) { flip(files_like(d, ".sst").front(), 0.4); }, nullptr, true},
    {"a table is gone", true, [](const fs::path& d) { fs::remove(files_like(d, ".sst").front()); }, "a table file",
     true},
    {"a table is cut off", true, [](const fs::path& d) { halve(files_like(d, ".sst").front()); }, "a table file", true},
    {"the log is flipped", false, [](const fs::path& d) { flip(files_like(d, ".log").back(), 0.5); },
     "the write-ahead log", true},
};

}  // namespace

TEST_CASE("Each kind of damage to the files is named, and what is left can be read without changing anything") {
  for (const Row& row : kRowsOfDamage) {
    CAPTURE(row.name);
    const test::TempDirectory directory;
    const auto path = directory.path() / "db";
    fill(path, row.tables);
    row.damage(path);
    const auto files = [&] {
      std::map<std::string, std::uintmax_t> sizes;
      for (const auto& entry : fs::directory_iterator(path)) sizes[entry.path().filename()] = entry.file_size();
      return sizes;
    };
    const auto before = files();
    {
      const auto salvaged = salvage_rocks_store(path);
      REQUIRE(salvaged.has_value());
      CHECK((salvaged->reader != nullptr) == row.readable);
      CHECK(salvaged->damage.has_value() == (row.part != nullptr));
      if (row.part != nullptr && salvaged->damage) {
        CHECK(salvaged->damage->code == ErrorCode::storage_failed);
        CHECK_THAT(salvaged->damage->text(), Catch::Contains(row.part) && Catch::Contains("tally repair"));
      }
      if (salvaged->reader) {
        std::size_t unreadable = 0;
        for (const auto column : kFilled) {
          bool readable = true;
          const std::size_t count = rows(*salvaged->reader, column, readable);
          CHECK(count <= kRows);
          // The log's damage costs what it held; a table's costs one column.
          if (readable && row.tables) CHECK(count == kRows);
          unreadable += readable ? 0 : 1;
        }
        CHECK(unreadable == (row.tables ? 1 : 0));
        CHECK(files() == before);
        // Nobody opens it meanwhile.
        const auto second = open_rocks_store(path, {});
        REQUIRE_FALSE(second.has_value());
        CHECK(second.error().code == ErrorCode::already_running);
      }
    }
    const auto opened = open_rocks_store(path, {});
    CHECK(opened.has_value() == (row.part == nullptr));
    if (!opened && row.part != nullptr) CHECK_THAT(opened.error().text(), Catch::Contains(row.part));
  }
}

TEST_CASE("A read that fails its checksum names the column and closes the store for writing") {
  const test::TempDirectory directory;
  fill(directory.path(), true);
  flip(files_like(directory.path(), ".sst").front(), 0.4);
  const auto store = open_rocks_store(directory.path(), {}).value();
  CHECK(store->write({}, Sync::no).has_value());
  std::optional<Error> failed;
  for (const auto column : kFilled)
    if (const Status read = store->scan(column, {}, {}, [](ByteView, ByteView) { return true; }); !read)
      failed = read.error();
  REQUIRE(failed.has_value());
  CHECK_THAT(failed->text(), Catch::Contains("a read of column ") && Catch::Contains("tally repair"));
  WriteBatch batch;
  batch.put(Column::meta, as_bytes("a"), as_bytes("b"));
  for (const auto& write : {store->write(batch, Sync::yes), store->write({}, Sync::no)}) {
    REQUIRE_FALSE(write.has_value());
    CHECK_THAT(write.error().text(), Catch::Contains("closed for writing") && Catch::Contains("tally scrub"));
  }
}

TEST_CASE("A store that is whole is read whole, one that is open or absent is not") {
  const test::TempDirectory directory;
  const auto path = directory.path() / "db";
  CHECK(salvage_rocks_store(path).error().code == ErrorCode::not_found);
  fill(path, true);
  {
    const auto salvaged = salvage_rocks_store(path);
    REQUIRE(salvaged.has_value());
    CHECK_FALSE(salvaged->damage.has_value());
    bool readable = false;
    CHECK(rows(*salvaged->reader, Column::votes, readable) == kRows);
    CHECK(readable);
    CHECK(salvaged->reader->get(Column::votes, as_bytes("key100007")).value().has_value());
  }
  const auto open = open_rocks_store(path, {}).value();
  CHECK(salvage_rocks_store(path).error().code == ErrorCode::already_running);
}
