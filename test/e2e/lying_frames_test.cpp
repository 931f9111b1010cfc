// Scenario 45: lying lengths, truncated and oversized frames and garbage on the peer port of real nodes, from strangers
// and from somebody who holds a member's key. What is dropped is counted with its reason, memory stays flat, the other
// peers are unharmed.
#include <catch2/catch.hpp>
#include <random>

#include "common/limits.h"
#include "memory_watch.h"
#include "node/peer_messages.h"
#include "p2p/frame.h"
#include "p2p/node_fixture.h"
#include "village_network.h"

namespace tally::e2e {

namespace {

using p2p::MessageClass;
using p2p::test::RawClient;

// Five nodes do without one, whose key the test takes. One victim for each class of messages.
constexpr std::size_t kNodes = 5;
constexpr std::size_t kTaken = 4;
// Is spared most of it: its memory is the measure.
constexpr std::size_t kLeftAlone = 3;

Bytes header(std::uint32_t length, Byte wire_class) {
  Bytes out;
  for (unsigned i = 0; i < 4; ++i) out.push_back(static_cast<Byte>(length >> (8 * i)));
  out.push_back(wire_class);
  return out;
}

Bytes random_bytes(std::mt19937_64& random, std::size_t count) {
  Bytes out(count);
  for (Byte& byte : out) byte = static_cast<Byte>(random());
  return out;
}

struct Impostor {
  explicit Impostor(std::uint64_t seed) : random(seed) {
    traffic.await_progress(30);
    const auto held = devnet::read_key_pair(network->node_directory(kTaken) / "validator");
    REQUIRE(held.has_value());
    key.emplace(*held);
    REQUIRE(network->kill_node(kTaken, SIGKILL).has_value());
    traffic.await_progress(30);
  }

  [[nodiscard]] std::uint16_t port(std::size_t node) {
    const std::string& p2p = network->file().nodes[node].p2p;
    return static_cast<std::uint16_t>(std::stoul(p2p.substr(p2p.rfind(':') + 1)));
  }
  // A counter of /metrics, with its labels.
  std::uint64_t counted(std::size_t node, const std::string& name) {
    const auto text = network.client(node).get_text("/metrics");
    REQUIRE(text.has_value());
    const auto found = text->find("\n" + name + " ");
    CAPTURE(name);
    REQUIRE(found != text->npos);
    return std::stoull(text->substr(found + name.size() + 2));
  }
  std::uint64_t faults(std::size_t node, const std::string& reason) {
    return counted(node,
                   "tally_peer_faults_total{peer=\"" + key->public_key().short_hex() + "\",reason=\"" + reason + "\"}");
  }
  bool wait_faults(std::size_t node, const std::string& reason, std::uint64_t more_than) {
    return devnet::poll_until(kFinalLimit, [&] { return faults(node, reason) > more_than; });
  }
  // A link in the member's name; empty if the node refuses it.
  std::unique_ptr<RawClient> link(std::size_t node) {
    auto client = std::make_unique<RawClient>(port(node));
    if (!client->handshake(*key)) return nullptr;
    if (!client->greet(key->public_key(), network->file().nodes[node].key, network->file().chain)) return nullptr;
    return client;
  }
  // Also after a session of ours that is only just ending there.
  std::unique_ptr<RawClient> require_link(std::size_t node) {
    std::unique_ptr<RawClient> client;
    REQUIRE(devnet::poll_until(kFinalLimit, [&] { return (client = link(node)) != nullptr; }));
    return client;
  }
  // The others are linked with each other, and with nobody else.
  void check_others() {
    for (std::size_t node = 0; node < kNodes; ++node) {
      if (node == kTaken) continue;
      const auto status = network.client(node).status();
      REQUIRE(status.has_value());
      CHECK(status->failure.empty());
      CHECK(status->peers_connected >= kNodes - 2);
    }
  }
  void finish() {
    traffic.await_progress(30);
    check_others();
    REQUIRE(network->start_node(kTaken).has_value());
    // Nodes that punished the key still refuse it, so the network is not linked throughout: only the others are asked.
    const auto acknowledged = traffic.stop();
    for (std::size_t node = 0; node < kTaken; ++node) network.await_final(node, acknowledged);
  }

  std::mt19937_64 random;
  VillageNetwork network{kNodes};
  Traffic traffic{network};
  std::optional<crypto::SecretKey> key;
};

// TLS records and handshake messages whose lengths lie, cut anywhere, and garbage.
void lie_before_authentication(Impostor& impostor, std::size_t node) {
  const std::uint64_t before = impostor.counted(node, "tally_connections_refused_total");
  const std::vector<Bytes> lies{
      {0x16, 0x03, 0x01, 0xff, 0xff},                          // a record of 65,535 bytes
      {0x16, 0x03, 0x01, 0x00, 0x00},                          // an empty one
      {0x16, 0x03, 0x01, 0x00, 0x04, 0x01, 0xff, 0xff, 0xff},  // a ClientHello of 16 MiB
      {0x17, 0x03, 0x03, 0x40, 0x00},                          // data before any handshake
      {0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28},              // an alert
      header(0xffffffff, 0),
      header(4, 1),
      random_bytes(impostor.random, 1 + impostor.random() % 5000),
  };
  std::size_t stayed = 0;
  for (std::size_t i = 0; i < lies.size(); ++i) {
    CAPTURE(i);
    RawClient client(impostor.port(node));
    client.write_plain(lies[i]);
    // Whoever is gone before the node looks is not counted.
    if (impostor.random() % 2 == 0) {
      client.reset();
    } else {
      CHECK(client.closed_by_peer());
      ++stayed;
    }
  }
  CHECK(devnet::poll_until(
      kFinalLimit, [&] { return impostor.counted(node, "tally_connections_refused_total") >= before + stayed; }));
}

// With TLS, but a greeting that lies.
void lie_in_the_greeting(Impostor& impostor, std::size_t node) {
  const ChainId& chain = impostor.network->file().chain;
  ChainId other = chain;
  other.bytes[0] ^= 1;
  const std::vector<Bytes> lies{
      header(0xffffffff, p2p::kHelloClass),
      header(static_cast<std::uint32_t>(limits::kHandshakeFrameBytesMax + 2), p2p::kHelloClass),
      header(static_cast<std::uint32_t>(limits::kNewViewBytesMax), static_cast<Byte>(MessageClass::proposal)),
      header(0, 0),
      p2p::hello_frame({p2p::kLinkProtocol, other, 7, 1}),
      random_bytes(impostor.random, 64),
  };
  for (std::size_t i = 0; i < lies.size(); ++i) {
    CAPTURE(i);
    const std::uint64_t before = impostor.counted(node, "tally_connections_refused_total");
    RawClient client(impostor.port(node));
    REQUIRE(client.handshake(*impostor.key));
    client.write(lies[i]);
    CHECK(client.closed_by_peer());
    CHECK(devnet::poll_until(kFinalLimit,
                             [&] { return impostor.counted(node, "tally_connections_refused_total") > before; }));
  }
}

// Over a link in a member's name.
void lie_as_a_member(Impostor& impostor, std::size_t node) {
  const std::vector<Bytes> lies{
      header(0, 0),
      header(0xffffffff, static_cast<Byte>(MessageClass::vote)),
      header(static_cast<std::uint32_t>(limits::kVoteBytesMax + 2), static_cast<Byte>(MessageClass::vote)),
      header(static_cast<std::uint32_t>(limits::kNewViewBytesMax + 2), static_cast<Byte>(MessageClass::proposal)),
      header(static_cast<std::uint32_t>(limits::kSyncBytesMax + 2), static_cast<Byte>(MessageClass::sync)),
      header(static_cast<std::uint32_t>(limits::kBundleBytesMax + 2), static_cast<Byte>(MessageClass::transactions)),
      header(100, 9),
      header(100, p2p::kPingClass),
      p2p::hello_frame({}),
  };
  for (std::size_t i = 0; i < lies.size(); ++i) {
    CAPTURE(i);
    const std::uint64_t before = impostor.faults(node, "broken_frame");
    const auto client = impostor.require_link(node);
    client->write(lies[i]);
    CHECK(client->closed_by_peer());
    CHECK(impostor.wait_faults(node, "broken_frame", before));
  }
  // Announced in full, sent in part: the largest frame of a class, cut at a random byte.
  Bytes truncated =
      header(static_cast<std::uint32_t>(limits::kNewViewBytesMax), static_cast<Byte>(MessageClass::proposal));
  truncated.resize(1 + impostor.random() % limits::kNewViewBytesMax / 4);
  const auto client = impostor.require_link(node);
  client->write(truncated);
  client->reset();
}

// Whole frames whose contents are no message. Costs the key its welcome at this node, so each node is for one class.
void garbage_as_a_member(Impostor& impostor, MessageClass message_class) {
  const auto node = static_cast<std::size_t>(message_class);
  CAPTURE(node);
  const std::uint64_t before = impostor.faults(node, "bad_message");
  Bytes frame;
  const Bytes garbage = random_bytes(impostor.random, 8 + impostor.random() % (limits::kVoteBytesMax - 8));
  p2p::append_header(frame, static_cast<Byte>(message_class), garbage.size());
  append(frame, garbage);
  const auto client = impostor.require_link(node);
  client->write(frame);
  CHECK(client->closed_by_peer());
  CHECK(impostor.wait_faults(node, "bad_message", before));
  // The key is refused now, and that is counted too.
  const std::uint64_t refused = impostor.counted(node, "tally_connections_refused_total");
  CHECK(impostor.link(node) == nullptr);
  CHECK(devnet::poll_until(kFinalLimit,
                           [&] { return impostor.counted(node, "tally_connections_refused_total") > refused; }));
}

void all_lies(Impostor& impostor) {
  for (std::size_t node = 0; node < kTaken; ++node) {
    if (node == kLeftAlone) continue;
    CAPTURE(node);
    lie_before_authentication(impostor, node);
    lie_in_the_greeting(impostor, node);
    lie_as_a_member(impostor, node);
  }
  impostor.check_others();
}

}  // namespace

TEST_CASE("45 lying frames and garbage, before and after authentication, cost the liar only") {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  Impostor impostor(seed);
  const MemoryWatch memory(impostor.network, 0, kLeftAlone);
  all_lies(impostor);
  for (const auto message_class :
       {MessageClass::vote, MessageClass::proposal, MessageClass::sync, MessageClass::transactions})
    garbage_as_a_member(impostor, message_class);
  memory.require_flat();
  impostor.finish();
}

TEST_CASE("45 lying frames for minutes", "[.long]") {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  Impostor impostor(seed);
  const MemoryWatch memory(impostor.network, 0, kLeftAlone);
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(10);
  while (std::chrono::steady_clock::now() < end) {
    all_lies(impostor);
    memory.require_flat();
  }
  impostor.finish();
}

}  // namespace tally::e2e
