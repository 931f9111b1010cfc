#include <sys/resource.h>

#include "node/http_test_support.h"

namespace {

using namespace tally;
using namespace tally::node;
using namespace tally::node::http_test;

constexpr milliseconds kShort{100};
// What a timeout of kShort may take on a loaded machine, and far less than the times that are left long.
constexpr milliseconds kSlack{4000};

TEST_CASE("http: a connection that says nothing is closed after the header's time") {
  HttpLimits limits;
  limits.header_timeout = kShort;
  const auto server = serve(echo_handler(), limits);
  const auto begin = Clock::now();
  RawSocket silent(server->port());
  CHECK(silent.read_to_end(kSlack).empty());
  CHECK(since(begin) >= kShort);
}

TEST_CASE("http: a header that trickles is cut off with 408") {
  HttpLimits limits;
  limits.header_timeout = kShort;
  const auto server = serve(echo_handler(), limits);
  RawSocket slow(server->port());
  const auto begin = Clock::now();
  // One byte at a time for as long as the server listens: every byte is progress, and none buys more time.
  std::string received = "";
  const std::string header = "GET / HTTP/1.1\r\nHost: t\r\nX: ";
  for (std::size_t i = 0; received.empty() && since(begin) < kSlack; ++i) {
    if (!slow.send(i < header.size() ? header.substr(i, 1) : "x")) break;
    received = slow.read_until("\r\n\r\n", milliseconds(2));
  }
  received += slow.read_to_end();
  CHECK(status_of(received) == 408);
  CHECK_THAT(received, Catch::Contains("\"field\":\"header\""));
}

TEST_CASE("http: the header's time runs anew for every request") {
  HttpLimits limits;
  limits.header_timeout = kShort;
  const auto server = serve(echo_handler(), limits);
  RawSocket socket(server->port());
  REQUIRE(socket.send(get("/")));
  CHECK(status_of(socket.read_response()) == 200);
  const auto begin = Clock::now();
  REQUIRE(socket.send("GET /half"));
  CHECK(status_of(socket.read_to_end(kSlack)) == 408);
  CHECK(since(begin) >= kShort);
}

TEST_CASE("http: idle connections are closed without a word") {
  HttpLimits limits;
  limits.idle_timeout = kShort;
  const auto server = serve(echo_handler(), limits);
  RawSocket socket(server->port());
  REQUIRE(socket.send(get("/")));
  CHECK(status_of(socket.read_response()) == 200);
  CHECK(socket.read_to_end(kSlack).empty());
}

TEST_CASE("http: a body that stalls is cut off with 408") {
  HttpLimits limits;
  limits.body_timeout = kShort;
  const auto server = serve(echo_handler(), limits);
  RawSocket socket(server->port());
  REQUIRE(socket.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc"));
  const auto response = socket.read_to_end(kSlack);
  CHECK(status_of(response) == 408);
  CHECK_THAT(response, Catch::Contains("\"field\":\"body\""));
}

TEST_CASE("http: a body slower than the least rate is cut off long before the body's time") {
  HttpLimits limits;
  limits.body_timeout = std::chrono::minutes(10);
  limits.body_grace = kShort;
  limits.body_bytes_per_second_min = 100000;
  const auto server = serve(echo_handler(), limits);
  const bool chunked = GENERATE(false, true);
  RawSocket socket(server->port());
  REQUIRE(socket.send(chunked ? "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
                              : "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n\r\n"));
  const auto begin = Clock::now();
  std::string received;
  while (received.empty() && since(begin) < kSlack) {
    if (!socket.send(chunked ? "1\r\nx\r\n" : "x")) break;
    received = socket.read_until("\r\n\r\n", milliseconds(2));
  }
  received += socket.read_to_end(kSlack);
  CHECK(status_of(received) == 408);
}

TEST_CASE("http: a body that keeps the rate is taken") {
  HttpLimits limits;
  limits.body_grace = kShort;
  limits.body_bytes_per_second_min = 10;
  const auto server = serve(echo_handler(), limits);
  RawSocket socket(server->port());
  REQUIRE(socket.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 40\r\n\r\n" + std::string(20, 'x')));
  // 20 bytes have paid for two seconds; the grace alone would be over.
  CHECK(socket.read_until("\r\n\r\n", 2 * kShort).empty());
  REQUIRE(socket.send(std::string(20, 'y')));
  CHECK(status_of(socket.read_response()) == 200);
}

TEST_CASE("http: a client that does not read is let go") {
  HttpLimits limits;
  limits.write_timeout = kShort;
  Gate dropped;
  auto mark = std::shared_ptr<int>(new int(0), [&](const int* number) {
    delete number;
    dropped.arrive();
  });
  const auto server = serve(
      [mark = std::move(mark)](const HttpRequest&, const Respond& respond) mutable {
        HttpResponse response{200, "text/plain", "x"};
        response.more = [mark = std::move(mark)] { return std::string(limits::kMiB, 'x'); };
        respond(std::move(response));
      },
      limits);
  RawSocket socket(server->port());
  REQUIRE(socket.send(get("/")));
  CHECK(dropped.wait_for(1));
}

TEST_CASE("http: header bytes and fields are limited, with 431") {
  const auto server = serve(echo_handler());
  RawSocket bytes(server->port());
  REQUIRE(bytes.send(get("/", "X: " + std::string(limits::kHttpHeaderBytesMax, 'x') + "\r\n")));
  CHECK(status_of(bytes.read_to_end()) == 431);
  std::string fields;
  for (std::size_t i = 1; i < limits::kHttpHeaderFieldsMax; ++i) fields += "X: y\r\n";
  RawSocket many(server->port());
  REQUIRE(many.send(get("/", fields)));
  CHECK(status_of(many.read_response()) == 200);
  REQUIRE(many.send(get("/", fields + "X: y\r\n")));
  CHECK(status_of(many.read_to_end()) == 431);
}

TEST_CASE("http: a body at the limit is taken, one byte more gets 413") {
  const auto server = serve([](const HttpRequest& request, const Respond& respond) {
    respond({200, "text/plain", std::to_string(request.body.size())});
  });
  HttpClient client = client_of(*server);
  CHECK(client.request("POST", "/", std::string(limits::kHttpBodyBytesMax, 'x')).value().body == "1048576");
  const auto over = client.request("POST", "/", std::string(limits::kHttpBodyBytesMax + 1, 'x'));
  CHECK(over.value().status == 413);
  CHECK(client.request("POST", "/", std::string(16 * limits::kMiB, 'x')).value().status == 413);
  RawSocket chunked(server->port());
  chunked.send("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n80000\r\n" + std::string(0x80000, 'x') +
               "\r\n80001\r\n" + std::string(0x80001, 'x') + "\r\n0\r\n\r\n");
  CHECK(status_of(chunked.read_to_end()) == 413);
}

TEST_CASE("http: all bodies together are limited") {
  HttpLimits limits;
  limits.bodies_bytes_max = 1500;
  Later later;
  const auto server =
      serve([&](HttpRequest request, Respond respond) { later.keep(std::move(request), std::move(respond)); }, limits);
  const std::string post = "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x');
  RawSocket first(server->port());
  REQUIRE(first.send(post));
  auto kept = later.next();
  RawSocket second(server->port());
  REQUIRE(second.send(post));
  CHECK(status_of(second.read_to_end()) == 503);
  kept.second({});
  CHECK(status_of(first.read_response()) == 200);
  REQUIRE(first.send(post));
  later.next().second({});
  CHECK(status_of(first.read_response()) == 200);
}

TEST_CASE("http: sessions are limited in all, and room is made when they end") {
  HttpLimits limits;
  limits.sessions_max = 3;
  const auto server = serve(echo_handler(), limits);
  std::vector<RawSocket> open;
  for (int i = 0; i < 3; ++i) {
    REQUIRE(open.emplace_back(server->port()).send(get("/")));
    CHECK(status_of(open.back().read_response()) == 200);
  }
  RawSocket beyond(server->port());
  const auto refused = beyond.read_to_end();
  CHECK(status_of(refused) == 503);
  CHECK_THAT(refused, Catch::Contains("Retry-After: 1") && Catch::Contains("\"code\":\"busy\""));
  // The open ones are served as before.
  REQUIRE(open.front().send(get("/")));
  CHECK(status_of(open.front().read_response()) == 200);
  open.pop_back();
  const auto deadline = Clock::now() + kPatience;
  int status = 0;
  while (status != 200 && Clock::now() < deadline) {
    RawSocket next(server->port());
    next.send(get("/"));
    status = status_of(next.read_response());
  }
  CHECK(status == 200);
}

TEST_CASE("http: one address cannot take every session") {
  HttpLimits limits;
  limits.sessions_per_address_max = 2;
  const auto server = serve(echo_handler(), limits);
  std::vector<RawSocket> greedy;
  for (int i = 0; i < 2; ++i) {
    REQUIRE(greedy.emplace_back(server->port(), "127.0.0.2").send(get("/")));
    CHECK(status_of(greedy.back().read_response()) == 200);
  }
  RawSocket third(server->port(), "127.0.0.2");
  const auto refused = third.read_to_end();
  CHECK(status_of(refused) == 503);
  CHECK_THAT(refused, Catch::Contains("127.0.0.2"));
  RawSocket other(server->port(), "127.0.0.3");
  REQUIRE(other.send(get("/")));
  CHECK(status_of(other.read_response()) == 200);
}

TEST_CASE("http: thousands of idle connections neither stop a client that is in nor keep one out for long") {
  rlimit files{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &files) == 0);
  const std::size_t wanted = std::min<std::size_t>(2000, (files.rlim_cur - 100) / 3);
  HttpLimits limits;
  limits.sessions_max = wanted / 2;
  limits.header_timeout = milliseconds(1500);
  const auto server = serve(echo_handler(), limits);
  HttpClient early = client_of(*server);
  REQUIRE(early.request("GET", "/").value().status == 200);
  std::vector<RawSocket> idle;
  for (std::size_t i = 0; i < wanted; ++i)
    idle.emplace_back(server->port(), "127.0.1." + std::to_string(1 + i / limits.sessions_per_address_max));
  for (int i = 0; i < 20; ++i) CHECK(early.request("GET", "/").value().status == 200);
  // A newcomer gets in as soon as the silent ones have used up their time for a header.
  const auto deadline = Clock::now() + kPatience;
  int status = 0;
  while (status != 200 && Clock::now() < deadline) {
    HttpClient late = client_of(*server);
    const auto response = late.request("GET", "/");
    status = response ? response->status : 0;
  }
  CHECK(status == 200);
}

TEST_CASE("http: a handler that never answers is answered for") {
  HttpLimits limits;
  limits.answer_timeout = kShort;
  Later later;
  const auto server =
      serve([&](HttpRequest request, Respond respond) { later.keep(std::move(request), std::move(respond)); }, limits);
  RawSocket socket(server->port());
  REQUIRE(socket.send(get("/")));
  CHECK(status_of(socket.read_response()) == 504);
  REQUIRE(socket.send(get("/")));
  later.next().second({200, "text/plain", "too late"});
  later.next().second({200, "text/plain", "in time"});
  CHECK_THAT(socket.read_response(), Catch::EndsWith("in time") || Catch::Contains("504"));
}

TEST_CASE("http: a long poll outlasts the times for reading and writing") {
  HttpLimits limits;
  limits.header_timeout = limits.body_timeout = limits.idle_timeout = limits.write_timeout = milliseconds(50);
  Later later;
  const auto server =
      serve([&](HttpRequest request, Respond respond) { later.keep(std::move(request), std::move(respond)); }, limits);
  RawSocket socket(server->port());
  REQUIRE(socket.send(get("/")));
  auto kept = later.next();
  CHECK(socket.read_until("HTTP", milliseconds(300)).empty());
  kept.second({});
  CHECK(status_of(socket.read_response()) == 200);
}

}  // namespace
