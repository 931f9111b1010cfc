// Damage of each class of records is found, counted in its class and named; a whole store gives no complaint.
#include "ledger/scrub.h"

#include <catch2/catch.hpp>
#include <map>

#include "chain_fixture.h"
#include "ledger/working_state.h"

namespace tally::ledger {

using namespace tally::test;
using storage::Column;

namespace {

constexpr std::uint64_t kBlocks = 6;
constexpr std::uint32_t kCounters = 40;

// Six certified blocks over forty counters.
struct Scrubbed {
  Genesis genesis = toy_genesis();
  ToyChain chain{genesis};
  std::unique_ptr<crypto::Verifier> verifier = crypto::make_verifier(chain_id(genesis));

  Scrubbed() {
    TransactionMaker maker{chain_id(genesis)};
    for (std::uint64_t height = 1; height <= kBlocks; ++height) {
      std::vector<Bytes> operations;
      for (std::uint32_t counter = 0; counter < kCounters; ++counter) operations.push_back(toy_add(counter, 1));
      chain.apply(batch_of({maker.make(operations), maker.make({toy_fail()})}, kStartTime.plus(height * 1000)));
      chain.certify_head();
    }
  }

  // By name of the class.
  std::map<std::string, ScrubClass> run() {
    std::map<std::string, ScrubClass> out;
    ScrubClass places;
    auto blocks = scrub_blocks(chain.store(), genesis, *verifier, places);
    for (auto& found :
         {scrub_storage(chain.store()), scrub_marks(chain.store(), genesis), blocks, places, scrub_tree(chain.store()),
          scrub_state(chain.store()), scrub_history(chain.store(), chain.executor())})
      out[found.name] = found;
    return out;
  }

  void put(Column column, const Bytes& key, const Bytes& value) {
    storage::WriteBatch batch;
    batch.put(column, key, value);
    REQUIRE(chain.store().write(batch, storage::Sync::no));
  }
  void erase(Column column, const Bytes& key) {
    storage::WriteBatch batch;
    batch.erase(column, key);
    REQUIRE(chain.store().write(batch, storage::Sync::no));
  }
  // The last byte of a value, so that most records still decode.
  void flip(Column column, const Bytes& key) {
    auto value = chain.store().get(column, key).value().value();
    value.back() ^= 1;
    put(column, key, value);
  }
};

Bytes block_key(char kind, std::uint64_t height) {
  Bytes key{static_cast<Byte>(kind)};
  for (int shift = 56; shift >= 0; shift -= 8) key.push_back(static_cast<Byte>(height >> shift));
  return key;
}

Bytes first_key(const storage::Reader& store, Column column, const Bytes& prefix) {
  Bytes out;
  REQUIRE(store.scan(column, prefix, {}, [&](ByteView key, ByteView) {
    out.assign(key.begin(), key.end());
    return false;
  }));
  return out;
}

std::string told(const std::map<std::string, ScrubClass>& found) {
  std::string out;
  for (const auto& [name, of_class] : found)
    for (const auto& damage : of_class.damages) out += name + ": " + damage.record + " " + damage.problem + "\n";
  return out;
}

}  // namespace

TEST_CASE("scrub: a whole store has no damage and all of it is looked at") {
  Scrubbed node;
  const auto found = node.run();
  INFO(told(found));
  CHECK(told(found).empty());
  CHECK(found.at("blocks").checked == kBlocks + 1);
  CHECK(found.at("index").checked == 2 * kBlocks);
  CHECK(found.at("history").checked == kBlocks * kCounters + node.genesis.operations.size());
  CHECK(found.at("state").checked >= kCounters);
  CHECK(found.at("tree").checked > 1);
}

TEST_CASE("scrub: a flipped or missing record of a block is named") {
  struct Row {
    char kind;
    const char* says;
  };
  for (const Row& row :
       {Row{'h', "the header of block 3"}, Row{'b', "the batch of block 3"}, Row{'r', "the receipts of block 3"}}) {
    for (const bool missing : {false, true}) {
      Scrubbed node;
      if (missing) {
        node.erase(Column::blocks, block_key(row.kind, 3));
      } else {
        node.flip(Column::blocks, block_key(row.kind, 3));
      }
      const std::string text = told(node.run());
      INFO(row.kind << (missing ? " missing" : " flipped") << "\n" << text);
      CHECK(text.find(std::string("blocks: ") + row.says) != std::string::npos);
    }
  }
  Scrubbed node;
  node.flip(Column::blocks, block_key('c', 3));
  CHECK(told(node.run()).find("the certificate of block 3") != std::string::npos);
}

TEST_CASE("scrub: a pair of the state that is flipped missing or too much is named") {
  Scrubbed node;
  const Bytes key = toy_counter_key(7);
  const Bytes before = node.chain.store().get(Column::state, key).value().value();
  node.flip(Column::state, key);
  auto found = node.run();
  CHECK(found.at("state").damaged == 1);
  CHECK(found.at("state").damages.at(0).record == "the value of " + key_in_words(key));
  node.erase(Column::state, key);
  CHECK(told(node.run()).find("1 that stand in the tree are missing") != std::string::npos);
  node.put(Column::state, key, before);
  CHECK(told(node.run()).empty());
  node.put(Column::state, Bytes{'z'}, before);
  CHECK(told(node.run()).find("the value of z has no leaf in the tree") != std::string::npos);
}

TEST_CASE("scrub: a page of the tree that is flipped missing or too much is named") {
  for (const int damage : {0, 1, 2}) {
    Scrubbed node;
    const Bytes page = first_key(node.chain.store(), Column::tree, Bytes{'p', 0});
    REQUIRE(page.size() == 2);
    if (damage == 0) node.flip(Column::tree, page);
    if (damage == 1) node.erase(Column::tree, page);
    if (damage == 2) {
      Bytes below = page;
      for (int i = 0; i < 9; ++i) below.push_back(1);
      node.put(Column::tree, below, node.chain.store().get(Column::tree, page).value().value());
    }
    const auto found = node.run();
    INFO(damage << "\n" << told(found));
    CHECK(found.at("tree").damaged >= 1);
  }
}

TEST_CASE("scrub: a history record that is flipped missing or too much is named") {
  Scrubbed node;
  const Bytes list = toy_counter_key(3);
  const Bytes key = history_key(list, 2);
  const Bytes before = node.chain.store().get(Column::history, key).value().value();
  const std::string name = "history: the history of " + key_in_words(list);
  node.flip(Column::history, key);
  CHECK(told(node.run()).find(name + " chains to") != std::string::npos);
  node.erase(Column::history, key);
  CHECK(told(node.run()).find(name + " has 2 records") != std::string::npos);
  node.put(Column::history, key, before);
  CHECK(told(node.run()).empty());
  node.put(Column::history, history_key(toy_counter_key(4000), 0), before);
  CHECK(told(node.run()).find("1 records stand in lists that the state does not know") != std::string::npos);
}

TEST_CASE("scrub: a place of a transaction that is flipped missing or too much is named") {
  Scrubbed node;
  const Bytes key = first_key(node.chain.store(), Column::index, Bytes{'t'});
  const Bytes before = node.chain.store().get(Column::index, key).value().value();
  Bytes elsewhere = before;
  elsewhere.front() ^= 7;
  node.put(Column::index, key, elsewhere);
  CHECK(told(node.run()).find("index: the place of transaction") != std::string::npos);
  node.erase(Column::index, key);
  CHECK(told(node.run()).find("is missing; it was in block") != std::string::npos);
  node.put(Column::index, key, before);
  CHECK(told(node.run()).empty());
  Bytes foreign = key;
  foreign.back() ^= 1;
  node.put(Column::index, foreign, before);
  CHECK(told(node.run()).find("1 of them are of transactions that no block holds") != std::string::npos);
}

TEST_CASE("scrub: the mark of the head is checked against the blocks") {
  Scrubbed node;
  const auto key = as_bytes("ledger/head");
  node.put(Column::meta, Bytes(key.begin(), key.end()), encode(BlockHeight{4}));
  CHECK(told(node.run()).find("marks: the mark of the head is 4, and a block above is held") != std::string::npos);
}

}  // namespace tally::ledger
