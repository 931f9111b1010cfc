// Scenario 42: partitions, loss and replay between real nodes. Whatever the network does, no two nodes hold different
// final blocks; once it heals, everything acknowledged is on all of them.
#include <catch2/catch.hpp>
#include <random>

#include "common/json.h"
#include "p2p/node_fixture.h"
#include "relay.h"
#include "village_network.h"

namespace tally::e2e {

namespace {

constexpr std::size_t kNodes = 4;
constexpr Milliseconds kNothingHappens{3000};
const Way kCut{Way::Traffic::cut, {}, 0};
const Way kHeld{Way::Traffic::hold, {}, 0};

devnet::PeerAddressing through(Relays& relays) {
  return [&relays](const devnet::NetworkFile& network, std::size_t from, std::size_t to) {
    const std::string& p2p = network.nodes[to].p2p;
    relays.set_target(to, static_cast<std::uint16_t>(std::stoul(p2p.substr(p2p.rfind(':') + 1))));
    return "127.0.0.1:" + std::to_string(relays.port(from, to));
  };
}

// A village whose nodes reach each other only over relays, under traffic.
struct Weather {
  explicit Weather(std::uint64_t seed_given) : seed(seed_given), random(seed) {}

  const std::uint64_t seed;
  std::mt19937_64 random;
  Relays relays{kNodes, seed};
  VillageNetwork network{kNodes, 20, through(relays)};
  Traffic traffic{network};
  std::uint64_t number = 1'000'000;  // of awards beside the traffic's
  std::vector<TransactionId> beside;

  // Gives the node an award, and what has become of it after a while.
  node::TransactionState offer(std::size_t node) {
    const Prepared one = network.award(++number);
    beside.push_back(one.id);
    Client client = network.client(node);
    REQUIRE(client.submit({&one, 1}).has_value());
    const auto states = client.states({&one.id, 1}, kNothingHappens);
    REQUIRE(states.has_value());
    return states->front();
  }
  void nothing_is_final_at(std::size_t node) { CHECK(offer(node) == node::TransactionState::pending); }
  // Nodes that show the same final height must show the same header.
  void no_fork() {
    std::map<BlockHeight, Digest> headers;
    for (std::size_t node = 0; node < kNodes; ++node) {
      const auto status = network.client(node).status();
      REQUIRE(status.has_value());
      if (status->final_header.is_zero()) continue;
      const auto [found, fresh] = headers.try_emplace(status->final_height, status->final_header);
      CHECK((fresh || found->second == status->final_header));
    }
  }
  void heal_and_go_on() {
    relays.heal();
    traffic.await_progress(20);
    no_fork();
  }
  void finish() {
    relays.heal();
    require_nothing_lost(network, traffic);
    network.require_final_everywhere(beside);
  }
};

void two_halves(Weather& weather, const Way& way) {
  const std::size_t other = 1 + weather.random() % 3;
  std::vector<std::size_t> rest;
  for (std::size_t node = 1; node < kNodes; ++node)
    if (node != other) rest.push_back(node);
  CAPTURE(other);
  weather.relays.partition({{0, other}, rest}, way);
  weather.nothing_is_final_at(0);
  weather.nothing_is_final_at(rest.front());
  weather.no_fork();
  weather.heal_and_go_on();
}

void one_alone(Weather& weather, std::size_t alone, const Way& way) {
  CAPTURE(alone);
  std::vector<std::size_t> majority;
  for (std::size_t node = 0; node < kNodes; ++node)
    if (node != alone) majority.push_back(node);
  weather.relays.partition({majority}, way);
  weather.traffic.await_progress(20);
  weather.nothing_is_final_at(alone);
  weather.no_fork();
  weather.heal_and_go_on();
}

// Each node reaches its two neighbours only. A quorum of votes comes together at best by what neighbours send on, so
// only safety is asked for.
void ring(Weather& weather, const Way& way) {
  weather.relays.set_both(0, 2, way);
  weather.relays.set_both(1, 3, way);
  weather.offer(weather.random() % kNodes);
  weather.no_fork();
  weather.heal_and_go_on();
}

// Two nodes do not hear each other; two quorums of three remain.
void one_pair_apart(Weather& weather, const Way& way) {
  const std::size_t one = weather.random() % kNodes;
  const std::size_t other = (one + 1 + weather.random() % 3) % kNodes;
  CAPTURE(one, other);
  weather.relays.set_both(one, other, way);
  weather.traffic.await_progress(20);
  weather.no_fork();
  weather.heal_and_go_on();
}

// A node is heard by nobody and hears all: the network goes on without its votes.
void one_way_only(Weather& weather) {
  const std::size_t mute = weather.random() % kNodes;
  CAPTURE(mute);
  for (std::size_t to = 0; to < kNodes; ++to)
    if (to != mute) weather.relays.set(mute, to, kHeld);
  weather.traffic.await_progress(20);
  weather.no_fork();
  weather.heal_and_go_on();
}

// Every connection is late and breaks at a random byte, again and again.
void loss(Weather& weather, std::uint64_t breaks) {
  const std::uint64_t before = weather.relays.broken();
  weather.relays.set_all({Way::Traffic::pass, Milliseconds(5), 100'000});
  weather.traffic.await_progress(20);
  REQUIRE(devnet::poll_until(kFinalLimit, [&] { return weather.relays.broken() >= before + breaks; }));
  weather.traffic.await_progress(20);
  weather.no_fork();
  weather.heal_and_go_on();
}

std::uint64_t refused_connections(VillageNetwork& network, std::size_t node) {
  const auto text = network.client(node).get_text("/metrics");
  REQUIRE(text.has_value());
  const std::string name = "\ntally_connections_refused_total ";
  const auto found = text->find(name);
  REQUIRE(found != text->npos);
  return std::stoull(text->substr(found + name.size()));
}

}  // namespace

TEST_CASE("42 partitions: halves, one alone, the primary alone, a ring, one pair, one way") {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  Weather weather(seed);
  weather.traffic.await_progress(20);
  two_halves(weather, kCut);
  const std::size_t primary = weather.network.primary_seen_by(0);
  one_alone(weather, (primary + 1) % kNodes, kCut);
  one_alone(weather, weather.network.primary_seen_by(0), kHeld);
  ring(weather, kHeld);
  one_pair_apart(weather, kCut);
  one_way_only(weather);
  weather.finish();
}

TEST_CASE("42 loss: connections that are late and break at random bytes") {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  Weather weather(seed);
  weather.traffic.await_progress(20);
  loss(weather, 10);
  weather.finish();
}

TEST_CASE("42 replay: a recorded stream is refused, counted, and disturbs nobody") {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  Weather weather(seed);
  weather.traffic.await_progress(50);
  std::size_t replayed = 0;
  for (std::size_t from = 0; from < kNodes; ++from) {
    for (std::size_t to = 0; to < kNodes; ++to) {
      if (from == to) continue;
      const std::string recorded = weather.relays.recorded(from, to);
      if (recorded.empty()) continue;
      CAPTURE(from, to, recorded.size());
      // To the node it was meant for, and to another one.
      for (const std::size_t node : {to, (to + 1) % kNodes}) {
        const std::uint64_t before = refused_connections(weather.network, node);
        const std::string& p2p = weather.network->file().nodes[node].p2p;
        p2p::test::RawClient client(static_cast<std::uint16_t>(std::stoul(p2p.substr(p2p.rfind(':') + 1))));
        client.write_plain(as_bytes(recorded));
        CHECK(client.closed_by_peer());
        CHECK(devnet::poll_until(kFinalLimit, [&] { return refused_connections(weather.network, node) > before; }));
        ++replayed;
      }
    }
  }
  CHECK(replayed >= 2 * kNodes * (kNodes - 1) / 2);
  weather.traffic.await_progress(20);
  const auto healthy = weather.network->await_healthy(kFinalLimit);
  CHECK(healthy.has_value());
  weather.finish();
}

TEST_CASE("42 partitions and loss for minutes", "[.long]") {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  Weather weather(seed);
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(10);
  while (std::chrono::steady_clock::now() < end) {
    const Way way = weather.random() % 2 == 0 ? kCut : kHeld;
    switch (weather.random() % 7) {
      case 0:
        two_halves(weather, way);
        break;
      case 1:
        one_alone(weather, weather.random() % kNodes, way);
        break;
      case 2:
        one_alone(weather, weather.network.primary_seen_by(weather.random() % kNodes), way);
        break;
      case 3:
        ring(weather, way);
        break;
      case 4:
        one_pair_apart(weather, way);
        break;
      case 5:
        one_way_only(weather);
        break;
      default:
        loss(weather, 20);
    }
  }
  weather.finish();
}

}  // namespace tally::e2e
