// Peers that change while the transport runs.
#include <catch2/catch.hpp>
#include <thread>

#include "p2p/node_fixture.h"

namespace {

using namespace tally;
using namespace tally::p2p;
using namespace tally::p2p::test;
using namespace std::chrono_literals;

struct Three {
  std::vector<crypto::SecretKey> keys = sorted_keys(3);
  Node first{keys[0]};
  Node second{keys[1]};
  Node third{keys[2]};
};

void check_exchange(Node& a, Node& b) {
  const std::size_t at_a = a.messages.size();
  const std::size_t at_b = b.messages.size();
  CHECK(a.transport->send(b.id(), MessageClass::vote, payload_of(10)));
  CHECK(b.wait_messages(at_b + 1));
  CHECK(b.transport->send(a.id(), MessageClass::sync, payload_of(10)));
  CHECK(a.wait_messages(at_a + 1));
}

TEST_CASE("a peer that is added while the transport runs is dialled and let in") {
  Three nodes;
  const bool adds_smaller = GENERATE(true, false);
  Node& old = adds_smaller ? nodes.second : nodes.first;
  Node& added = adds_smaller ? nodes.first : nodes.second;
  old.start({});
  added.start({old.address(false)});
  CHECK_FALSE(old.transport->send(added.id(), MessageClass::vote, payload_of(10)));
  REQUIRE(old.transport->set_peers({added.address()}).has_value());
  REQUIRE(old.wait_linked(added));
  REQUIRE(added.wait_linked(old));
  check_exchange(old, added);
}

TEST_CASE("the link of a peer that is removed ends, and it is not let in again, and others are unharmed") {
  Three nodes;
  auto& [keys, first, second, third] = nodes;
  TransportTuning quick;
  quick.reconnect_max = 200ms;
  first.start({second.address(false), third.address(false)});
  second.start({first.address()}, 0, quick);
  third.start({first.address()});
  REQUIRE(first.wait_linked(second));
  REQUIRE(first.wait_linked(third));
  REQUIRE(first.transport->set_peers({third.address(false)}).has_value());
  CHECK_FALSE(first.transport->send(second.id(), MessageClass::vote, payload_of(10)));
  REQUIRE(first.wait([&] { return first.ends == std::vector<std::string>{"it is no peer any more"}; }));
  REQUIRE(second.wait([&] { return second.ends.size() == 1; }));
  // It calls again, and the handshake refuses its key.
  REQUIRE(first.wait([&] { return !first.refusals.empty(); }));
  CHECK_FALSE(second.linked(first));
  CHECK(first.transport->peers().size() == 1);
  check_exchange(first, third);
  CHECK(third.ends.empty());

  REQUIRE(first.transport->set_peers({third.address(false), second.address(false)}).has_value());
  REQUIRE(second.wait_linked(first));
  check_exchange(first, second);
  CHECK(third.ends.empty());
}

TEST_CASE("a peer that moves is dialled at its new address, and a link that stands stays") {
  Three nodes;
  auto& [keys, first, second, third] = nodes;
  second.start({first.address(false)});
  PeerAddress wrong = second.address();
  wrong.port = free_port();
  first.start({wrong});
  REQUIRE(first.wait([&] { return !first.state_of(second).last_error.empty(); }));
  PeerAddress right = second.address();
  right.name = "moved";
  REQUIRE(first.transport->set_peers({right}).has_value());
  REQUIRE(first.wait_linked(second));
  CHECK(first.state_of(second).name == "moved");
  REQUIRE(first.transport->set_peers({wrong}).has_value());
  check_exchange(first, second);
  CHECK(first.ends.empty());
}

TEST_CASE("the own key is passed over, and a list with a mistake changes nothing") {
  Three nodes;
  auto& [keys, first, second, third] = nodes;
  first.start({second.address(false)});
  second.start({first.address()});
  REQUIRE(second.wait_linked(first));
  REQUIRE(first.transport->set_peers({second.address(false), first.address()}).has_value());
  CHECK(first.transport->peers().size() == 1);

  PeerAddress no_host{third.id(), "third", "", 7001};
  CHECK(first.transport->set_peers({no_host}).error().field == "peers[0].host");
  const auto twice = first.transport->set_peers({third.address(false), third.address(false)});
  REQUIRE_FALSE(twice.has_value());
  CHECK(twice.error().code == ErrorCode::config_invalid);
  CHECK(twice.error().field == "peers[1].key");
  PeerAddress no_key = third.address(false);
  no_key.key = PublicKey{};
  CHECK(first.transport->set_peers({no_key}).error().field == "peers[0].key");
  check_exchange(first, second);
}

TEST_CASE("peers change while threads send, and the transport survives it") {
  Three nodes;
  auto& [keys, first, second, third] = nodes;
  first.start({second.address(false)});
  second.start({first.address()});
  third.start({first.address()});
  std::atomic<bool> stop = false;
  std::atomic<std::size_t> most_peers = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i)
    threads.emplace_back([&] {
      while (!stop) {
        first.transport->broadcast(MessageClass::vote, payload_of(100));
        first.transport->send(third.id(), MessageClass::vote, payload_of(100));
        most_peers = std::max(most_peers.load(), first.transport->peers().size());
      }
    });
  int linked = 0;
  for (int i = 0; i < 200; ++i) {
    (void)first.transport->set_peers({second.address(false)});
    (void)first.transport->set_peers({second.address(false), third.address(false)});
    if (i % 20 == 0) linked += third.wait_linked(first) ? 1 : 0;
  }
  stop = true;
  for (auto& thread : threads) thread.join();
  CHECK(most_peers == 2);
  CHECK(linked == 10);
  REQUIRE(third.wait_linked(first));
  REQUIRE(first.wait_linked(third));
  // What the threads left in the queue goes out first: a full queue takes nothing.
  REQUIRE(first.wait([&] { return first.transport->send(second.id(), MessageClass::vote, payload_of(10)); }));
  const std::size_t before = first.messages.size();
  CHECK(second.transport->send(first.id(), MessageClass::sync, payload_of(10)));
  CHECK(first.wait_messages(before + 1));
}

}  // namespace
