// Offices that join, and come back after long, while the others go on under load: by a snapshot, as processes.
#include <catch2/catch.hpp>
#include <fstream>

#include "village_network.h"

namespace tally::e2e {

namespace {

const std::vector<std::string> kSettings = {"snapshot_every_blocks = 20", "join_by_snapshot_above = 20",
                                            "snapshots_kept = 40"};

devnet::NodeStatus status(VillageNetwork& network, std::size_t node) {
  const auto status = network.client(node).status();
  return status ? *status : devnet::NodeStatus{};
}

void await_snapshot(VillageNetwork& network, std::size_t node, std::uint64_t above) {
  const bool made =
      devnet::poll_until(kFinalLimit, [&] { return status(network, node).newest_snapshot.value > above; });
  INFO(network->standing());
  REQUIRE(made);
}

// The node has begun with a snapshot and stands where another stood a moment ago.
void await_joined(VillageNetwork& network, std::size_t node, std::size_t other) {
  const BlockHeight target = status(network, other).final_height;
  const bool joined = devnet::poll_until(kFinalLimit, [&] {
    const auto it = status(network, node);
    return it.first_block.value > 1 && it.final_height >= target;
  });
  INFO(network->standing() << network->log_end(node, 60));
  REQUIRE(joined);
}

// Flips a bit in each chunk that the node keeps.
void damage_snapshots(VillageNetwork& network, std::size_t node) {
  const auto snapshots = network->node_directory(node) / "data" / "snapshots";
  std::size_t damaged = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(snapshots)) {
    if (file.path().extension() != ".chunk") continue;
    std::fstream chunk(file.path(), std::ios::in | std::ios::out | std::ios::binary);
    chunk.seekg(static_cast<std::streamoff>(file.file_size() / 2));
    const int byte = chunk.get();
    chunk.seekp(static_cast<std::streamoff>(file.file_size() / 2));
    chunk.put(static_cast<char>(byte ^ 1));
    damaged += chunk ? 1U : 0U;
  }
  REQUIRE(damaged > 0);
}

}  // namespace

TEST_CASE("an office whose directory is empty joins by a snapshot under load") {
  VillageNetwork network(4, 20, {}, kSettings);
  Traffic traffic(network);
  traffic.use(3, false);
  traffic.await_progress(20);
  REQUIRE(network->kill_node(3, SIGKILL).has_value());
  std::filesystem::remove_all(network->node_directory(3) / "data");
  await_snapshot(network, 0, 40);
  traffic.await_progress(20);
  REQUIRE(network->start_node(3).has_value());
  await_joined(network, 3, 0);
  traffic.await_progress(20);
  const auto acknowledged = traffic.stop();
  const auto head = network->await_agreement(kFinalLimit);
  INFO((head ? std::string() : head.error().text()));
  REQUIRE(head.has_value());
  CHECK(acknowledged.size() >= 60);
}

TEST_CASE("an office that was away for long joins although peers serve false chunks, and votes again") {
  VillageNetwork network(4, 20, {}, kSettings);
  Traffic traffic(network);
  traffic.use(3, false);
  traffic.await_progress(20);
  REQUIRE(network->kill_node(3, SIGTERM).has_value());
  const BlockHeight left = status(network, 0).final_height;
  await_snapshot(network, 0, left.value + 40);
  await_snapshot(network, 1, left.value + 40);
  await_snapshot(network, 2, left.value + 40);
  traffic.stop();
  // Two of the three that could give it lie; what they keep is what they give.
  damage_snapshots(network, 0);
  damage_snapshots(network, 1);
  REQUIRE(network->start_node(3).has_value());
  await_joined(network, 3, 2);
  // With its vote three of four are a quorum.
  REQUIRE(network->kill_node(2, SIGTERM).has_value());
  network.finalize(0, {network.award(1'000'000)});
}

}  // namespace tally::e2e
