// Scenario 44: clients that are slow on purpose, half-open TLS, and thousands of sockets on both ports of one node of a
// real network. The network goes on, the limits answer as they should, memory stays flat, other clients are served.
#include <catch2/catch.hpp>
#include <sys/resource.h>

#include "common/limits.h"
#include "memory_watch.h"
#include "node/http_test_support.h"
#include "village_network.h"

namespace tally::e2e {

namespace {

using node::http_test::Clock;
using node::http_test::RawSocket;
using node::http_test::status_of;

constexpr std::size_t kVictim = 0;
constexpr std::size_t kLeftAlone = 2;
// What a time-out may take longer on a loaded machine.
constexpr Milliseconds kSlack{10000};

std::uint16_t port_of(const std::string& address) {
  return static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)));
}

// Sends a piece every now and then until the node answers or closes; what it answered.
std::string trickle(RawSocket& socket, std::string_view piece, Milliseconds limit) {
  const auto end = Clock::now() + limit;
  std::string received;
  while (received.empty() && Clock::now() < end) {
    if (!socket.send(piece)) break;
    received = socket.read_until("\r\n\r\n", Milliseconds(100));
  }
  return received + socket.read_to_end(kSlack);
}

std::string other_address(std::size_t network, std::size_t index) {
  return "127.0." + std::to_string(network + index / 250) + "." + std::to_string(1 + index % 250);
}

struct Siege {
  VillageNetwork network;
  Traffic traffic{network};
  std::uint16_t api = port_of(network->file().nodes[kVictim].api);
  std::uint16_t p2p = port_of(network->file().nodes[kVictim].p2p);

  Siege() { traffic.await_progress(50); }
  void finish(const MemoryWatch& memory) {
    traffic.await_progress(20);
    memory.require_flat();
    require_nothing_lost(network, traffic);
  }
};

// As many sockets as this process may open and the test still needs others for.
std::size_t sockets_wanted(std::size_t wanted) {
  rlimit files{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &files) == 0);
  return std::min<std::size_t>(wanted, files.rlim_cur - std::min<rlim_t>(files.rlim_cur, 200));
}

void slow_headers_and_bodies(Siege& siege, std::size_t each) {
  std::vector<RawSocket> headers;
  std::vector<RawSocket> bodies;
  for (std::size_t i = 0; i < each; ++i) {
    REQUIRE(headers.emplace_back(siege.api, other_address(2, i)).send("GET /v1/status HTTP/1.1\r\nHost: t\r\nX: "));
    REQUIRE(bodies.emplace_back(siege.api, other_address(4, i))
                .send("POST /v1/transactions HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000\r\n\r\n{"));
  }
  // The first of each trickle; their time is over together with that of the silent rest.
  const auto begin = Clock::now();
  CHECK(status_of(trickle(bodies.front(), "x", limits::kHttpBodyTimeout + kSlack)) == 408);
  CHECK(status_of(trickle(headers.front(), "x", limits::kHttpHeaderTimeout + kSlack)) == 408);
  for (std::size_t i = 1; i < each; ++i) {
    CHECK(status_of(headers[i].read_to_end(kSlack)) == 408);
    CHECK(status_of(bodies[i].read_to_end(kSlack)) == 408);
  }
  CHECK(Clock::now() - begin < limits::kHttpHeaderTimeout + limits::kHttpBodyTimeout + 2 * kSlack);
}

// Asks for far more than the sockets between hold, and reads nothing until the node has given up.
void readers_that_do_not_read(Siege& siege, std::size_t count) {
  constexpr std::size_t kAsked = 2000;
  std::string requests;
  for (std::size_t i = 0; i < kAsked; ++i) requests += "GET /v1/genesis HTTP/1.1\r\nHost: t\r\n\r\n";
  std::vector<RawSocket> readers;
  for (std::size_t i = 0; i < count; ++i)
    // The node stops reading as well, so that not all of it need go out.
    readers.emplace_back(siege.api, other_address(6, i)).send(requests.substr(0, 60'000));
  const auto until = Clock::now() + limits::kHttpWriteTimeout + Milliseconds(2000);
  while (Clock::now() < until) siege.traffic.await_progress(10);
  for (auto& reader : readers) {
    std::size_t answers = 0;
    while (status_of(reader.read_response()) == 200) ++answers;
    CAPTURE(answers);
    CHECK(answers < 60'000 / 40);
    CHECK(reader.closes_within(kSlack));
  }
}

void half_open_tls(Siege& siege, std::size_t count) {
  // A TLS record that announces a ClientHello and stops in the middle of it.
  const std::string hello("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
  std::vector<RawSocket> silent;
  std::vector<RawSocket> begun;
  for (std::size_t i = 0; i < count; ++i) {
    silent.emplace_back(siege.p2p, other_address(8, i));
    begun.emplace_back(siege.p2p, other_address(10, i)).send(hello);
  }
  siege.traffic.await_progress(20);
  for (auto& socket : silent) CHECK(socket.closes_within(limits::kHandshakeTimeout + kSlack));
  for (auto& socket : begun) CHECK(socket.closes_within(limits::kHandshakeTimeout + kSlack));
}

void thousands_of_sockets(Siege& siege, std::size_t wanted) {
  node::HttpClient early = node::HttpClient::open(siege.network->url(kVictim)).value();
  REQUIRE(early.request("GET", "/v1/status").value().status == 200);
  std::vector<RawSocket> idle;
  for (std::size_t i = 0; i < wanted; ++i)
    idle.emplace_back(siege.api, other_address(12, i / limits::kHttpSessionsPerAddressMax));
  // A client that is in is served; the network goes on.
  for (int i = 0; i < 20; ++i) CHECK(early.request("GET", "/v1/status").value().status == 200);
  siege.traffic.await_progress(20);
  // Beyond the limit the node closes at once, and tells some of them why; the others' time for a header ends.
  std::size_t open = 0;
  for (auto& socket : idle) open += socket.closes_within(Milliseconds(1)) ? 0 : 1;
  CHECK(open <= limits::kHttpSessionsMax);
  std::size_t told = 0;
  for (auto& socket : idle) {
    const std::string said = socket.read_to_end(limits::kHttpHeaderTimeout + kSlack);
    if (said.empty()) continue;
    CHECK(status_of(said) == 503);
    CHECK_THAT(said, Catch::Contains("Retry-After"));
    ++told;
  }
  if (wanted > limits::kHttpSessionsMax) CHECK(told > 0);
  idle.clear();
  // More than its share from one address.
  std::vector<RawSocket> greedy;
  std::size_t too_many = 0;
  for (std::size_t i = 0; i < 2 * limits::kHttpSessionsPerAddressMax; ++i)
    greedy.emplace_back(siege.api, "127.0.99.1").send("GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n");
  for (auto& socket : greedy) too_many += status_of(socket.read_response()) == 503 ? 1 : 0;
  CHECK(too_many == limits::kHttpSessionsPerAddressMax);
  greedy.clear();
  std::vector<RawSocket> strangers;
  for (std::size_t i = 0; i < wanted; ++i) strangers.emplace_back(siege.p2p, other_address(20, i));
  siege.traffic.await_progress(20);
  for (auto& socket : strangers) CHECK(socket.closes_within(limits::kHandshakeTimeout + kSlack));
}

// The victim answers newcomers again and still has all its peers.
void check_served(Siege& siege) {
  const auto served = devnet::poll_until(kFinalLimit, [&] {
    const auto status = siege.network.client(kVictim).status();
    return status && status->peers_connected == siege.network->size() - 1;
  });
  CHECK(served);
}

void all_of_it(Siege& siege, std::size_t sockets) {
  slow_headers_and_bodies(siege, 20);
  check_served(siege);
  readers_that_do_not_read(siege, 5);
  check_served(siege);
  half_open_tls(siege, 40);
  check_served(siege);
  thousands_of_sockets(siege, sockets_wanted(sockets));
  check_served(siege);
}

}  // namespace

TEST_CASE("44 slow clients and thousands of sockets leave the network at work") {
  Siege siege;
  const MemoryWatch memory(siege.network, kVictim, kLeftAlone);
  all_of_it(siege, 2000);
  siege.finish(memory);
}

TEST_CASE("44 slow clients for minutes", "[.long]") {
  Siege siege;
  const MemoryWatch memory(siege.network, kVictim, kLeftAlone);
  const auto end = Clock::now() + std::chrono::minutes(10);
  while (Clock::now() < end) {
    all_of_it(siege, 5000);
    memory.require_flat();
  }
  siege.finish(memory);
}

}  // namespace tally::e2e
