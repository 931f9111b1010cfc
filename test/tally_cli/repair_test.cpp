// tally scrub and tally repair on the data directory of a stopped node. What repair does in each class of damage is
// tested in test/ledger/salvage_test.cpp and test/node/repair_test.cpp.
#include <filesystem>

#include "ledger/store_marks.h"
#include "tally_cli/stopped_node.h"

namespace tally::test {

namespace {

using storage::Column;

struct RepairedNode : StoppedNode {
  // With its key, by which repair knows that it is the only member.
  RepairedNode() : StoppedNode(12) { std::filesystem::copy_file(cli.key_file("validator"), path("node/key.json")); }

  Run scrub(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"scrub", "--node-config", path("node/node.toml")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }
  Run repair(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"repair", "--node-config", path("node/node.toml")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }
  void damage(Column column, const Bytes& prefix) {
    auto store = storage::open_rocks_store(path("node/data/db"), {}).value();
    storage::WriteBatch batch;
    REQUIRE(store->scan_back(column, prefix, {}, [&](ByteView key, ByteView value) {
      Bytes bytes(value.begin(), value.end());
      bytes.back() ^= 1;
      batch.put(column, key, bytes);
      return false;
    }));
    REQUIRE(store->write(batch, storage::Sync::yes));
  }
  Digest head_now() {
    auto store = storage::open_rocks_store(path("node/data/db"), {}).value();
    contracts::RuleEngine engine;
    const auto verifier = crypto::make_verifier(ledger::chain_id(genesis));
    return ledger::Chain::open(*store, genesis, engine, *verifier).value()->head().digest;
  }
  [[nodiscard]] bool there(const std::string& name) const { return std::filesystem::exists(path("node/data/" + name)); }
};

}  // namespace

TEST_CASE("scrub: classes by name, those that are asked for, and a store that is whole") {
  RepairedNode node;
  const Run whole = node.scrub({"--json"});
  CHECK(whole.exit == 0);
  const Json report = parse_json(whole.out).value();
  std::string names;
  for (const auto& found : report["classes"]) names += found["name"].get<std::string>() + " ";
  CHECK(names == "files storage marks blocks index tree state history history_index votes evidence ");
  node.damage(Column::state, {});
  CHECK(node.scrub({"--only", "blocks"}).exit == 0);
  const Run found = node.scrub({"--only", "state", "--only", "tree"});
  CHECK(found.exit == 6);
  CHECK(found.err.find("tally repair --node-config") != std::string::npos);
  const Run wrong = node.scrub({"--only", "states"});
  CHECK(wrong.exit == 2);
  CHECK(wrong.err.find("history_index") != std::string::npos);
}

TEST_CASE("repair: nothing is changed where nothing is damaged or only a look was asked for") {
  RepairedNode node;
  const Run whole = node.repair();
  CHECK(whole.exit == 0);
  CHECK(whole.err.find("Nothing is damaged") != std::string::npos);
  node.damage(Column::state, {});
  const Run dry = node.repair({"--dry-run", "--file", node.path("chain.tally"), "--json"});
  CHECK(dry.exit == 0);
  const Json report = parse_json(dry.out).value();
  CHECK(report["damaged"] == 1);
  CHECK(report["sources"][0] == node.path("chain.tally"));
  CHECK(node.scrub().exit == 6);
  CHECK_FALSE(node.there("db.damaged-1"));
}

TEST_CASE("repair: the state from the own blocks, a batch from a chain file, and the old stores are kept") {
  RepairedNode node;
  node.damage(Column::state, {});
  const Run first = node.repair({"--json"});
  REQUIRE(first.exit == 0);
  const Json report = parse_json(first.out).value()["repaired"];
  CHECK(report["blocks"][0]["name"] == "the store itself");
  CHECK(report["blocks"][0]["blocks"] == "12");
  CHECK(report["kept"] == node.path("node/data/db.damaged-1"));
  CHECK(node.head_now() == node.head);
  node.damage(Column::blocks, {'b'});
  const Run alone = node.repair();
  CHECK(alone.exit == 8);
  CHECK(alone.err.find("block 12") != std::string::npos);
  CHECK(alone.err.find("nothing was changed") != std::string::npos);
  CHECK_FALSE(node.there("db.repairing"));
  const Run helped = node.repair({"--file", node.path("chain.tally")});
  REQUIRE(helped.exit == 0);
  CHECK(helped.out.find("blocks from " + node.path("chain.tally")) != std::string::npos);
  CHECK(node.there("db.damaged-2"));
  CHECK(node.head_now() == node.head);
  CHECK(node.scrub().exit == 0);
}

TEST_CASE("repair: of a store that does not open everything comes from a chain file or a snapshot") {
  RepairedNode node;
  REQUIRE(node.run({"snapshot", "make", "--node-config", node.path("node/node.toml"), "--out", node.path("s")}).exit ==
          0);
  for (const auto& source : {std::vector<std::string>{"--file", node.path("chain.tally")},
                             std::vector<std::string>{"--snapshot", node.path("s")}}) {
    node.cli.write("node/data/db/CURRENT", "garbage\n");
    const Run found = node.scrub();
    CHECK(found.exit == 6);
    CHECK(found.out.find("the list of its files") != std::string::npos);
    CHECK(node.repair().exit == 8);
    const Run repaired = node.repair(source);
    REQUIRE(repaired.exit == 0);
    CHECK(repaired.err.find("only member") != std::string::npos);
    CHECK(node.head_now() == node.head);
    CHECK(node.scrub().exit == 0);
  }
}

TEST_CASE("repair: sources that are no sources are refused with what would be right") {
  RepairedNode node;
  node.damage(Column::blocks, {'b'});
  CHECK(node.repair({"--from", "http://127.0.0.1:1"}).exit != 0);
  const Run missing = node.repair({"--file", node.path("no.tally")});
  CHECK(missing.exit == 7);
  auto other = node.genesis;
  other.name = "another";
  node.cli.write("genesis.json", contracts::genesis_text(other));
  const Run foreign = node.repair({"--file", node.path("chain.tally")});
  CHECK(foreign.exit == 7);
  CHECK(foreign.err.find("is of chain") != std::string::npos);
  CHECK_FALSE(node.there("db.damaged-1"));
}

}  // namespace tally::test
