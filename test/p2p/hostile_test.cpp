// What strangers and peers can do to a node: each case checks that the offender is dropped and that an honest
// link, which was there before, still works.
#include <catch2/catch.hpp>
#include <random>

#include "p2p/frame.h"
#include "p2p/node_fixture.h"

namespace {

using namespace tally;
using namespace tally::p2p;
using namespace tally::p2p::test;
using namespace std::chrono_literals;

// A victim with an honest peer and one whose key the test holds.
struct Village {
  std::vector<crypto::SecretKey> keys = sorted_keys(3);
  // The hostile key is larger than the victim's, or smaller: the greeting differs.
  explicit Village(bool hostile_larger = true, const TransportTuning& tuning = {})
      : victim(keys[1]), honest(keys[hostile_larger ? 0 : 2]), hostile(keys[hostile_larger ? 2 : 0]) {
    victim.start({honest.address(false), {hostile.public_key(), "hostile", "", 0}}, 0, tuning);
    honest.start({victim.address()}, 0, tuning);
    REQUIRE(honest.wait_linked(victim));
    REQUIRE(victim.wait_linked(honest));
  }
  [[nodiscard]] std::uint16_t port() const { return victim.transport->listening_port(); }
  // The honest link is the one from before and carries messages both ways.
  void check_unharmed() {
    const std::size_t there = victim.messages.size();
    const std::size_t back = honest.messages.size();
    CHECK(honest.transport->send(victim.id(), MessageClass::vote, payload_of(10)));
    CHECK(victim.wait_messages(there + 1));
    CHECK(victim.transport->send(honest.id(), MessageClass::vote, payload_of(10)));
    CHECK(honest.wait_messages(back + 1));
    CHECK(honest.connects == 1);
    CHECK(honest.ends.empty());
  }
  PeerState hostile_state() const { return victim.transport->peers().back(); }
  bool wait_hostile(bool connected) {
    return victim.wait([&] { return hostile_state().connected == connected; });
  }

  Node victim;
  Node honest;
  crypto::SecretKey hostile;
};

Bytes header(std::uint32_t length, Byte wire_class) {
  Bytes out;
  for (unsigned i = 0; i < 4; ++i) out.push_back(static_cast<Byte>(length >> (8 * i)));
  out.push_back(wire_class);
  return out;
}

TEST_CASE("frames that lie cost the session and nothing else") {
  const bool hostile_larger = GENERATE(true, false);
  Village village(hostile_larger);
  const std::vector<std::pair<std::string, Bytes>> lies{
      {"length 0", header(0, 0)},
      {"4 GiB vote", header(0xffffffff, 0)},
      {"vote over its limit", header(static_cast<std::uint32_t>(limits::kVoteBytesMax + 2), 0)},
      {"proposal over its limit", header(static_cast<std::uint32_t>(limits::kNewViewBytesMax + 2), 1)},
      {"unknown class", header(10, 9)},
      {"ping with a payload", header(100, kPingClass)},
      {"a second greeting", hello_frame({})},
      {"a farewell in the middle", bye_frame("so long")},
  };
  for (const auto& [what, bytes] : lies) {
    INFO(what);
    RawClient client(village.port());
    REQUIRE(client.handshake(village.hostile));
    REQUIRE(client.greet(village.hostile.public_key(), village.victim.id()));
    REQUIRE(village.wait_hostile(true));
    CHECK(client.write(bytes));
    CHECK(client.closed_by_peer());
    REQUIRE(village.wait_hostile(false));
    CHECK_THAT(village.hostile_state().last_error, Catch::Contains("broken frame"));
    CHECK(village.victim.messages.empty());
  }
  village.check_unharmed();
}

TEST_CASE("greetings that lie are refused") {
  const bool hostile_larger = GENERATE(true, false);
  Village village(hostile_larger);
  const ChainId chain = chain_number(1);
  const std::vector<std::pair<std::string, Bytes>> lies{
      {"a vote instead", header(1, 0)},
      {"an announcement of a large frame", header(static_cast<std::uint32_t>(limits::kNewViewBytesMax), 1)},
      {"no canonical bytes",
       [] {
         Bytes out = header(4, kHelloClass);
         append(out, Bytes{1, 2, 3});
         return out;
       }()},
      {"another chain", hello_frame({kLinkProtocol, chain_number(9), 7, 1})},
      {"another protocol", hello_frame({kLinkProtocol + 1, chain, 7, 1})},
      {"a farewell that is no text",
       [] {
         Bytes out = header(3, kByeClass);
         append(out, Bytes{1, 0xff});
         return out;
       }()},
      {"a farewell with control characters", bye_frame("\x1b[31m\n")},
  };
  for (const auto& [what, bytes] : lies) {
    INFO(what);
    const std::size_t refusals = village.victim.refusals.size();
    RawClient client(village.port());
    REQUIRE(client.handshake(village.hostile));
    CHECK(client.write(bytes));
    CHECK(client.closed_by_peer());
    CHECK(village.victim.wait([&] { return village.victim.refusals.size() > refusals; }));
    CHECK_FALSE(village.hostile_state().connected);
  }
  village.check_unharmed();
}

TEST_CASE("strangers without a listed key come no further than the handshake") {
  Village village;
  {
    RawClient stranger(village.port());
    // In TLS 1.3 the caller learns of the refusal only with its first read.
    stranger.handshake(key_number(77));
    CHECK(stranger.closed_by_peer());
  }
  {
    RawClient anonymous(village.port());
    anonymous.handshake(std::nullopt);
    CHECK(anonymous.closed_by_peer());
  }
  CHECK(village.victim.wait([&] { return village.victim.refusals.size() >= 2; }));
  CHECK_THAT(village.victim.refusals[0], Catch::Contains("not among this node's peers"));
  CHECK_THAT(village.victim.refusals[1], Catch::Contains("no certificate"));
  village.check_unharmed();
}

TEST_CASE("garbage instead of TLS is dropped") {
  Village village;
  std::mt19937_64 random(1);
  for (int i = 0; i < 50; ++i) {
    RawClient client(village.port());
    Bytes garbage(1 + random() % 5000);
    for (Byte& byte : garbage) byte = static_cast<Byte>(random());
    if (i % 2 == 0) garbage = Bytes{'G', 'E', 'T', ' ', '/', ' ', 'H', 'T', 'T', 'P', '\r', '\n', '\r', '\n'};
    client.write_plain(garbage);
    if (i % 3 != 0) client.reset();
  }
  village.check_unharmed();
}

TEST_CASE("a connection that says nothing is dropped after the handshake's time") {
  TransportTuning tuning;
  tuning.handshake_timeout = 300ms;
  Village village(true, tuning);
  RawClient silent(village.port());
  CHECK(silent.closed_by_peer());
  // Silence after TLS, before the greeting, is bounded just so.
  RawClient mute(village.port());
  REQUIRE(mute.handshake(village.hostile));
  CHECK(mute.closed_by_peer());
  CHECK(village.victim.wait([&] { return village.victim.refusals.size() >= 2; }));
  for (const std::string& reason : village.victim.refusals) CHECK_THAT(reason, Catch::Contains("no answer within"));
  village.check_unharmed();
}

TEST_CASE("silent connections do not keep an honest node out") {
  TransportTuning tuning;
  tuning.handshake_timeout = 60s;
  Village village(true, tuning);
  std::vector<std::unique_ptr<RawClient>> silent;
  for (int i = 0; i < 50; ++i) silent.push_back(std::make_unique<RawClient>(village.port()));
  CHECK(village.victim.wait([&] { return village.victim.refusals.size() >= 40; }));
  // The hostile key plays an honest latecomer here.
  Node late(village.hostile);
  late.start({village.victim.address()});
  CHECK(late.wait_linked(village.victim));
  village.check_unharmed();
}

TEST_CASE("connections by the thousand, ended at any point, leave the node unharmed") {
  Village village;
  const Bytes hello = hello_frame({kLinkProtocol, chain_number(1), 7, 0});
  for (int i = 0; i < 2000; ++i) {
    RawClient client(village.port());
    // The rare ones go further, because each handshake costs a few milliseconds.
    if (i % 20 == 0 && client.handshake(village.hostile))
      client.write(ByteView(hello).first(static_cast<std::size_t>(i / 20) % hello.size()));
    if (i % 2 == 0) client.reset();
  }
  village.check_unharmed();
}

TEST_CASE("resets in the middle of frames end only that session") {
  Village village;
  Bytes stream;
  append_header(stream, 1, 100'000);
  stream.resize(60'000, 1);
  for (std::size_t cut = 0; cut < stream.size(); cut += 7'001) {
    RawClient client(village.port());
    REQUIRE(client.handshake(village.hostile));
    REQUIRE(client.greet(village.hostile.public_key(), village.victim.id()));
    REQUIRE(village.wait_hostile(true));
    if (cut > 0) CHECK(client.write(ByteView(stream).first(cut)));
    client.reset();
    REQUIRE(village.wait_hostile(false));
  }
  CHECK(village.victim.messages.empty());
  village.check_unharmed();
}

TEST_CASE("a peer that falls silent is noticed though its connection stands") {
  TransportTuning tuning;
  tuning.ping_interval = 100ms;
  tuning.idle_timeout = 600ms;
  Village village(true, tuning);
  RawClient client(village.port());
  REQUIRE(client.handshake(village.hostile));
  REQUIRE(client.greet(village.hostile.public_key(), village.victim.id()));
  REQUIRE(village.wait_hostile(true));
  REQUIRE(village.wait_hostile(false));
  CHECK_THAT(village.hostile_state().last_error, Catch::Contains("nothing heard"));
  village.check_unharmed();
}

TEST_CASE("a second session of the same key and direction replaces the first") {
  const bool hostile_larger = GENERATE(true, false);
  Village village(hostile_larger);
  RawClient first(village.port());
  REQUIRE(first.handshake(village.hostile));
  REQUIRE(first.greet(village.hostile.public_key(), village.victim.id()));
  REQUIRE(village.wait_hostile(true));
  RawClient second(village.port());
  REQUIRE(second.handshake(village.hostile));
  if (hostile_larger) {
    REQUIRE(second.greet(village.hostile.public_key(), village.victim.id()));
  } else {
    // As the arbiter, it numbers its choice.
    const Bytes hello = hello_frame({kLinkProtocol, chain_number(1), 7, 2});
    REQUIRE_FALSE(second.read().empty());
    REQUIRE(second.write(hello));
  }
  CHECK(first.closed_by_peer());
  CHECK(village.victim.wait([&] { return village.victim.connects == 3; }));
  CHECK(village.victim.ends.size() == 1);
  CHECK_THAT(village.victim.ends.front(), Catch::Contains("replaced"));
  CHECK(village.hostile_state().connected);
  Bytes frame;
  append_header(frame, 0, 1);
  frame.push_back(5);
  CHECK(second.write(frame));
  CHECK(village.victim.wait_messages(1));
  village.check_unharmed();
}

TEST_CASE("a peer that never reads costs no more than its queue") {
  TransportTuning tuning;
  tuning.messages_per_second_max = 1'000'000;
  Village village(true, tuning);
  RawClient client(village.port());
  REQUIRE(client.handshake(village.hostile));
  REQUIRE(client.greet(village.hostile.public_key(), village.victim.id()));
  REQUIRE(village.wait_hostile(true));
  const auto bundle = payload_of(limits::kBundleBytesMax);
  std::size_t taken = 0;
  CHECK(village.victim.wait([&] {
    while (village.victim.transport->send(village.hostile.public_key(), MessageClass::transactions, bundle)) ++taken;
    return village.hostile_state().refused_sends > 0;
  }));
  CHECK(taken * bundle->size() < limits::kPeerSendBytesMax + 16 * limits::kMiB);
  village.check_unharmed();
}

}  // namespace
