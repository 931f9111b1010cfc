// Nodes that only observe, and networks whose membership changes while they run.
#include <catch2/catch.hpp>

#include "node/network.h"

namespace {

using namespace tally;
using test::Network;

TEST_CASE("a node whose key is no member follows, serves reads and passes transactions on, and does not vote") {
  Network network({.nodes = 5, .validators = 4});
  const Json answer = network.submit(4, network.registration(1));
  INFO(answer.dump() << "\n" << network.picture());
  CHECK(answer["state"] == "final");
  const Json status = network.get(4, "/v1/status");
  CHECK(status["node"]["validator"] == false);
  CHECK(status["validators"].size() == 4);
  CHECK(network.get(4, "/healthz") == Json{{"status", "ok"}, {"validator", false}});
  CHECK(network.get(0, "/healthz") == Json{{"status", "ok"}, {"validator", true}});
  CHECK(network.get(4, "/v1/blocks/latest", true)["header"]["height"] == "1");
  // Its vote is none: without two of the four there is no quorum, whoever observes.
  network.stop(2);
  network.stop(3);
  const auto id = network.offer(0, network.registration(2));
  CHECK_FALSE(Network::eventually([&] { return network.nodes[0]->state_of(id) == node::TransactionState::final; }, 1));
  // It catches up what it missed.
  network.stop(4);
  network.start(2);
  REQUIRE(Network::eventually([&] { return network.nodes[0]->state_of(id) == node::TransactionState::final; }));
  network.start(4);
  REQUIRE(Network::eventually([&] { return network.nodes[4]->state_of(id) == node::TransactionState::final; }));
}

// A network of seven nodes whose members change while transactions keep coming in at all of them.
struct Village {
  Network network{{.nodes = 7, .validators = 1}};
  std::vector<TransactionId> offered;
  std::uint32_t number = 0;

  void offer_some() {
    for (int i = 0; i < 15; ++i, ++number) offered.push_back(network.offer(number % 7, network.registration(number)));
  }
  // The members vote and the others observe, all in this epoch.
  [[nodiscard]] bool stands(std::uint64_t epoch, const std::vector<std::size_t>& members) const {
    for (std::size_t i = 0; i < 7; ++i) {
      const auto status = network.nodes[i]->ordering_status();
      const bool member = std::find(members.begin(), members.end(), i) != members.end();
      if (status.epoch != Epoch{epoch} || status.self.has_value() != member) return false;
    }
    return true;
  }
  void change(std::uint64_t epoch, const std::vector<std::size_t>& members) {
    offer_some();
    offered.push_back(network.offer(epoch % 7, network.membership(members)));
    offer_some();
    const bool changed = Network::eventually([&] { return stands(epoch, members); });
    INFO("epoch " << epoch << "\n" << network.picture());
    REQUIRE(changed);
  }
  [[nodiscard]] bool all_final() const {
    for (const auto& node : network.nodes)
      for (const auto& id : offered)
        if (node->state_of(id) != node::TransactionState::final) return false;
    return true;
  }
};

TEST_CASE("a network grows from one office to four, to seven, and shrinks again under load, and loses nothing") {
  Village village;
  village.change(1, {0, 1, 2, 3});
  village.change(2, {0, 1, 2, 3, 4, 5, 6});
  // The primary of view 0 is among those who leave.
  village.change(3, {6, 5, 4, 3});
  village.change(4, {5});
  village.offer_some();
  const bool done = Network::eventually([&] { return village.all_final(); });
  INFO(village.network.picture());
  REQUIRE(done);
  const auto& nodes = village.network.nodes;
  REQUIRE(Network::eventually([&] {
    return std::all_of(nodes.begin(), nodes.end(), [&](const auto& node) {
      return node->chain().final_height() == nodes[5]->chain().final_height() &&
             node->pool().sizes().pending + node->pool().sizes().in_flight == 0;
    });
  }));
  for (const auto& node : nodes) {
    CHECK(node->failure().empty());
    CHECK(node->chain().final_view()->digest == nodes[5]->chain().final_view()->digest);
    CHECK(node->evidence().count() == 0);
  }
}

TEST_CASE("a member that was away while the members changed comes back as what it is now") {
  Village village;
  village.change(1, {0, 1, 2, 3});
  village.network.stop(3);
  village.network.stop(4);
  const auto change = village.network.membership({0, 1, 2, 4});
  village.offered.push_back(village.network.offer(1, change));
  REQUIRE(Network::eventually([&] { return village.network.nodes[0]->ordering_status().epoch == Epoch{2}; }));
  village.network.start(3);
  village.network.start(4);
  const bool changed = Network::eventually([&] { return village.stands(2, {0, 1, 2, 4}); });
  INFO(village.network.picture());
  REQUIRE(changed);
  village.network.stop(2);  // now the quorum needs the one that is new
  CHECK(village.network.submit(3, village.network.registration(5000))["state"] == "final");
}

TEST_CASE("whoever becomes a member is let in, though no settings list it, and links stay while it is served") {
  // The newcomers call the first office, which has never heard of them.
  Network network({.nodes = 3, .validators = 1, .lists = [](std::size_t node, std::size_t peer) {
                     return node != 0 && peer == 0;
                   }});
  const auto peers = [&](std::size_t i) { return network.nodes[i]->peers(); };
  CHECK(peers(0).empty());
  REQUIRE(network.submit(0, network.registration(1))["state"] == "final");
  CHECK(network.nodes[1]->chain().final_height() == BlockHeight{0});

  network.offer(0, network.membership({0, 1}));
  const bool joined = Network::eventually([&] {
    return network.nodes[1]->ordering_status().self.has_value() &&
           network.nodes[1]->ordering_status().epoch == Epoch{1};
  });
  INFO(network.picture());
  REQUIRE(joined);
  CHECK(network.submit(1, network.registration(2))["state"] == "final");
  CHECK(peers(0).size() == 1);

  // Two epochs later nobody needs to serve it any more.
  network.offer(0, network.membership({0}));
  REQUIRE(Network::eventually([&] {
    return network.nodes[0]->ordering_status().epoch == Epoch{2} &&
           network.nodes[1]->ordering_status().epoch == Epoch{2};
  }));
  CHECK_FALSE(network.nodes[1]->ordering_status().self.has_value());
  CHECK(peers(0).size() == 1);
  network.offer(0, network.membership({0, 2}));
  REQUIRE(Network::eventually([&] { return network.nodes[2]->ordering_status().self.has_value(); }));
  REQUIRE(Network::eventually([&] { return peers(0).size() == 1 && peers(0)[0].name == "office-2"; }));
  CHECK(network.submit(2, network.registration(3))["state"] == "final");
}

}  // namespace
