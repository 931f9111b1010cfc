// What survives a power cut: random histories over a file system that loses what was not synced. Also proofs
// that these checks can fail: a disk that lies about syncs, and writes that are not one batch.
#include <catch2/catch.hpp>
#include <random>

#include "storage/rocks_store.h"
#include "support/fault_file_system.h"
#include "support/temp_directory.h"

using namespace tally;
using namespace tally::storage;

namespace {

constexpr std::size_t kBatches = 60;

// How a history treats its store; the defaults are what the product does.
struct Conduct {
  bool lose_syncs = false;
  bool one_write_per_column = false;  // what a batch exists to avoid
};

// What is found after the cut.
struct Findings {
  bool opens = true;
  std::string problem;      // why it does not
  std::size_t lost = 0;     // batches that a sync had promised
  std::size_t torn = 0;     // batches that are there in part, or with other values
  std::size_t kept = 0;     // batches that are there, in the end
  bool cut_within = false;  // the power went while the history was being written
};

// One store on a fault file system. The histories are small, so buffers are too: flushes happen amid them.
struct Machine {
  test::TempDirectory directory{test::Medium::memory};
  std::shared_ptr<test::FaultFileSystem> files =
      std::make_shared<test::FaultFileSystem>(directory.path() / "graveyard");
  std::unique_ptr<rocksdb::Env> env = test::make_fault_env(files);

  Result<std::unique_ptr<Store>> open() {
    RocksOptions options;
    options.write_buffer_bytes = 64 * 1024;
    options.block_cache_bytes = 1024 * 1024;
    options.env = env.get();
    return open_rocks_store(directory.path() / "db", options);
  }
};

struct Planned {
  WriteBatch batch;
  Sync sync = Sync::no;
};

Planned plan(std::size_t index, std::mt19937_64& random) {
  Planned out;
  out.sync = random() % 3 == 0 ? Sync::yes : Sync::no;
  const std::string key = "batch " + std::to_string(index);
  for (std::size_t column = 0; column < kColumns; ++column) {
    if (column >= 2 && random() % 2 == 0) continue;  // two columns at least
    Bytes value(random() % 3000);
    for (auto& byte : value) byte = static_cast<Byte>(random());
    const auto view = as_bytes(key);
    out.batch.put(static_cast<Column>(column), Bytes(view.begin(), view.end()), std::move(value));
  }
  return out;
}

bool write(Store& store, const Planned& planned, const Conduct& conduct) {
  if (!conduct.one_write_per_column) return store.write(planned.batch, planned.sync).has_value();
  for (const auto& entry : planned.batch.entries()) {
    WriteBatch single;
    single.put(entry.column, entry.key, *entry.value);
    if (!store.write(single, planned.sync)) return false;
  }
  return true;
}

// Returns the batches that are there whole.
std::vector<Planned> examine(const Store& store, const std::vector<Planned>& history, std::size_t promised,
                             Findings& findings) {
  std::vector<Planned> kept;
  for (std::size_t i = 0; i < history.size(); ++i) {
    const auto& entries = history[i].batch.entries();
    std::size_t present = 0;
    bool altered = false;
    for (const auto& entry : entries) {
      const auto value = store.get(entry.column, entry.key).value();
      present += value ? 1 : 0;
      altered = altered || (value && *value != *entry.value);
    }
    if (altered || (present != 0 && present != entries.size())) ++findings.torn;
    if (i < promised && present != entries.size()) ++findings.lost;
    if (present == entries.size()) kept.push_back(history[i]);
  }
  return kept;
}

// What one machine has been told to keep, over its lives.
struct History {
  std::vector<Planned> batches;
  std::size_t promised = 0;  // the first so many must be there: synced, before a synced one, or seen after a restart
  std::size_t planned = 0;
};

// Opens the store and writes until the power goes, or to the end.
void live(Machine& machine, const Conduct& conduct, std::mt19937_64& random, History& history) {
  // By default the cut may come within the opening. The other conducts leave the opening alone: what they are
  // to show is lost or torn batches, not a database that was never there.
  if (!conduct.lose_syncs && !conduct.one_write_per_column) machine.files->cut_power_at(1 + random() % 250);
  const auto store = machine.open().value();
  machine.files->set_lose_syncs(conduct.lose_syncs);
  if (conduct.one_write_per_column) machine.files->cut_power_at(1 + random() % 80);
  for (std::size_t i = 0; i < kBatches && machine.files->powered(); ++i) {
    history.batches.push_back(plan(history.planned++, random));
    REQUIRE(write(*store, history.batches.back(), conduct));
    if (history.batches.back().sync == Sync::yes && machine.files->powered()) history.promised = history.batches.size();
  }
}

// Two lives, so that the second starts from a directory that has been through a cut.
Findings live_and_die(std::uint64_t seed, const Conduct& conduct) {
  std::mt19937_64 random(seed);
  Machine machine;
  History history;
  Findings findings;
  for (int life = 1; life <= 2 && findings.opens; ++life) {
    live(machine, conduct, random, history);
    findings.cut_within = findings.cut_within || !machine.files->powered();
    machine.files->power_cut(random());
    machine.files->set_lose_syncs(false);
    const auto after = machine.open();
    findings.opens = after.has_value();
    if (after) {
      history.batches = examine(**after, history.batches, history.promised, findings);
      history.promised = history.batches.size();
    } else {
      findings.problem = "life " + std::to_string(life) + ": " + after.error().text();
    }
  }
  findings.kept = history.batches.size();
  return findings;
}

}  // namespace

TEST_CASE("After a power cut every promised batch is there, and every batch whole or absent") {
  std::size_t cut_within = 0;
  std::size_t kept = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    const Findings findings = live_and_die(seed, {});
    INFO(findings.problem);
    CHECK(findings.opens);
    CHECK(findings.lost == 0);
    CHECK(findings.torn == 0);
    cut_within += findings.cut_within ? 1 : 0;
    kept += findings.kept;
  }
  // The histories are worth something only if they meet cuts and leave data behind.
  CHECK(cut_within > 100);
  CHECK(kept > 1000);
}

TEST_CASE("The check finds the loss on a disk that lies about syncs") {
  std::size_t caught = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const Findings findings = live_and_die(seed, {.lose_syncs = true});
    caught += !findings.opens || findings.lost > 0 ? 1 : 0;
  }
  CHECK(caught >= 8);
}

TEST_CASE("The check finds batches that were not written as one") {
  std::size_t torn = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed)
    torn += live_and_die(seed, {.one_write_per_column = true}).torn > 0 ? 1 : 0;
  CHECK(torn >= 5);
}

TEST_CASE("A store opened under the fault file system behaves as any other while nothing fails") {
  Machine machine;
  std::mt19937_64 random(7);
  std::vector<Planned> history;
  for (int life = 0; life < 3; ++life) {
    const auto store = machine.open().value();
    for (std::size_t i = 0; i < kBatches; ++i) {
      history.push_back(plan(history.size(), random));
      REQUIRE(store->write(history.back().batch, history.back().sync).has_value());
    }
    Findings findings;
    examine(*store, history, history.size(), findings);
    CHECK(findings.lost == 0);
    CHECK(findings.torn == 0);
  }
}

TEST_CASE("After a failed write or sync the store refuses every later write") {
  Machine machine;
  std::mt19937_64 random(11);
  auto store = machine.open().value();
  Planned first = plan(0, random);
  first.sync = Sync::yes;
  REQUIRE(store->write(first.batch, Sync::yes).has_value());
  SECTION("EIO on a sync") {
    machine.files->fail_sync_at(1);
  }
  SECTION("EIO on a write") {
    machine.files->fail_write_at(1);
  }
  SECTION("no space left") {
    machine.files->set_disk_full(true);
  }
  const Planned second = plan(1, random);
  const auto failed = store->write(second.batch, Sync::yes);
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().code == ErrorCode::storage_failed);
  CHECK_THAT(failed.error().text(), Catch::Contains("injected"));

  // The cause has gone; the store stays closed for writing all the same, and readable.
  machine.files->set_disk_full(false);
  const Planned third = plan(2, random);
  for (const Sync sync : {Sync::yes, Sync::no}) {
    const auto refused = store->write(third.batch, sync);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == ErrorCode::storage_failed);
  }
  Findings before;
  examine(*store, {first}, 1, before);
  CHECK(before.lost == 0);

  // A restart ends it; what was promised is there, what failed is whole or absent.
  store.reset();
  machine.files->power_cut(random());
  store = machine.open().value();
  Findings after;
  examine(*store, {first, second, third}, 1, after);
  CHECK(after.lost == 0);
  CHECK(after.torn == 0);
  CHECK(store->write(third.batch, Sync::yes).has_value());
}

TEST_CASE("A flush that fails in the background closes the store for writing") {
  Machine machine;
  std::mt19937_64 random(13);
  const auto store = machine.open().value();
  // The log is synced by no one here: the first sync belongs to a flush.
  machine.files->fail_sync_at(1);
  bool refused = false;
  for (std::size_t i = 0; i < 1000 && !refused; ++i) refused = !store->write(plan(i, random).batch, Sync::no);
  CHECK(refused);
  CHECK_FALSE(store->write(plan(0, random).batch, Sync::no).has_value());
}
