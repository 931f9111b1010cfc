// What a network of nodes goes through: a primary that dies, a power cut of all offices at once.
#include <catch2/catch.hpp>

#include "node/network.h"

namespace {

using namespace tally;
using test::Network;

BlockHeight head(const Network& network, std::size_t index) {
  return network.nodes[index]->chain().head().header.height;
}

bool is_final(const Network& network, std::size_t index, const TransactionId& id) {
  return network.nodes[index] && network.nodes[index]->state_of(id) == node::TransactionState::final;
}

// Every running node has all of these as final.
bool all_final(const Network& network, const std::vector<TransactionId>& ids) {
  for (std::size_t i = 0; i < network.nodes.size(); ++i) {
    if (!network.nodes[i]) continue;
    for (const auto& id : ids)
      if (!is_final(network, i, id)) return false;
  }
  return true;
}

void require_equal_chains(const Network& network) {
  REQUIRE(Network::eventually([&] {
    for (std::size_t i = 1; i < network.nodes.size(); ++i)
      if (network.nodes[i]->chain().final_height() != network.nodes[0]->chain().final_height()) return false;
    return true;
  }));
  const BlockHeight height = network.nodes[0]->chain().final_height();
  for (std::size_t i = 1; i < network.nodes.size(); ++i)
    CHECK(ledger::digest_of(**network.nodes[i]->chain().header(height)) ==
          ledger::digest_of(**network.nodes[0]->chain().header(height)));
}

TEST_CASE("a primary whose clock stands behind by more than a time-out is replaced, one that is ahead is waited for") {
  Network network({.nodes = 4, .view_timeout_ms = 1'500});
  const auto restart_with_clock = [&](std::int64_t offset_ms) {
    network.stop(0);
    network.clock_offsets_ms[0] = offset_ms;
    network.start(0);
  };
  restart_with_clock(2'600);
  const auto ahead = network.submit(0, network.registration(1));
  INFO(ahead.dump() << "\n" << network.picture());
  CHECK(ahead["state"] == "final");
  CHECK(network.nodes[1]->ordering_status().view == View{0});
  restart_with_clock(-60'000);
  const auto behind = network.submit(1, network.registration(2));
  INFO(behind.dump() << "\n" << network.picture());
  CHECK(behind["state"] == "final");
  CHECK(network.nodes[1]->ordering_status().view > View{0});
  // The ledger's time was not held back.
  const auto head_time = network.nodes[1]->chain().head().header.time;
  CHECK(head_time.value + 30'000 > network.nodes[1]->next_block_time().value);
}

TEST_CASE("the primary dies, and the others commit again within two time-outs") {
  Network network({.nodes = 4, .view_timeout_ms = 3'000});
  REQUIRE(network.submit(1, network.registration(1))["state"] == "final");
  REQUIRE(network.nodes[1]->ordering_status().primary == ReplicaIndex{0});
  network.stop(0);
  const auto died = std::chrono::steady_clock::now();
  const Json answer = network.submit(1, network.registration(2));
  const auto passed =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - died).count();
  INFO(answer.dump() << "\n" << network.picture());
  CHECK(answer["state"] == "final");
  CHECK(passed < 2 * 3'000);
  CHECK(network.nodes[1]->ordering_status().view == View{1});
  // The one that died takes part in the view that it missed: without it there is no quorum now.
  network.start(0);
  REQUIRE(Network::eventually([&] { return network.nodes[0]->ordering_status().view == View{1}; }));
  network.stop(3);
  CHECK(network.submit(0, network.registration(3))["state"] == "final");
}

TEST_CASE("what only a primary that lost its view still holds is ordered by the next one") {
  Network network({.nodes = 4, .view_timeout_ms = 500});
  // Fewer than a quorum: what the primary proposes to its one backup cannot be prepared, and its view fails.
  network.stop(1);
  network.stop(2);
  std::vector<TransactionId> offered;
  for (std::uint32_t i = 0; i < 20; ++i) offered.push_back(network.offer(3, network.registration(i)));
  REQUIRE(Network::eventually([&] {
    const auto sizes = network.nodes[0]->pool().sizes();
    return sizes.in_flight > 0 && sizes.in_flight + sizes.pending == offered.size() &&
           network.nodes[0]->ordering_status().changing_view;
  }));
  // The node that was given the transactions forgets them, so that nobody spreads them again.
  network.stop(3);
  for (const std::size_t i : {1U, 2U, 3U}) network.start(i);
  const bool done = Network::eventually([&] { return all_final(network, offered); });
  INFO(network.picture());
  REQUIRE(done);
  CHECK(network.nodes[0]->ordering_status().view > View{0});
  CHECK(network.nodes[0]->pool().sizes().in_flight + network.nodes[0]->pool().sizes().pending == 0);
  require_equal_chains(network);
}

TEST_CASE("the power of all offices goes right after one of them commits") {
  const std::uint64_t seed = GENERATE(1, 2, 3);
  Network network({.nodes = 4, .faulty_disks = true});
  std::vector<TransactionId> offered;
  std::vector<TransactionId> acknowledged;
  std::uint32_t number = 0;
  const auto ahead = [&]() -> std::optional<std::size_t> {
    std::size_t best = 0;
    for (std::size_t i = 1; i < 4; ++i)
      if (head(network, i) > head(network, best)) best = i;
    for (std::size_t i = 0; i < 4; ++i)
      if (i != best && head(network, i) == head(network, best)) return std::nullopt;
    return best;
  };
  std::optional<std::size_t> first;
  while (!first) {
    offered.push_back(network.offer(number % 4, network.registration(number)));
    ++number;
    REQUIRE(number < 1000);
    Network::eventually([&] { return (first = ahead()).has_value() || head(network, 0).value * 2 > number; }, 1);
  }
  const ledger::ChainHead lonely = network.nodes[*first]->chain().head();
  for (const auto& id : offered)
    if (is_final(network, *first, id)) acknowledged.push_back(id);
  for (const auto& disk : network.disks) disk->cut_power_at(1);
  for (std::size_t i = 0; i < 4; ++i) network.stop(i);
  for (std::size_t i = 0; i < 4; ++i) network.disks[i]->power_cut(seed + i);
  for (std::size_t i = 0; i < 4; ++i) network.start(i);
  // The pools are gone with the power; what was acknowledged or executed is not.
  REQUIRE(network.submit(1, network.registration(5000))["state"] == "final");
  const bool kept = Network::eventually([&] { return all_final(network, acknowledged); });
  INFO("seed " << seed << ", node " << *first << " was ahead at height " << lonely.header.height.value << "\n"
               << network.picture());
  REQUIRE(kept);
  require_equal_chains(network);
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(ledger::digest_of(**network.nodes[i]->chain().header(lonely.header.height)) == lonely.digest);
}

}  // namespace
