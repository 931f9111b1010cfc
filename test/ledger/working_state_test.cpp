#include "ledger/working_state.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "common/limits.h"
#include "printers.h"

namespace tally::ledger {

namespace {

using Model = std::map<Bytes, Bytes>;

Bytes text(std::string_view from) {
  const ByteView view = as_bytes(from);
  return {view.begin(), view.end()};
}

Model scanned(const WorkingState& state, std::string_view prefix) {
  Model out;
  Bytes last;
  state.scan(as_bytes(prefix), [&](ByteView key, ByteView value) {
    Bytes bytes(key.begin(), key.end());
    REQUIRE((last.empty() || last < bytes));
    last = bytes;
    out.emplace(std::move(bytes), Bytes(value.begin(), value.end()));
    return true;
  });
  return out;
}

void persist(WorkingState& state, storage::Store& store) {
  storage::WriteBatch batch;
  (void)state.collect(batch);
  REQUIRE(store.write(batch, storage::Sync::no));
  state.persisted();
}

constexpr unsigned kSeed = 77;

}  // namespace

TEST_CASE("Random operations with nested savepoints agree with a stack of maps") {
  const WriteBack write_back = GENERATE(WriteBack::every_block, WriteBack::when_full);
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  for (const std::size_t cache_bytes : {std::size_t{0}, std::size_t{3000}, std::size_t{1} << 20}) {
    const auto store = storage::make_memory_store();
    WorkingState state(*store, cache_bytes, write_back);
    std::vector<Model> models(1);  // the last is current; those below are the savepoints
    Model stored;
    for (int step = 0; step < 6000; ++step) {
      const Bytes key = text((random() % 2 == 0 ? "a/" : "b/") + std::to_string(random() % 40));
      switch (random() % 12) {
        case 0:
        case 1:
        case 2:
        case 3: {
          const Bytes value = text(std::to_string(random() % 5));
          models.back()[key] = value;
          state.put(key, value);
          break;
        }
        case 4:
        case 5:
          models.back().erase(key);
          state.erase(key);
          break;
        case 6:
          if (models.size() < 4) {
            models.push_back(models.back());
            state.begin();
          }
          break;
        case 7:
          if (models.size() > 1) {
            models[models.size() - 2] = models.back();
            models.pop_back();
            state.commit();
          }
          break;
        case 8:
          if (models.size() > 1) {
            models.pop_back();
            state.rollback();
          }
          break;
        case 9: {
          Model expected;
          for (const auto& [name, value] : models.back())
            if (name[0] == 'b') expected.emplace(name, value);
          REQUIRE(scanned(state, "b/") == expected);
          break;
        }
        case 10:
          if (models.size() == 1 && random() % 8 == 0) {
            persist(state, *store);
            stored = models.back();
            if (write_back == WriteBack::every_block) CHECK(state.cached_bytes() <= cache_bytes);
          } else if (models.size() == 1 && random() % 8 == 0 && write_back == WriteBack::every_block) {
            state.discard();
            models.back() = stored;
          }
          break;
        default: {
          const auto found = models.back().find(key);
          REQUIRE(state.get(key) == (found == models.back().end() ? std::nullopt : std::optional(found->second)));
        }
      }
    }
  }
}

TEST_CASE("A block's changes are coalesced, sorted, and leave out what changes nothing") {
  const auto store = storage::make_memory_store();
  WorkingState state(*store, 1 << 20);
  state.put(text("kept"), text("1"));
  state.put(text("changed"), text("1"));
  state.put(text("erased"), text("1"));
  persist(state, *store);

  state.put(text("changed"), text("2"));
  state.put(text("changed"), text("3"));
  state.put(text("kept"), text("2"));
  state.put(text("kept"), text("1"));
  state.erase(text("erased"));
  state.put(text("added"), text("4"));
  CHECK_FALSE(state.get(text("brief")));
  state.put(text("brief"), text("5"));
  state.erase(text("brief"));
  storage::WriteBatch batch;
  const auto tree = state.collect(batch);
  std::string seen;
  for (const auto& entry : batch.entries())
    seen += std::string(as_text(entry.key)) + "=" + (entry.value ? std::string(as_text(*entry.value)) : "-") + " ";
  CHECK(seen == "added=4 changed=3 erased=- ");
  CHECK(tree.size() == 3);
  CHECK(std::is_sorted(tree.begin(), tree.end(),
                       [](const auto& left, const auto& right) { return left.key_hash < right.key_hash; }));
}

TEST_CASE("History is read back at once, undone with its savepoint, and kept by list and index") {
  const auto store = storage::make_memory_store();
  WorkingState state(*store, 1 << 20);
  const Bytes list = text("account");
  state.append_history(list, 0, text("first"));
  persist(state, *store);
  state.begin();
  state.append_history(list, 1, text("second"));
  CHECK(state.history(list, 1) == text("second"));
  CHECK(state.rollback());
  CHECK_FALSE(state.history(list, 1));
  CHECK(state.history(list, 0) == text("first"));
  state.append_history(list, 1, text("another"));
  state.append_history(text("accoun"), 1, text("of another list"));
  persist(state, *store);
  CHECK(state.history(list, 1) == text("another"));
  std::vector<Bytes> records;
  const Bytes prefix = history_prefix(list);
  REQUIRE(store->scan(storage::Column::history, prefix, prefix, [&](ByteView, ByteView value) {
    records.emplace_back(value.begin(), value.end());
    return true;
  }));
  CHECK(records == std::vector<Bytes>{text("first"), text("another")});
}

TEST_CASE("Written back late, the store takes only what leaves the cache") {
  const auto store = storage::make_memory_store();
  WorkingState state(*store, 8000, WriteBack::when_full);
  const auto stored = [&] {
    std::size_t count = 0;
    REQUIRE(store->scan(storage::Column::state, {}, {}, [&](ByteView, ByteView) { return ++count, true; }));
    return count;
  };
  state.put(text("due/1"), text("a"));
  persist(state, *store);
  CHECK(stored() == 0);
  for (int block = 0; block < 20; ++block) {
    for (int i = 0; i < 10; ++i) state.put(text("due/" + std::to_string(block * 10 + i)), text("b"));
    persist(state, *store);
    // Its own changes stay until the next block.
    CHECK(state.cached_bytes() < 16000);
  }
  CHECK(stored() > 100);
  CHECK(stored() < 200);
  CHECK(scanned(state, "due/").size() == 200);
  for (int i = 0; i < 200; i += 2) state.erase(text("due/" + std::to_string(i)));
  persist(state, *store);
  CHECK(scanned(state, "due/").size() == 100);
  CHECK_FALSE(state.get(text("due/0")));
  CHECK(state.get(text("due/1")) == text("b"));
}

TEST_CASE("Written back late, histories are read from memory and from the store alike") {
  const auto store = storage::make_memory_store();
  WorkingState state(*store, 1 << 20, WriteBack::when_full);
  constexpr std::uint64_t kRecords = 60;
  for (std::uint64_t i = 0; i < kRecords; ++i) {
    state.append_history(text("account"), i, Bytes(limits::kMiB / 2, static_cast<Byte>(i)));
    if (i % 7 == 6) persist(state, *store);
  }
  std::size_t stored = 0;
  REQUIRE(store->scan(storage::Column::history, {}, {}, [&](ByteView, ByteView) { return ++stored, true; }));
  CHECK(stored > 0);
  CHECK(stored < kRecords);
  for (std::uint64_t i = 0; i < kRecords; ++i) CHECK(state.history(text("account"), i).value().back() == i);
}

TEST_CASE("A filter never denies what was added, and mostly denies the rest") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  constexpr std::size_t kKeys = 20000;
  KeyFilter filter(kKeys * 10 / 8);
  std::vector<std::uint64_t> keys(kKeys);
  for (auto& key : keys) filter.add(key = random());
  CHECK(std::all_of(keys.begin(), keys.end(), [&](std::uint64_t key) { return filter.may_have(key); }));
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < kKeys; ++i) wrong += filter.may_have(random()) ? 1 : 0;
  CHECK(wrong < kKeys / 20);
}

TEST_CASE("A rollback tells whether there was anything to undo") {
  const auto store = storage::make_memory_store();
  WorkingState state(*store, 1 << 20);
  state.begin();
  CHECK_FALSE(state.get(text("key")));
  CHECK_FALSE(state.rollback());
  state.begin();
  state.put(text("key"), text("1"));
  CHECK(state.rollback());
  CHECK_FALSE(state.get(text("key")));
}

}  // namespace tally::ledger
