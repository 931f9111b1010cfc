// kill -9 at any moment: what a client was told is final stays final, on every node.
#include <catch2/catch.hpp>
#include <random>

#include "village_network.h"

namespace tally::e2e {

TEST_CASE("a node killed with -9 during load, five times over, catches up and nothing is lost") {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  VillageNetwork network;
  Traffic traffic(network);
  for (int round = 0; round < 5; ++round) {
    traffic.await_progress(20 + random() % 60);
    const auto victim = static_cast<std::size_t>(random() % network->size());
    const bool primary = network.primary_seen_by((victim + 1) % network->size()) == victim;
    CAPTURE(round, victim, primary);
    REQUIRE(network->kill_node(victim, SIGKILL).has_value());
    // With a backup gone the network goes on; without its primary it finds another one.
    traffic.await_progress(30);
    REQUIRE(network->start_node(victim).has_value());
    traffic.await_progress(10);
  }
  require_nothing_lost(network, traffic);
}

TEST_CASE("all nodes killed with -9 at once lose nothing that was acknowledged") {
  VillageNetwork network;
  Traffic traffic(network);
  for (int round = 0; round < 2; ++round) {
    traffic.await_progress(100);
    for (std::size_t node = 0; node < network->size(); ++node)
      REQUIRE(devnet::signal_process(network->file().nodes[node].pid, network->command(node), SIGKILL));
    for (std::size_t node = 0; node < network->size(); ++node) REQUIRE(network->kill_node(node, SIGKILL).has_value());
    REQUIRE(network->start().has_value());
    traffic.await_progress(20);
  }
  require_nothing_lost(network, traffic);
}

}  // namespace tally::e2e
