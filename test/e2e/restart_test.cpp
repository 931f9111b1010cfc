// Scenario 43: processes that are killed, paused for longer than the view time-out, restarted and replaced by another
// program, under load: every acknowledged transaction on all nodes, equal roots.
#include <catch2/catch.hpp>
#include <random>

#include "consensus/replica.h"
#include "node/config.h"
#include "village_network.h"

namespace tally::e2e {

namespace {

const Milliseconds kViewTimeout{consensus::Configuration{}.view_timeout_ticks * node::NodeConfig{}.tick_ms};

void kill_one(VillageNetwork& network, Traffic& traffic, std::size_t victim) {
  REQUIRE(network->kill_node(victim, SIGKILL).has_value());
  traffic.await_progress(20);
  REQUIRE(network->start_node(victim).has_value());
  traffic.await_progress(20);
}

void pause_one(VillageNetwork& network, Traffic& traffic, std::size_t victim) {
  const auto signal = [&](int number) {
    return devnet::signal_process(network->file().nodes[victim].pid, network->command(victim), number);
  };
  REQUIRE(signal(SIGSTOP));
  const auto until = std::chrono::steady_clock::now() + 3 * kViewTimeout / 2;
  traffic.await_progress(20);
  // The rest of the pause: it must outlast the time-out, however quick the others are.
  devnet::poll_until(3 * kViewTimeout, [&] { return std::chrono::steady_clock::now() >= until; });
  REQUIRE(signal(SIGCONT));
  traffic.await_progress(20);
}

void restart_one(VillageNetwork& network, Traffic& traffic, std::size_t victim) {
  REQUIRE(network->restart_node(victim).has_value());
  traffic.await_progress(20);
}

using Fault = void (*)(VillageNetwork&, Traffic&, std::size_t);

}  // namespace

TEST_CASE("43 kill, pause and restart, of the primary and of backups, under load") {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  VillageNetwork network;
  Traffic traffic(network);
  traffic.await_progress(20);
  for (const Fault fault : {kill_one, pause_one, restart_one}) {
    const std::size_t primary = network.primary_seen_by(0);
    CAPTURE(primary);
    fault(network, traffic, primary);
    const std::size_t backup = (network.primary_seen_by(0) + 1 + random() % 3) % network->size();
    CAPTURE(backup);
    fault(network, traffic, backup);
  }
  require_nothing_lost(network, traffic);
}

TEST_CASE("43 rolling upgrade: every node in turn goes on with another program, under load") {
  const Scratch scratch;
  const auto next = scratch.path() / "tallyd-next";
  REQUIRE(std::filesystem::copy_file(program("tallyd"), next));
  VillageNetwork network;
  Traffic traffic(network);
  for (std::size_t node = 0; node < network->size(); ++node) {
    CAPTURE(node);
    traffic.await_progress(30);
    const auto upgraded = network->upgrade_node(node, next);
    INFO((upgraded ? "" : upgraded.error().text()));
    REQUIRE(upgraded.has_value());
    CHECK(network->command(node).front() == next.string());
    CHECK(network->running(node));
  }
  traffic.await_progress(30);
  require_nothing_lost(network, traffic);
}

TEST_CASE("43 kill, pause and restart at random for minutes", "[.long]") {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  VillageNetwork network;
  Traffic traffic(network);
  constexpr Fault kFaults[] = {kill_one, pause_one, restart_one};
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(10);
  while (std::chrono::steady_clock::now() < end)
    kFaults[random() % std::size(kFaults)](network, traffic, random() % network->size());
  require_nothing_lost(network, traffic);
}

}  // namespace tally::e2e
