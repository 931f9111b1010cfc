// A scratch store puts large batches past its memtable, and answers as the store in memory does.
#include <catch2/catch.hpp>
#include <random>

#include "storage/rocks_store.h"
#include "support/temp_directory.h"

namespace tally::storage {

namespace {

constexpr unsigned kSeed = 515;

using Pairs = std::vector<std::pair<Bytes, Bytes>>;

Pairs all_of(const Reader& reader, Column column) {
  Pairs out;
  const Status scanned = reader.scan(column, {}, {}, [&](ByteView key, ByteView value) {
    out.emplace_back(Bytes(key.begin(), key.end()), Bytes(value.begin(), value.end()));
    return true;
  });
  REQUIRE(scanned.has_value());
  return out;
}

}  // namespace

TEST_CASE("A scratch store answers as the store in memory after small and large batches") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  const test::TempDirectory directory;
  const auto scratch = open_rocks_store(directory.path() / "db", {.scratch = true}).value();
  const auto memory = make_memory_store();
  for (int round = 0; round < 24; ++round) {
    WriteBatch batch;
    // One in three has more than a MiB.
    for (std::size_t i = round % 3 == 0 ? 700 : 20; i-- > 0;) {
      const Column column = random() % 2 == 0 ? Column::state : Column::history;
      const Bytes key{static_cast<Byte>(random() % 3), static_cast<Byte>(random())};
      if (random() % 4 == 0)
        batch.erase(column, key);
      else
        batch.put(column, key, Bytes(random() % 4096, static_cast<Byte>(round)));
    }
    REQUIRE(scratch->write(batch, Sync::no).has_value());
    REQUIRE(memory->write(batch, Sync::no).has_value());
    for (const Column column : {Column::state, Column::history}) {
      const auto expected = all_of(*memory, column);
      REQUIRE(all_of(*scratch, column) == expected);
      for (const auto& [key, value] : expected) REQUIRE(scratch->get(column, key).value() == value);
    }
  }
}

}  // namespace tally::storage
