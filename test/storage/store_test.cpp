// The contract of storage/store.h, held against every implementation.
#include "storage/store.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>

#include "storage/key_range.h"
#include "storage/rocks_store.h"
#include "support/temp_directory.h"

using namespace tally;
using namespace tally::storage;

namespace {

struct InMemory {
  std::unique_ptr<Store> store = make_memory_store();
};
struct OnRocks {
  test::TempDirectory directory;
  std::unique_ptr<Store> store = open_rocks_store(directory.path() / "db", {}).value();
};

Bytes bytes(std::string_view text) {
  const auto view = as_bytes(text);
  return {view.begin(), view.end()};
}

void put(Store& store, Column column, std::string_view key, std::string_view value) {
  WriteBatch batch;
  batch.put(column, as_bytes(key), as_bytes(value));
  REQUIRE(store.write(batch, Sync::no).has_value());
}

void erase(Store& store, Column column, std::string_view key) {
  WriteBatch batch;
  batch.erase(column, as_bytes(key));
  REQUIRE(store.write(batch, Sync::no).has_value());
}

std::string get(const Reader& reader, Column column, std::string_view key) {
  const auto value = reader.get(column, as_bytes(key)).value();
  return value ? std::string(as_text(*value)) : "(none)";
}

using Scan = Status (Reader::*)(Column, ByteView, ByteView, const Visit&) const;

std::string keys(const Reader& reader, Scan scan, ByteView prefix, ByteView from, std::size_t most = 1000) {
  std::string out;
  std::size_t count = 0;
  const auto status = (reader.*scan)(Column::state, prefix, from, [&](ByteView key, ByteView) {
    out += (out.empty() ? "" : " ") + std::string(as_text(key));
    return ++count < most;
  });
  REQUIRE(status.has_value());
  return out;
}
std::string forward(const Reader& reader, std::string_view prefix, std::string_view from) {
  return keys(reader, &Reader::scan, as_bytes(prefix), as_bytes(from));
}
std::string backward(const Reader& reader, std::string_view prefix, std::string_view from) {
  return keys(reader, &Reader::scan_back, as_bytes(prefix), as_bytes(from));
}

}  // namespace

TEMPLATE_TEST_CASE("A batch writes and erases over columns", "", InMemory, OnRocks) {
  TestType fixture;
  Store& store = *fixture.store;
  WriteBatch first;
  CHECK(first.empty());
  first.put(Column::state, as_bytes("key"), as_bytes("state"));
  first.put(Column::index, as_bytes("key"), as_bytes("index"));
  first.put(Column::meta, bytes("empty"), Bytes{});
  CHECK(first.bytes() == 3 + 5 + 3 + 5 + 5);
  REQUIRE(store.write(first, Sync::yes).has_value());
  CHECK(get(store, Column::state, "key") == "state");
  CHECK(get(store, Column::index, "key") == "index");
  CHECK(get(store, Column::meta, "empty").empty());
  CHECK(get(store, Column::tree, "key") == "(none)");

  WriteBatch second;
  second.erase(Column::state, as_bytes("key"));
  second.erase(Column::tree, as_bytes("never there"));
  second.put(Column::index, as_bytes("key"), as_bytes("once"));
  second.put(Column::index, as_bytes("key"), as_bytes("twice"));
  REQUIRE(store.write(second, Sync::no).has_value());
  CHECK(get(store, Column::state, "key") == "(none)");
  CHECK(get(store, Column::index, "key") == "twice");

  second.clear();
  CHECK(second.empty());
  CHECK(second.bytes() == 0);
  CHECK(store.write(second, Sync::yes).has_value());
}

TEMPLATE_TEST_CASE("Within a batch the last word on a key counts", "", InMemory, OnRocks) {
  TestType fixture;
  WriteBatch batch;
  batch.put(Column::state, as_bytes("a"), as_bytes("1"));
  batch.erase(Column::state, as_bytes("a"));
  batch.erase(Column::state, as_bytes("b"));
  batch.put(Column::state, as_bytes("b"), as_bytes("2"));
  REQUIRE(fixture.store->write(batch, Sync::no).has_value());
  CHECK(get(*fixture.store, Column::state, "a") == "(none)");
  CHECK(get(*fixture.store, Column::state, "b") == "2");
}

TEMPLATE_TEST_CASE("Scans follow byte order within a prefix", "", InMemory, OnRocks) {
  TestType fixture;
  Store& store = *fixture.store;
  for (const auto* key : {"b/2", "a/1", "b", "b/10", "c/1", "b/1", "a/2", "b0"}) put(store, Column::state, key, "x");
  put(store, Column::tree, "b/1", "in another column");

  CHECK(forward(store, "", "") == "a/1 a/2 b b/1 b/10 b/2 b0 c/1");
  CHECK(forward(store, "b/", "") == "b/1 b/10 b/2");
  CHECK(forward(store, "b/", "b/10") == "b/10 b/2");
  CHECK(forward(store, "b/", "b/11") == "b/2");
  CHECK(forward(store, "b/", "a") == "b/1 b/10 b/2");
  CHECK(forward(store, "b/", "b0").empty());
  CHECK(forward(store, "d", "").empty());

  CHECK(backward(store, "", "") == "c/1 b0 b/2 b/10 b/1 b a/2 a/1");
  CHECK(backward(store, "b/", "") == "b/2 b/10 b/1");
  CHECK(backward(store, "b/", "b/10") == "b/10 b/1");
  CHECK(backward(store, "b/", "b/11") == "b/10 b/1");
  CHECK(backward(store, "b/", "z") == "b/2 b/10 b/1");
  CHECK(backward(store, "b/", "b0") == "b/2 b/10 b/1");
  CHECK(backward(store, "b/", "a").empty());
  CHECK(backward(store, "d", "").empty());

  CHECK(keys(store, &Reader::scan, {}, {}, 2) == "a/1 a/2");
  CHECK(keys(store, &Reader::scan_back, {}, {}, 2) == "c/1 b0");
}

TEMPLATE_TEST_CASE("Prefixes of 0xff have an end too", "", InMemory, OnRocks) {
  TestType fixture;
  Store& store = *fixture.store;
  for (const auto* key : {"\xff", "\xff\xff", "\xff\xff\x01", "\xfe\xff", "\xfe\xff\xff", "a"})
    put(store, Column::state, key, "x");
  CHECK(forward(store, "\xff\xff", "") == "\xff\xff \xff\xff\x01");
  CHECK(backward(store, "\xff\xff", "") == "\xff\xff\x01 \xff\xff");
  CHECK(forward(store, "\xfe\xff", "") == "\xfe\xff \xfe\xff\xff");
  CHECK(backward(store, "\xfe\xff", "") == "\xfe\xff\xff \xfe\xff");
  CHECK(backward(store, "\xff", "\xff\xff") == "\xff\xff \xff");
}

TEMPLATE_TEST_CASE("A snapshot stays at its moment", "", InMemory, OnRocks) {
  TestType fixture;
  Store& store = *fixture.store;
  put(store, Column::state, "kept", "1");
  put(store, Column::state, "changed", "1");
  put(store, Column::state, "erased", "1");
  const auto first = store.snapshot();
  put(store, Column::state, "changed", "2");
  put(store, Column::state, "added", "2");
  erase(store, Column::state, "erased");
  const auto second = store.snapshot();
  put(store, Column::state, "changed", "3");
  put(store, Column::state, "erased", "3");

  CHECK(get(*first, Column::state, "changed") == "1");
  CHECK(get(*first, Column::state, "added") == "(none)");
  CHECK(get(*first, Column::state, "erased") == "1");
  CHECK(forward(*first, "", "") == "changed erased kept");
  CHECK(backward(*first, "", "") == "kept erased changed");
  CHECK(get(*second, Column::state, "changed") == "2");
  CHECK(forward(*second, "", "") == "added changed kept");
  CHECK(get(store, Column::state, "changed") == "3");
  CHECK(forward(store, "", "") == "added changed erased kept");
}

TEMPLATE_TEST_CASE("A snapshot may outlive its store", "", InMemory, OnRocks) {
  TestType fixture;
  put(*fixture.store, Column::state, "key", "value");
  const auto snapshot = fixture.store->snapshot();
  fixture.store.reset();
  CHECK(get(*snapshot, Column::state, "key") == "value");
  CHECK(forward(*snapshot, "", "") == "key");
}

TEMPLATE_TEST_CASE("A visitor may write, and the scan still sees its own moment", "", InMemory, OnRocks) {
  TestType fixture;
  Store& store = *fixture.store;
  for (const auto* key : {"a", "b", "c"}) put(store, Column::state, key, "x");
  std::string seen;
  const auto status = store.scan(Column::state, {}, {}, [&](ByteView key, ByteView) {
    seen += as_text(key);
    erase(store, Column::state, as_text(key));
    put(store, Column::state, std::string(as_text(key)) + "+", "x");
    return true;
  });
  REQUIRE(status.has_value());
  CHECK(seen == "abc");
  CHECK(forward(store, "", "") == "a+ b+ c+");
}

// Both stores, side by side, against a plain map of what each live moment should hold.
TEST_CASE("Random histories agree with a model, in both stores") {
  const auto seed = GENERATE(range(1U, 9U));
  INFO("seed " << seed);
  std::mt19937 random(seed);
  InMemory memory;
  OnRocks rocks;
  using Model = std::map<std::string, std::string>;
  struct Moment {
    Model model;
    std::shared_ptr<const Reader> memory;
    std::shared_ptr<const Reader> rocks;
  };
  Model model;
  std::vector<Moment> moments;
  for (unsigned step = 0; step < 300; ++step) {
    WriteBatch batch;
    for (unsigned i = random() % 4; i-- > 0;) {
      const std::string key = std::to_string(random() % 40);
      if (random() % 3 == 0) {
        batch.erase(Column::state, as_bytes(key));
        model.erase(key);
      } else {
        const std::string value = std::to_string(step);
        batch.put(Column::state, as_bytes(key), as_bytes(value));
        model[key] = value;
      }
    }
    REQUIRE(memory.store->write(batch, Sync::no).has_value());
    REQUIRE(rocks.store->write(batch, Sync::no).has_value());
    if (random() % 10 == 0) moments.push_back({model, memory.store->snapshot(), rocks.store->snapshot()});
    if (moments.size() > 4) moments.erase(moments.begin() + static_cast<std::ptrdiff_t>(random() % moments.size()));
  }
  moments.push_back({model, memory.store->snapshot(), rocks.store->snapshot()});
  for (const auto& moment : moments) {
    const std::string from = std::to_string(random() % 40);
    std::string expected;
    for (auto pair = moment.model.lower_bound(from); pair != moment.model.end(); ++pair)
      expected += (expected.empty() ? "" : " ") + pair->first;
    CHECK(forward(*moment.memory, "", from) == expected);
    CHECK(forward(*moment.rocks, "", from) == expected);
    CHECK(backward(*moment.memory, "", from) == backward(*moment.rocks, "", from));
    for (const auto& [key, value] : moment.model) {
      CHECK(get(*moment.memory, Column::state, key) == value);
      CHECK(get(*moment.rocks, Column::state, key) == value);
    }
  }
}

TEST_CASE("Names of columns are fixed and distinct") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kColumns; ++i) names.insert(name_of(static_cast<Column>(i)));
  CHECK(names.size() == kColumns);
  CHECK(name_of(Column::meta) == "meta");
  CHECK(name_of(Column::index) == "index");
}

TEST_CASE("A value taken of a failed read throws a StorageFailure") {
  CHECK(value_or_throw(Result<int>(3)) == 3);
  CHECK_NOTHROW(value_or_throw(Status{}));
  const Error error = make_error(ErrorCode::storage_failed, "", "a read failed");
  CHECK_THROWS_AS(value_or_throw(Result<int>(error)), StorageFailure);
  CHECK_THROWS_AS(value_or_throw(Status(error)), StorageFailure);
  try {
    value_or_throw(Status(error));
  } catch (const StorageFailure& failure) {
    CHECK(failure.error.code == ErrorCode::storage_failed);
    CHECK(std::string(failure.what()) == "a read failed");
  }
}
