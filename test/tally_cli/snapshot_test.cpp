// tally snapshot, prune, restore on the data directories of stopped nodes.
#include <filesystem>

#include "tally_cli/stopped_node.h"

namespace tally::test {

namespace {

constexpr std::uint64_t kBlocks = ledger::kBlocksKeptMin + 20;

Json json_of(const Run& run) {
  REQUIRE(run.exit == 0);
  return parse_json(run.out).value();
}

}  // namespace

TEST_CASE("snapshot: made from a stopped node, checked, and a new node's directory begun with it") {
  StoppedNode node(30);
  const Json made = json_of(node.run(
      {"snapshot", "make", "--node-config", node.path("node/node.toml"), "--out", node.path("snapshot"), "--json"}));
  CHECK(made["height"] == "30");
  CHECK(made["header"] == node.head.hex());
  const Json shown = json_of(node.run({"snapshot", "show", node.path("snapshot"), "--json"}));
  CHECK(shown == made);
  const Json checked =
      json_of(node.run({"snapshot", "check", node.path("snapshot"), "--genesis", node.path("genesis.json"), "--json"}));
  CHECK(checked["holds"] == true);
  CHECK(node.run({"snapshot", "make", "--node-config", node.path("node/node.toml"), "--out", node.path("snapshot")})
            .err.find("exists") != std::string::npos);

  const auto install = [&] {
    return node.run({"snapshot", "install", node.path("snapshot"), "--node-config", node.path("new/node.toml")});
  };
  // One byte of the first chunk that holds anything.
  const std::string chunk = node.path("snapshot/00000.chunk");
  const std::string whole = node.cli.read("snapshot/00000.chunk");
  std::string flipped = whole;
  flipped[flipped.size() / 2] ^= 4;
  node.cli.write("snapshot/00000.chunk", flipped);
  const Run damaged = install();
  CHECK(damaged.exit == 6);
  CHECK(damaged.err.find("chunk 0") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(node.path("new/data/db")));
  CHECK_FALSE(std::filesystem::exists(node.path("new/data/db.installing")));
  const Run refused = node.run({"snapshot", "check", node.path("snapshot"), "--genesis", node.path("genesis.json")});
  CHECK(refused.exit == 6);
  node.cli.write("snapshot/00000.chunk", whole);
  CHECK(install().exit == 0);
  // The same head, and the way on.
  {
    auto store = storage::open_rocks_store(node.path("new/data/db"), {}).value();
    contracts::RuleEngine engine;
    const auto verifier = crypto::make_verifier(ledger::chain_id(node.genesis));
    const auto chain = ledger::Chain::open(*store, node.genesis, engine, *verifier).value();
    CHECK(chain->head().digest == node.head);
    CHECK(chain->first_block() == BlockHeight{31});
    CHECK(chain->final_view() != nullptr);
  }
  const Run again = install();
  CHECK(again.exit == 5);
  CHECK(again.err.find("votes") != std::string::npos);
  // Who replays it is told what is not there.
  const Run replay = node.run(
      {"explain", std::string(32, '0'), "--data", node.path("new/data"), "--genesis", node.path("genesis.json")});
  CHECK(replay.exit == 8);
  CHECK(replay.err.find("1 to 30") != std::string::npos);
  CHECK(replay.err.find("tally restore") != std::string::npos);
  // And can have them back.
  const Json restored = json_of(
      node.run({"restore", "--node-config", node.path("new/node.toml"), "--file", node.path("chain.tally"), "--json"}));
  CHECK(restored["restored"] == "30");
  CHECK(restored["first_block"] == "1");
}

TEST_CASE("snapshot: a node that never ran, another chain's genesis and a directory that is none are told apart") {
  StoppedNode node(2);
  const Run none = node.run({"snapshot", "make", "--node-config", node.path("new/node.toml"), "--out", node.path("s")});
  CHECK(none.exit == 8);
  CHECK(none.err.find("there is no store") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(node.path("s")));
  REQUIRE(node.run({"snapshot", "make", "--node-config", node.path("node/node.toml"), "--out", node.path("s")}).exit ==
          0);
  auto other = node.genesis;
  other.name = "another";
  node.cli.write("other.json", contracts::genesis_text(other));
  const Run foreign = node.run({"snapshot", "check", node.path("s"), "--genesis", node.path("other.json")});
  CHECK(foreign.exit == 6);
  CHECK(foreign.err.find("chain") != std::string::npos);
  CHECK(node.run({"snapshot", "show", node.path("node")}).exit == 7);
}

TEST_CASE("prune: says what would go, lets it go, and restore puts it back") {
  StoppedNode node(kBlocks);
  const std::vector<std::string> prune = {"prune", "--node-config", node.path("node/node.toml"), "--keep-blocks",
                                          "5",     "--json"};
  auto dry = prune;
  dry.push_back("--dry-run");
  const Json would = json_of(node.run(dry));
  CHECK(would["first_block"] == std::to_string(kBlocks - ledger::kBlocksKeptMin));
  const Json done = json_of(node.run(prune));
  CHECK(done["blocks"] == would["blocks"]);
  CHECK(done["bytes"] == would["bytes"]);
  CHECK(done["first_block"] == would["first_block"]);
  CHECK(std::stoull(done["disk_after"].get<std::string>()) < std::stoull(done["disk_before"].get<std::string>()));
  CHECK(json_of(node.run(prune))["blocks"] == "0");

  const auto restore = [&](const std::string& file) {
    return node.run({"restore", "--node-config", node.path("node/node.toml"), "--file", node.path(file), "--json"});
  };
  // Among the blocks that are missing here; what stands further on in the file is not read.
  const std::string bytes = node.cli.read("chain.tally");
  const std::size_t early = encode(node.genesis).size() + 2000;
  std::string flipped = bytes;
  flipped[early] ^= 1;
  node.cli.write("flipped.tally", flipped);
  CHECK(restore("flipped.tally").exit != 0);
  node.cli.write("cut.tally", bytes.substr(0, early));
  CHECK(restore("cut.tally").exit == 7);
  CHECK(restore("missing.tally").exit == 7);
  const Json restored = json_of(restore("chain.tally"));
  CHECK(restored["restored"] == done["blocks"]);
  CHECK(restored["first_block"] == "1");
  // An archive can be read back as well.
  CHECK(json_of(node.run(prune))["blocks"] == done["blocks"]);
  const Json from_archive = json_of(restore("archive"));
  CHECK(from_archive["restored"] == done["blocks"]);
  CHECK(from_archive["first_block"] == "1");
}

}  // namespace tally::test
