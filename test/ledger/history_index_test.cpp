// The index of history records by term: what a block writes, pages, several terms at once, and making it anew.
#include "ledger/history_index.h"

#include <catch2/catch.hpp>
#include <map>

#include "chain_fixture.h"

namespace tally::ledger {

using namespace tally::test;

namespace {

using Places = std::vector<std::pair<std::uint64_t, std::uint64_t>>;  // height, index in the list

Bytes counter_term(std::uint32_t counter) {
  Bytes out{'c'};
  append(out, toy_counter_key(counter));
  return out;
}
const Bytes kAll{'a'};

// Three blocks: counter 1 twice and 2 once; nothing; 2 twice.
struct Counted {
  ToyChain chain{toy_genesis()};
  TransactionMaker maker{chain->id()};

  Counted() {
    block({toy_add(11, 5), toy_add(12, 7), toy_add(11, 6)});
    chain.apply_null();
    block({toy_add(12, 8), toy_fail(), toy_add(12, 9)});
  }
  void block(std::vector<Bytes> operations) {
    const auto time = chain->head().header.time.plus(1000);
    chain.apply(batch_of({maker.make(std::move(operations), Mode::independent)},
                         time.value < kStartTime.value ? kStartTime : time));
  }
  Places find(HistoryAsked asked) {
    Places out;
    for (;;) {
      const auto page = find_history(chain.store(), asked).value();
      CHECK(page.rows.size() <= asked.rows);
      for (const auto& row : page.rows) {
        CHECK(decode<ToyEntry>(row.record).value().height == row.at.height);
        out.emplace_back(row.at.height.value, row.place.index);
      }
      if (!page.next) return out;
      asked.before = page.next;
    }
  }
  // Above the genesis, which counts too.
  HistoryAsked of(std::vector<Bytes> terms, std::size_t rows) {
    return {std::move(terms), BlockHeight{1}, BlockHeight{~0ULL}, {}, rows};
  }
};

std::map<Bytes, Bytes> index_of(const storage::Reader& store) {
  std::map<Bytes, Bytes> out;
  for (const Byte kind : {Byte{'n'}, Byte{'p'}})
    CHECK(store.scan(storage::Column::index, {&kind, 1}, {}, [&](ByteView key, ByteView value) {
      out[Bytes(key.begin(), key.end())] = Bytes(value.begin(), value.end());
      return true;
    }));
  return out;
}

}  // namespace

TEST_CASE("Records are found by term newest first whatever the size of a page") {
  Counted counted;
  const Places ones{{1, 1}, {1, 0}};
  const Places twos{{3, 2}, {3, 1}, {1, 0}};
  for (std::size_t rows = 1; rows <= 4; ++rows) {
    CHECK(counted.find(counted.of({counter_term(11)}, rows)) == ones);
    CHECK(counted.find(counted.of({counter_term(12)}, rows)) == twos);
    // Within a block by the order of the lists' keys.
    CHECK(counted.find(counted.of({kAll}, rows)) == Places{{3, 2}, {3, 1}, {1, 0}, {1, 1}, {1, 0}});
    CHECK(counted.find(counted.of({kAll, counter_term(12)}, rows)) == twos);
    CHECK(counted.find(counted.of({counter_term(11), counter_term(12)}, rows)).empty());
    CHECK(counted.find(counted.of({counter_term(13)}, rows)).empty());
  }
}

TEST_CASE("Heights bound what is found") {
  Counted counted;
  auto asked = counted.of({kAll}, 10);
  asked.until = BlockHeight{2};
  CHECK(counted.find(asked) == Places{{1, 0}, {1, 1}, {1, 0}});
  asked = counted.of({kAll}, 10);
  asked.from = BlockHeight{2};
  CHECK(counted.find(asked) == Places{{3, 2}, {3, 1}});
}

TEST_CASE("An index made anew is the one that the blocks wrote") {
  Counted counted;
  const auto written = index_of(counted.chain.store());
  REQUIRE(written.size() >= 2 + 5);
  storage::WriteBatch damage;
  damage.erase(storage::Column::index, written.begin()->first);
  damage.put(storage::Column::index, Bytes{'p', 0, 1, 'x', 0, 0, 0, 0, 0, 0, 0, 9}, Bytes{1});
  REQUIRE(counted.chain.store().write(damage, storage::Sync::no));
  CHECK(index_of(counted.chain.store()) != written);
  const WorkingState state(counted.chain.store(), limits::kMiB);
  REQUIRE(rebuild_history_index(counted.chain.store(), counted.chain.executor(), state));
  CHECK(index_of(counted.chain.store()) == written);
}

TEST_CASE("A list that names what is not there is damage and says so") {
  Counted counted;
  storage::WriteBatch damage;
  damage.erase(storage::Column::history, history_key(toy_counter_key(12), 1));
  REQUIRE(counted.chain.store().write(damage, storage::Sync::no));
  const auto found = find_history(counted.chain.store(), counted.of({counter_term(12)}, 10));
  REQUIRE_FALSE(found);
  CHECK(found.error().code == ErrorCode::storage_failed);
  CHECK(found.error().text().find("tally repair") != std::string::npos);
}

TEST_CASE("The last block until a time") {
  Counted counted;
  const auto time_of = [&](std::uint64_t height) { return counted.chain->header(BlockHeight{height}).value()->time; };
  const auto last = [&](TimestampMs time) {
    return last_block_until(counted.chain.store(), BlockHeight{0}, BlockHeight{3}, time).value();
  };
  CHECK_FALSE(last(TimestampMs{time_of(0).value - 1}));
  for (std::uint64_t height = 0; height <= 3; ++height) {
    CHECK(last(time_of(height)) == BlockHeight{height});
    CHECK(last(TimestampMs{time_of(height).value + (height == 3 ? 1'000'000 : 0)}) == BlockHeight{height});
  }
  CHECK(last(TimestampMs{time_of(1).value - 1}) == BlockHeight{0});
}

}  // namespace tally::ledger
