// kill -9 at any moment: what a client was told is final stays final, on every node.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <random>

#include "village_network.h"

namespace tally::e2e {

namespace {

// TALLY_TEST_SEED runs a failed one again.
std::uint64_t test_seed() {
  const char* given = std::getenv("TALLY_TEST_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

void check_nothing_is_lost(VillageNetwork& network, Traffic& traffic) {
  const auto acknowledged = traffic.stop();
  const auto healthy = network->await_healthy(Devnet::kStartLimit);
  INFO((healthy ? "" : healthy.error().text()));
  REQUIRE(healthy.has_value());
  const auto head = network->await_agreement(kFinalLimit);
  INFO((head ? "" : head.error().text()));
  REQUIRE(head.has_value());
  network.require_final_everywhere(acknowledged);
}

}  // namespace

TEST_CASE("a node killed with -9 during load, five times over, catches up and nothing is lost") {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  VillageNetwork network;
  Traffic traffic(network);
  for (int round = 0; round < 5; ++round) {
    traffic.await_progress(20 + random() % 60);
    const auto victim = static_cast<std::size_t>(random() % network->size());
    const bool primary =
        network.client((victim + 1) % 4).status().value().primary == network->file().nodes[victim].name;
    CAPTURE(round, victim, primary);
    REQUIRE(network->kill_node(victim, SIGKILL).has_value());
    // Without its primary the network waits; with a backup gone it goes on.
    if (!primary) traffic.await_progress(30);
    REQUIRE(network->start_node(victim).has_value());
    traffic.await_progress(10);
  }
  check_nothing_is_lost(network, traffic);
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
  check_nothing_is_lost(network, traffic);
}

}  // namespace tally::e2e
