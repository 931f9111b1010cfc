#include "p2p/transport.h"

#include <catch2/catch.hpp>
#include <future>
#include <iostream>
#include <thread>

#include "p2p/node_fixture.h"

namespace {

using namespace tally;
using namespace tally::p2p;
using namespace tally::p2p::test;
using namespace std::chrono_literals;

TransportTuning unthrottled() {
  TransportTuning out;
  out.messages_per_second_max = 1'000'000'000;
  return out;
}

void link(Node& caller, Node& called, const TransportTuning& tuning = {}) {
  called.start({caller.address(false)}, 0, tuning);
  caller.start({called.address()}, 0, tuning);
  REQUIRE(caller.wait_linked(called));
  REQUIRE(called.wait_linked(caller));
}

TEST_CASE("two nodes link, whichever dials, and messages arrive whole and in order") {
  const auto keys = sorted_keys(2);
  const bool smaller_dials = GENERATE(true, false);
  Node caller(keys[smaller_dials ? 0 : 1]);
  Node called(keys[smaller_dials ? 1 : 0]);
  link(caller, called);
  for (std::uint32_t i = 0; i < 500; ++i) {
    REQUIRE(caller.transport->send(called.id(), MessageClass::vote, payload_of(100, i)));
    REQUIRE(called.transport->send(caller.id(), MessageClass::sync, payload_of(2000, i)));
  }
  REQUIRE(called.wait_messages(500));
  REQUIRE(caller.wait_messages(500));
  for (std::uint32_t i = 0; i < 500; ++i) {
    CHECK(number_in(called.messages[i].payload) == i);
    CHECK(called.messages[i].payload.size() == 100);
    CHECK(called.messages[i].from == caller.id());
    CHECK(called.messages[i].message_class == MessageClass::vote);
    CHECK(number_in(caller.messages[i].payload) == i);
    CHECK(caller.messages[i].message_class == MessageClass::sync);
  }
  const PeerState state = caller.state_of(called);
  CHECK(state.messages_sent == 500);
  CHECK(state.messages_received == 500);
  CHECK(state.bytes_sent >= 500 * 105);
  CHECK(state.bytes_received >= 500 * 2005);
  CHECK(state.refused_sends == 0);
  CHECK(state.last_error.empty());
}

TEST_CASE("the largest frame of every class arrives") {
  const auto keys = sorted_keys(2);
  Node caller(keys[0]);
  Node called(keys[1]);
  link(caller, called);
  const std::vector<std::pair<MessageClass, std::size_t>> largest{
      {MessageClass::vote, limits::kVoteBytesMax},
      {MessageClass::proposal, limits::kNewViewBytesMax},
      {MessageClass::sync, limits::kSyncBytesMax},
      {MessageClass::transactions, limits::kBundleBytesMax}};
  for (const auto& [message_class, size] : largest) {
    CHECK_FALSE(caller.transport->send(called.id(), message_class, payload_of(size + 1)));
    CHECK(caller.transport->send(called.id(), message_class, payload_of(size, 42)));
  }
  CHECK(caller.transport->send(called.id(), MessageClass::vote, std::make_shared<const Bytes>()));
  REQUIRE(called.wait_messages(5));
  std::size_t bytes = 0;
  for (const Message& message : called.messages) bytes += message.payload.size();
  CHECK(bytes == limits::kVoteBytesMax + limits::kNewViewBytesMax + limits::kSyncBytesMax + limits::kBundleBytesMax);
  CHECK(caller.state_of(called).refused_sends == 4);
}

TEST_CASE("votes overtake bulk that waits") {
  const auto keys = sorted_keys(2);
  Node caller(keys[0]);
  Node called(keys[1]);
  link(caller, called, unthrottled());
  // 12 MiB of bundles are more than the link holds in flight.
  constexpr std::size_t kBundles = 24;
  for (std::uint32_t i = 0; i < kBundles; ++i)
    REQUIRE(
        caller.transport->send(called.id(), MessageClass::transactions, payload_of(limits::kBundleBytesMax - 100, i)));
  REQUIRE(caller.transport->send(called.id(), MessageClass::vote, payload_of(100)));
  REQUIRE(called.wait_messages(kBundles + 1));
  CHECK(called.messages.back().message_class == MessageClass::transactions);
}

TEST_CASE("four nodes with crossing dials end with one link a pair, and broadcast reaches all") {
  const auto keys = sorted_keys(4);
  std::vector<std::unique_ptr<Node>> nodes;
  std::vector<PeerAddress> addresses;
  for (const auto& key : keys) {
    nodes.push_back(std::make_unique<Node>(key));
    addresses.push_back({key.public_key(), "", "127.0.0.1", free_port()});
  }
  // Everybody lists everybody, itself too.
  for (std::size_t i = 0; i < 4; ++i) nodes[i]->start(addresses, addresses[i].port);
  for (auto& node : nodes)
    for (auto& other : nodes)
      if (node != other) REQUIRE(node->wait_linked(*other));
  for (auto& node : nodes) CHECK(node->transport->peers().size() == 3);
  // Both ends must hold the same link, so that what either sends arrives; a link that was replaced meanwhile
  // takes its messages with it, hence the repetition.
  for (std::uint32_t i = 0; i < 4; ++i) {
    auto& node = *nodes[i];
    const auto all_have_it = [&] {
      return std::all_of(nodes.begin(), nodes.end(), [&](auto& other) {
        if (other.get() == &node) return true;
        const std::lock_guard lock(other->mutex);
        return std::any_of(other->messages.begin(), other->messages.end(),
                           [&](const Message& message) { return message.from == node.id(); });
      });
    };
    CHECK(node.wait([&] {
      if (all_have_it()) return true;
      node.transport->broadcast(MessageClass::vote, payload_of(50, i));
      return false;
    }));
  }
}

TEST_CASE("of two crossing links one stays and both sides settle on it") {
  const auto keys = sorted_keys(2);
  for (int round = 0; round < 20; ++round) {
    Node one(keys[0]);
    Node two(keys[1]);
    const PeerAddress first{one.id(), "", "127.0.0.1", free_port()};
    const PeerAddress second{two.id(), "", "127.0.0.1", free_port()};
    one.start({second}, first.port);
    two.start({first}, second.port);
    REQUIRE(one.wait_linked(two));
    REQUIRE(two.wait_linked(one));
    // Connects less ends is the number of live sessions: one on each side, never more.
    for (Node* node : {&one, &two}) CHECK(node->wait([&] { return node->connects - node->ends.size() == 1; }));
    CHECK(one.wait([&] {
      one.transport->send(two.id(), MessageClass::vote, payload_of(10));
      const std::lock_guard lock(two.mutex);
      return !two.messages.empty();
    }));
  }
}

TEST_CASE("a node that restarts is linked again, whoever dials") {
  const auto keys = sorted_keys(2);
  const bool smaller_restarts = GENERATE(true, false);
  Node stays(keys[smaller_restarts ? 1 : 0]);
  const auto& restarting_key = keys[smaller_restarts ? 0 : 1];
  const std::uint16_t port = free_port();
  auto restarts = std::make_unique<Node>(restarting_key);
  const PeerAddress address{restarts->id(), "", "127.0.0.1", port};
  stays.start({address});
  for (std::size_t round = 1; round <= 3; ++round) {
    restarts->start({stays.address()}, port);
    REQUIRE(restarts->wait_linked(stays));
    REQUIRE(stays.wait_linked(*restarts));
    REQUIRE(restarts->wait([&] {
      restarts->transport->send(stays.id(), MessageClass::vote, payload_of(10));
      const std::lock_guard lock(stays.mutex);
      return stays.messages.size() >= round;
    }));
    restarts = std::make_unique<Node>(restarting_key);
    REQUIRE(stays.wait([&] { return !stays.linked(*restarts); }));
    CHECK_FALSE(stays.transport->send(restarts->id(), MessageClass::vote, payload_of(10)));
    CHECK_FALSE(stays.state_of(*restarts).last_error.empty());
  }
}

TEST_CASE("a dialled node with another key is refused, and says why") {
  Node caller(key_number(1));
  Node called(key_number(2));
  Node expected(key_number(3));
  called.start({caller.address(false)});
  PeerAddress wrong = called.address();
  wrong.key = expected.id();
  caller.start({wrong});
  CHECK(caller.wait([&] { return !caller.state_of(expected).last_error.empty(); }));
  const std::string error = caller.state_of(expected).last_error;
  CHECK_THAT(error, Catch::Contains(called.id().short_hex()) && Catch::Contains(expected.id().short_hex()) &&
                        Catch::Contains("127.0.0.1:" + std::to_string(wrong.port)));
  CHECK(called.wait([&] { return !called.refusals.empty(); }));
  CHECK_THAT(called.refusals.front(), Catch::Contains("does not accept this node's key"));
  CHECK(caller.connects == 0);
  CHECK(called.connects == 0);
}

TEST_CASE("a caller whose key is not listed is refused, and both sides say why") {
  Node caller(key_number(1));
  Node called(key_number(2));
  Node friend_of_called(key_number(3));
  called.start({friend_of_called.address(false)});
  caller.start({called.address()});
  CHECK(caller.wait([&] { return !caller.state_of(called).last_error.empty(); }));
  CHECK_THAT(caller.state_of(called).last_error, Catch::Contains("does not accept this node's key"));
  CHECK(called.wait([&] { return !called.refusals.empty(); }));
  CHECK_THAT(called.refusals.front(), Catch::Contains(caller.id().short_hex()) && Catch::Contains("not among"));
  CHECK(caller.connects == 0);
  CHECK(called.connects == 0);
}

TEST_CASE("nodes of different chains do not link, and say so") {
  const auto keys = sorted_keys(2);
  const bool smaller_dials = GENERATE(true, false);
  Node caller(keys[smaller_dials ? 0 : 1]);
  Node called(keys[smaller_dials ? 1 : 0]);
  called.start({caller.address(false)}, 0, {}, 1);
  caller.start({called.address()}, 0, {}, 2);
  CHECK(caller.wait([&] { return !caller.state_of(called).last_error.empty(); }));
  CHECK_THAT(caller.state_of(called).last_error, Catch::Contains("chain"));
  CHECK(called.wait([&] { return !called.refusals.empty(); }));
  CHECK_THAT(called.refusals.front(), Catch::Contains("chain"));
}

TEST_CASE("an address where nothing listens is named, and tried again") {
  Node caller(key_number(1));
  Node called(key_number(2));
  const PeerAddress address{called.id(), "", "127.0.0.1", free_port()};
  caller.start({address});
  CHECK(caller.wait([&] { return !caller.state_of(called).last_error.empty(); }));
  CHECK_THAT(caller.state_of(called).last_error,
             Catch::Contains("127.0.0.1:" + std::to_string(address.port)) && Catch::Contains("nothing listens"));
  called.start({caller.address(false)}, address.port);
  CHECK(caller.wait_linked(called));
  CHECK(caller.state_of(called).last_error.empty());
}

TEST_CASE("a peer that came back by itself is dialled at once when its next link breaks") {
  const auto keys = sorted_keys(2);
  const bool dialler_larger = GENERATE(true, false);
  TransportTuning tuning;
  tuning.reconnect_first = 200ms;
  tuning.reconnect_max = 60s;
  Node dialler(keys[dialler_larger ? 1 : 0]);
  Node peer(keys[dialler_larger ? 0 : 1]);
  const std::uint16_t port = free_port();
  {
    const RawListener absent(port);
    dialler.start({{peer.id(), "peer", "127.0.0.1", port}}, 0, tuning);
    // Six failures: the next dial would come 3.2 s to 6.4 s later.
    for (int i = 0; i < 6; ++i) REQUIRE(absent.refuse_one());
  }
  peer.start({dialler.address()}, port);
  REQUIRE(dialler.wait_linked(peer));
  peer.stop();
  REQUIRE(dialler.wait([&] { return !dialler.linked(peer); }));
  peer.start({dialler.address(false)}, port);
  CHECK(dialler.wait([&] { return dialler.linked(peer); }, 3s));
}

TEST_CASE("a host is found by name, and an unknown one is named") {
  Node caller(key_number(1));
  Node called(key_number(2));
  called.start({caller.address(false)});
  PeerAddress address = called.address();
  address.host = "localhost";
  caller.start({address});
  CHECK(caller.wait_linked(called));
}

TEST_CASE("a port in use is an error that names the address") {
  Node first(key_number(1));
  first.start({});
  TransportOptions options;
  options.listen_port = first.transport->listening_port();
  const auto second = start_transport(options, key_number(2), chain_number(1), {});
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().code == ErrorCode::io_failed);
  CHECK_THAT(second.error().text(), Catch::Contains("127.0.0.1:" + std::to_string(options.listen_port)));
}

TEST_CASE("options that cannot work are refused with their field") {
  const PublicKey good = key_number(2).public_key();
  struct Row {
    const char* field;
    TransportOptions options;
  };
  std::vector<Row> rows(5);
  rows[0].field = "listen_host";
  rows[0].options.listen_host = "no such host.invalid";
  rows[1].field = "peers[0].key";
  rows[1].options.peers = {{PublicKey{}, "", "127.0.0.1", 1}};
  rows[2].field = "peers[1].key";
  rows[2].options.peers = {{good, "", "127.0.0.1", 1}, {good, "", "127.0.0.1", 2}};
  rows[3].field = "peers[0].host";
  rows[3].options.peers = {{good, "", "", 1}};
  rows[4].field = "tuning";
  rows[4].options.tuning.idle_timeout = 1ms;
  for (const Row& row : rows) {
    INFO(row.field);
    const auto started = start_transport(row.options, key_number(1), chain_number(1), {});
    REQUIRE_FALSE(started.has_value());
    CHECK(started.error().code == ErrorCode::config_invalid);
    CHECK(started.error().field == row.field);
  }
}

TEST_CASE("a receiver that holds its credits stops the sender at bounded memory, and nothing is lost") {
  const auto keys = sorted_keys(2);
  Node caller(keys[0]);
  Node called(keys[1]);
  called.hold_credits = true;
  link(caller, called, unthrottled());
  constexpr std::size_t kSize = 256 * limits::kKiB;
  std::uint32_t sent = 0;
  const auto fill = [&] {
    while (caller.transport->send(called.id(), MessageClass::sync, payload_of(kSize, sent))) ++sent;
  };
  // Full for good: the receiver has what it may hold, and a full second later still.
  REQUIRE(caller.wait([&] {
    fill();
    const std::lock_guard lock(called.mutex);
    return called.messages.size() * kSize >= limits::kPeerReceiveBytesMax - kSize;
  }));
  caller.wait([&] { return fill(), false; }, 1000ms);
  // What the kernel's own socket buffers hold comes on top of both bounds.
  constexpr std::size_t kKernel = 16 * limits::kMiB;
  CHECK(sent * kSize <= limits::kPeerSendBytesMax + limits::kPeerReceiveBytesMax + kSize + kKernel);
  {
    const std::lock_guard lock(called.mutex);
    CHECK(called.messages.size() * kSize <= limits::kPeerReceiveBytesMax + kSize);
  }
  const std::uint64_t refused = caller.state_of(called).refused_sends;
  CHECK(refused > 0);
  CHECK(caller.linked(called));
  // A vote still finds room.
  CHECK(caller.transport->send(called.id(), MessageClass::vote, payload_of(100)));
  const std::uint64_t gave_way = caller.state_of(called).refused_sends - refused;
  std::vector<Credit> returned;
  {
    const std::lock_guard lock(called.mutex);
    called.hold_credits = false;
    returned.swap(called.held);
  }
  std::thread([credits = std::move(returned)]() mutable { credits.clear(); }).join();
  REQUIRE(called.wait_messages(sent + 1 - gave_way));
  std::uint32_t next = 0;
  for (const Message& message : called.messages)
    if (message.message_class == MessageClass::sync) CHECK(number_in(message.payload) == next++);
}

TEST_CASE("too many messages a second pause reading and lose none") {
  const auto keys = sorted_keys(2);
  Node caller(keys[0]);
  Node called(keys[1]);
  TransportTuning tuning;
  tuning.messages_per_second_max = 1000;
  link(caller, called, tuning);
  const auto before = std::chrono::steady_clock::now();
  for (std::uint32_t i = 0; i < 2500; ++i)
    REQUIRE(caller.transport->send(called.id(), MessageClass::vote, payload_of(20, i)));
  REQUIRE(called.wait_messages(2500));
  CHECK(std::chrono::steady_clock::now() - before >= 1400ms);
  for (std::uint32_t i = 0; i < 2500; ++i) CHECK(number_in(called.messages[i].payload) == i);
}

TEST_CASE("a penalised peer is cut off at once and let in again when its time is over") {
  const auto keys = sorted_keys(2);
  const bool smaller_dials = GENERATE(true, false);
  Node caller(keys[smaller_dials ? 0 : 1]);
  Node called(keys[smaller_dials ? 1 : 0]);
  TransportTuning tuning;
  tuning.penalty = 1500ms;
  link(caller, called, tuning);
  const auto before = std::chrono::steady_clock::now();
  called.transport->penalise(caller.id(), "a vote with a bad signature");
  CHECK_FALSE(called.transport->send(caller.id(), MessageClass::vote, payload_of(10)));
  CHECK(called.wait([&] { return called.ends.size() == 1; }));
  CHECK_THAT(called.ends.front(), Catch::Contains("bad signature"));
  CHECK(caller.wait([&] { return caller.state_of(called).last_error.find("bad signature") != std::string::npos; }));
  REQUIRE(called.wait([&] { return called.connects == 2; }));
  CHECK(std::chrono::steady_clock::now() - before >= 1500ms);
  CHECK(caller.wait_linked(called));
}

TEST_CASE("quiet links are kept alive by pings") {
  const auto keys = sorted_keys(2);
  Node caller(keys[0]);
  Node called(keys[1]);
  TransportTuning tuning;
  tuning.ping_interval = 50ms;
  tuning.idle_timeout = 2000ms;
  link(caller, called, tuning);
  const auto sent = caller.state_of(called).bytes_sent;
  CHECK(caller.wait([&] { return caller.state_of(called).bytes_sent >= sent + 20 * 5; }));
  CHECK(caller.ends.empty());
  CHECK(called.ends.empty());
  CHECK(called.messages.empty());
}

TEST_CASE("a transport goes promptly under load, with no callbacks afterwards") {
  const auto keys = sorted_keys(3);
  for (int round = 0; round < 5; ++round) {
    Node one(keys[0]);
    Node two(keys[1]);
    Node three(keys[2]);
    two.hold_credits = round % 2 == 0;
    two.start({one.address(false), three.address(false)}, 0, unthrottled());
    one.start({two.address()}, 0, unthrottled());
    three.start({two.address()}, 0, unthrottled());
    REQUIRE(one.wait_linked(two));
    REQUIRE(three.wait_linked(two));
    std::atomic<bool> stop = false;
    std::vector<std::thread> senders;
    for (Node* node : {&one, &three})
      senders.emplace_back([&, node] {
        for (std::uint32_t i = 0; !stop; ++i) node->transport->send(two.id(), MessageClass::vote, payload_of(200, i));
      });
    REQUIRE(two.wait_messages(1000));
    const auto before = std::chrono::steady_clock::now();
    two.stop();
    CHECK(std::chrono::steady_clock::now() - before < 2s);
    std::size_t at_stop = 0;
    {
      const std::lock_guard lock(two.mutex);
      at_stop = two.messages.size();
    }
    two.wait([&] { return two.messages.size() != at_stop; }, 100ms);
    CHECK(two.messages.size() == at_stop);
    stop = true;
    for (auto& sender : senders) sender.join();
    // Credits outlive the transport that gave them.
    two.held.clear();
  }
}

TEST_CASE("handlers may call the transport") {
  const auto keys = sorted_keys(2);
  Node caller(keys[0]);
  Node called(keys[1]);
  called.start({caller.address(false)});
  Transport* echo = nullptr;
  std::atomic<int> pongs = 0;
  TransportOptions options;
  options.peers = {called.address()};
  Handlers handlers;
  std::promise<void> ready;
  auto is_ready = ready.get_future().share();
  handlers.on_connected = [&](const PublicKey& peer) {
    is_ready.wait();
    echo->send(peer, MessageClass::vote, payload_of(10, 0));
  };
  handlers.on_message = [&](Received received) {
    ++pongs;
    echo->peers();
    if (pongs == 10) echo->penalise(received.from, "enough");
    echo->send(received.from, MessageClass::vote, payload_of(10, 1));
  };
  auto started = start_transport(options, keys[0], chain_number(1), std::move(handlers));
  REQUIRE(started.has_value());
  echo = started->get();
  ready.set_value();
  std::size_t answered = 0;
  CHECK(called.wait([&] {
    while (answered < called.messages.size()) {
      ++answered;
      called.transport->send(caller.id(), MessageClass::vote, payload_of(10));
    }
    return called.ends.size() == 1;
  }));
  CHECK(pongs == 10);
}

// Not run by default: figures for a reader, not a check.
TEST_CASE("throughput of votes over one link", "[.throughput]") {
  const auto keys = sorted_keys(2);
  Node sender(keys[0]);
  std::atomic<std::size_t> received = 0;
  TransportOptions options;
  options.peers = {sender.address(false)};
  options.tuning = unthrottled();
  Handlers handlers;
  handlers.on_message = [&](Received) { received.fetch_add(1, std::memory_order_relaxed); };
  auto started = start_transport(options, keys[1], chain_number(1), std::move(handlers));
  REQUIRE(started.has_value());
  sender.start({{keys[1].public_key(), "", "127.0.0.1", started.value()->listening_port()}}, 0, unthrottled());
  REQUIRE(sender.wait([&] { return sender.transport->peers().front().connected; }));
  for (const std::size_t size : {std::size_t{160}, std::size_t{1024}}) {
    constexpr std::size_t kVotes = 500'000;
    received = 0;
    const auto vote = payload_of(size);
    const auto before = std::chrono::steady_clock::now();
    for (std::size_t sent = 0; sent < kVotes;)
      if (sender.transport->send(keys[1].public_key(), MessageClass::vote, vote))
        ++sent;
      else
        std::this_thread::yield();
    while (received < kVotes) std::this_thread::yield();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - before;
    std::cout << size << " bytes: " << static_cast<std::uint64_t>(kVotes / took.count()) << " votes/s\n";
  }
}

}  // namespace
