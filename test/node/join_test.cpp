// Nodes that join by a snapshot of their peers: all in one process, over loopback.
#include <catch2/catch.hpp>

#include "ledger/prune.h"
#include "node/network.h"
#include "node/snapshot_joiner.h"

using namespace tally;
using namespace tally::test;

namespace {

NetworkOptions options(std::uint32_t every, std::uint32_t above) {
  NetworkOptions out{.nodes = 5, .validators = 4};
  out.settings = [every, above](std::size_t, node::NodeConfig& config) {
    config.snapshot_every_blocks = every;
    config.join_by_snapshot_above = above;
  };
  return out;
}

void make_blocks(const Network& network, std::uint32_t from, std::uint32_t count) {
  for (std::uint32_t i = from; i < from + count; ++i)
    REQUIRE(network.submit(0, network.registration(i))["state"] == "final");
}

bool has_snapshot(const Network& network, std::size_t index, std::uint64_t height) {
  const auto newest = network.nodes[index]->snapshots().newest();
  return newest && newest->height.value >= height;
}

BlockHeight final_height(const Network& network, std::size_t index) {
  return network.nodes[index]->chain().final_height();
}

void restart_when_joined(Network& network, std::size_t index) {
  const bool asks = Network::eventually([&] { return network.asks_for_restart(index); });
  INFO(network.picture());
  REQUIRE(asks);
  network.stop(index);
  network.start(index);
}

}  // namespace

TEST_CASE("Join: a new node begins with a snapshot while the others go on") {
  Network network(options(8, 20));
  network.stop(4);
  std::filesystem::remove_all(network.directory / "4");
  make_blocks(network, 0, 30);
  REQUIRE(Network::eventually([&] { return has_snapshot(network, 0, 24); }));
  network.start(4);
  make_blocks(network, 100, 5);
  restart_when_joined(network, 4);
  make_blocks(network, 200, 5);
  const BlockHeight height = final_height(network, 0);
  REQUIRE(Network::eventually([&] { return final_height(network, 4) >= height; }));
  const auto& chain = network.nodes[4]->chain();
  CHECK(chain.first_block().value > 20);
  CHECK(chain.header(height).value()->state_root == network.nodes[0]->chain().header(height).value()->state_root);
  CHECK_FALSE(std::filesystem::exists(network.directory / "4" / node::kJoiningDatabase));
  // What it made up for is final here too.
  CHECK(network.get(4, "/v1/status")["first_block"] == std::to_string(chain.first_block().value));
  // It makes snapshots of its own, the same as others do.
  make_blocks(network, 300, 16);
  REQUIRE(Network::eventually([&] { return has_snapshot(network, 4, 48); }));
}

TEST_CASE("Join: a validator that was away for long joins with the votes it has and votes again") {
  Network network(options(8, 20));
  make_blocks(network, 0, 3);
  network.stop(3);
  make_blocks(network, 100, 30);
  REQUIRE(Network::eventually([&] { return has_snapshot(network, 0, 24); }));
  network.start(3);
  restart_when_joined(network, 3);
  REQUIRE(Network::eventually([&] { return final_height(network, 3) >= final_height(network, 0); }));
  CHECK_FALSE(network.nodes[3]->ordering_status().recovering);
  // Without its votes there is no quorum now.
  network.stop(2);
  make_blocks(network, 200, 3);
}

TEST_CASE("Join: a validator that begins with nothing may have lost its votes and signs nothing at first") {
  Network network(options(8, 20));
  // It has signed no block, so no peer can tell.
  network.stop(3);
  std::filesystem::remove_all(network.directory / "3");
  make_blocks(network, 0, 30);
  REQUIRE(Network::eventually([&] { return has_snapshot(network, 0, 24); }));
  network.start(3);
  restart_when_joined(network, 3);
  REQUIRE(Network::eventually([&] { return network.nodes[3]->ordering_status().recovering; }));
  // Two windows after what the others had when they were asked, it votes again.
  const auto recovering = [&] { return network.nodes[3]->ordering_status().recovering; };
  for (std::uint32_t number = 100; recovering() && number < 400; ++number) make_blocks(network, number, 1);
  CHECK_FALSE(recovering());
  CHECK(final_height(network, 0).value > 30 + std::uint64_t{2} * network.genesis.window);
}

TEST_CASE("Join: blocks that all peers have let go of are made up for by a snapshot") {
  NetworkOptions chosen = options(50, 0);
  const auto settings = chosen.settings;
  chosen.settings = [settings](std::size_t index, node::NodeConfig& config) {
    settings(index, config);
    if (index < 4) config.keep_blocks = ledger::kBlocksKeptMin;
  };
  Network network(chosen);
  network.stop(4);
  make_blocks(network, 0, 320);
  REQUIRE(Network::eventually([&] {
    for (std::size_t i = 0; i < 4; ++i)
      if (network.nodes[i]->chain().first_block().value < 2) return false;
    return true;
  }));
  network.start(4);
  restart_when_joined(network, 4);
  REQUIRE(Network::eventually([&] { return final_height(network, 4) >= final_height(network, 0); }));
}

TEST_CASE("Join: a joined database that is not whole, or behind, is not taken") {
  Network network(options(0, 0));
  make_blocks(network, 0, 3);
  network.stop(3);
  const auto joining = network.directory / "3" / node::kJoiningDatabase;
  // One that stands at the genesis.
  std::filesystem::copy(network.directory / "3" / "db", joining, std::filesystem::copy_options::recursive);
  const auto adopted = node::adopt_joined(network.setup(3));
  REQUIRE(adopted.has_value());
  CHECK_FALSE(adopted->has_value());
  CHECK_FALSE(std::filesystem::exists(joining));
  std::filesystem::create_directories(joining);
  REQUIRE(node::adopt_joined(network.setup(3)).has_value());
  CHECK_FALSE(std::filesystem::exists(joining));
  network.start(3);
  CHECK(final_height(network, 3).value >= 2);
}
