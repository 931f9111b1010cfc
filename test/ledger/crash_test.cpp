// A chain on RocksDB over a file system that loses power: whatever apply() returned is there afterwards, and
// what is there is what replaying the same batches in memory gives.
#include <catch2/catch.hpp>
#include <random>

#include "chain_fixture.h"
#include "storage/rocks_store.h"
#include "support/fault_file_system.h"
#include "support/temp_directory.h"

namespace tally::ledger {

using namespace tally::test;

namespace {

constexpr std::size_t kBlocks = 25;

struct Machine {
  TempDirectory directory;
  std::shared_ptr<FaultFileSystem> files = std::make_shared<FaultFileSystem>(directory.path() / "graveyard");
  std::unique_ptr<rocksdb::Env> env = make_fault_env(files);

  Result<std::unique_ptr<storage::Store>> open() {
    storage::RocksOptions options;
    options.write_buffer_bytes = 64 * 1024;
    options.block_cache_bytes = 1024 * 1024;
    options.env = env.get();
    return storage::open_rocks_store(directory.path() / "db", options);
  }
};

// The batches of one seed, and the header digests that they give in memory.
struct Script {
  std::vector<Batch> batches;
  std::vector<Digest> digests;  // by height

  explicit Script(std::mt19937_64& random) {
    ToyChain chain(toy_genesis());
    TransactionMaker maker{chain->id()};
    digests.push_back(chain->head().digest);
    std::vector<SignedTransaction> earlier;
    for (std::size_t i = 0; i < kBlocks; ++i) {
      Batch batch = batch_of({}, kStartTime.plus(i * 1000));
      const std::size_t transactions = random() % 6;
      for (std::size_t j = 0; j < transactions; ++j) {
        maker.valid_until = kStartTime.plus(i * 1000 + 1 + random() % 5000);
        if (!earlier.empty() && random() % 6 == 0) {
          batch.transactions.push_back(earlier[random() % earlier.size()]);
          continue;
        }
        batch.transactions.push_back(transaction(maker, random, i));
        earlier.push_back(batch.transactions.back());
      }
      digests.push_back(chain.apply(batch).digest);
      batches.push_back(std::move(batch));
    }
  }

  // Unsigned: the chain does not look at clients' signatures.
  static SignedTransaction transaction(TransactionMaker& maker, std::mt19937_64& random, std::size_t block) {
    SignedTransaction out;
    out.body.chain = maker.chain;
    out.body.author = maker.author.public_key();
    out.body.client_id = client_id(maker.next_client_id++);
    out.body.valid_until = maker.valid_until;
    out.body.mode = random() % 2 == 0 ? Mode::independent : Mode::all_or_nothing;
    const std::size_t operations = 1 + random() % 30;
    for (std::size_t i = 0; i < operations; ++i) {
      const auto counter = static_cast<std::uint32_t>(random() % 200);
      switch (random() % 12) {
        case 0:
          out.body.operations.push_back(toy_change_and_fail(counter));
          break;
        case 1:
          out.body.operations.push_back(toy_add_later(counter, 1, kStartTime.plus(block * 1000 + random() % 9000)));
          break;
        default:
          out.body.operations.push_back(toy_add(counter, 1));
      }
    }
    return out;
  }
};

struct Findings {
  bool opens = true;
  bool behind = false;     // of the last apply() that returned before the power went
  bool different = false;  // from the replay
  bool cut_within = false;
  std::string problem;
};

// A small cache, so that pages and values are read back from the store too.
ChainOptions small_options() {
  ChainOptions options;
  options.state_cache_bytes = 4096;
  options.tree_cache_bytes = 4096;
  return options;
}

struct Node {
  std::unique_ptr<storage::Store> store;
  ToyExecutor executor;
  std::unique_ptr<crypto::Verifier> verifier = crypto::make_verifier(chain_id(toy_genesis()));
  std::unique_ptr<Chain> chain;

  Status open(Machine& machine) {
    auto opened = machine.open();
    if (!opened) return opened.error();
    store = std::move(opened).value();
    auto made = Chain::open(*store, toy_genesis(), executor, *verifier, small_options());
    if (!made) return made.error();
    chain = std::move(made).value();
    return {};
  }
};

// Applies what is left of the script; returns the height that must be there after a cut.
std::uint64_t live(Machine& machine, Node& node, const Script& script, std::mt19937_64& random) {
  std::uint64_t promised = machine.files->powered() ? node.chain->head().header.height.value : 0;
  for (std::size_t at = node.chain->head().header.height.value; at < kBlocks && machine.files->powered(); ++at) {
    const Bytes bytes = encode(script.batches[at]);
    const auto applied = node.chain->apply(SeqNum{at + 1}, &script.batches[at], bytes, consensus::batch_digest(bytes));
    REQUIRE(applied);
    REQUIRE(applied->digest == script.digests[at + 1]);
    if (machine.files->powered()) promised = at + 1;
    if (random() % 3 == 0) REQUIRE(node.chain->record_certificate(certify(applied->header, node.chain->id())));
  }
  return promised;
}

// The whole of what is on disk against the replay: head, every header, and each value under the tree's root.
void examine(const Node& node, const Script& script, std::uint64_t promised, Findings& findings) {
  const auto head = node.chain->head();
  findings.behind = findings.behind || head.header.height.value < promised;
  for (std::uint64_t height = 0; height <= head.header.height.value; ++height) {
    const auto header = node.chain->header(BlockHeight{height}).value();
    const auto receipts = node.chain->receipts(BlockHeight{height}).value();
    if (!header || !receipts || digest_of(*header) != script.digests[height]) findings.different = true;
  }
  REQUIRE(node.store->scan(storage::Column::state, {}, {}, [&](ByteView key, ByteView value) {
    const auto proof = make_state_proof(*node.store, key);
    if (!proof || !verify_state_proof(head.header.state_root, key, Bytes(value.begin(), value.end()), *proof))
      findings.different = true;
    return true;
  }));
  if (node.chain->final_height() > head.header.height) findings.different = true;
}

// Three lives, each ended by a cut. One on a disk that lies: what it leaves behind may be anything.
Findings live_and_die(std::uint64_t seed, bool lose_syncs) {
  std::mt19937_64 random(seed);
  const Script script(random);
  Machine machine;
  Findings findings;
  std::uint64_t promised = 0;
  for (int life = 1; life <= (lose_syncs ? 1 : 3) && findings.opens; ++life) {
    {
      if (!lose_syncs) machine.files->cut_power_at(1 + random() % 120);
      Node node;
      REQUIRE(node.open(machine));
      machine.files->set_lose_syncs(lose_syncs);
      promised = std::max(promised, live(machine, node, script, random));
      findings.cut_within = findings.cut_within || !machine.files->powered();
    }
    machine.files->power_cut(random());
    machine.files->set_lose_syncs(false);
    Node after;
    if (const auto opened = after.open(machine); !opened) {
      findings.opens = false;
      findings.problem = "life " + std::to_string(life) + ": " + opened.error().text();
    } else {
      examine(after, script, promised, findings);
      // What was found is on disk now, whatever it was.
      promised = after.chain->head().header.height.value;
    }
  }
  return findings;
}

}  // namespace

TEST_CASE("After a power cut the chain is never behind what apply() returned, and equals its replay") {
  std::size_t cut_within = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Findings findings = live_and_die(seed, false);
    INFO("seed " << seed << " " << findings.problem);
    CHECK(findings.opens);
    CHECK_FALSE(findings.behind);
    CHECK_FALSE(findings.different);
    cut_within += findings.cut_within ? 1 : 0;
  }
  CHECK(cut_within > 25);
}

TEST_CASE("The check finds the loss when syncs are ignored") {
  std::size_t caught = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const Findings findings = live_and_die(seed, true);
    caught += !findings.opens || findings.behind || findings.different ? 1 : 0;
  }
  CHECK(caught >= 8);
}

TEST_CASE("A write that fails closes the chain and loses nothing") {
  std::mt19937_64 random(3);
  const Script script(random);
  Machine machine;
  std::uint64_t height = 0;
  {
    Node node;
    REQUIRE(node.open(machine));
    const auto apply = [&](std::size_t at) {
      const Bytes bytes = encode(script.batches[at]);
      return node.chain->apply(SeqNum{at + 1}, &script.batches[at], bytes, consensus::batch_digest(bytes));
    };
    for (; height < 5; ++height) REQUIRE(apply(height));
    SECTION("on a write") {
      machine.files->fail_write_at(1);
    }
    SECTION("on a sync") {
      machine.files->fail_sync_at(1);
    }
    SECTION("on a full disk") {
      machine.files->set_disk_full(true);
    }
    const auto failed = apply(5);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == ErrorCode::storage_failed);
    CHECK(node.chain->head().header.height.value == 5);
    machine.files->set_disk_full(false);
    CHECK(apply(5).error().code == ErrorCode::storage_failed);
  }
  Node after;
  REQUIRE(after.open(machine));
  Findings findings;
  examine(after, script, height, findings);
  CHECK_FALSE(findings.behind);
  CHECK_FALSE(findings.different);
}

}  // namespace tally::ledger
