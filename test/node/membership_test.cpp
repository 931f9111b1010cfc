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

}  // namespace
