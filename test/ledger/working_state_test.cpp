#include "ledger/working_state.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>

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
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  for (const std::size_t cache_bytes : {std::size_t{0}, std::size_t{3000}, std::size_t{1} << 20}) {
    const auto store = storage::make_memory_store();
    WorkingState state(*store, cache_bytes);
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
            CHECK(state.cached_bytes() <= cache_bytes);
          } else if (models.size() == 1 && random() % 8 == 0) {
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
