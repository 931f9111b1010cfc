#include <atomic>
#include <random>
#include <stdexcept>
#include <thread>

#include "common/json.h"
#include "node/http_test_support.h"

namespace {

using namespace tally;
using namespace tally::node;
using namespace tally::node::http_test;

std::string code_of(const std::string& response) {
  const auto body = response.find("\r\n\r\n");
  REQUIRE(body != std::string::npos);
  return parse_json(response.substr(body + 4)).value()["code"].get<std::string>();
}

TEST_CASE("http: handlers get decoded paths, queries and lower-case names") {
  const auto server = serve(echo_handler());
  RawSocket socket(server->port());
  REQUIRE(socket.send("POST /v1/%E5%BC%A0?q=a+b HTTP/1.1\r\nHost: t\r\nX-TEST: yes\r\nContent-Length: 4\r\n\r\nbody"));
  const auto response = socket.read_response();
  CHECK(status_of(response) == 200);
  CHECK_THAT(response, Catch::EndsWith("POST /v1/张|q=a b;|yes|body"));
  CHECK_THAT(response, Catch::Contains("\r\nDate: "));
}

TEST_CASE("http: one connection carries many requests") {
  const auto server = serve(echo_handler());
  RawSocket socket(server->port());
  for (int i = 0; i < 50; ++i) {
    REQUIRE(socket.send(get("/" + std::to_string(i))));
    CHECK_THAT(socket.read_response(), Catch::EndsWith("GET /" + std::to_string(i) + "|||"));
  }
  REQUIRE(socket.send(get("/last", "Connection: close\r\n")));
  CHECK_THAT(socket.read_to_end(), Catch::Contains("Connection: close") && Catch::EndsWith("GET /last|||"));
}

TEST_CASE("http: HTTP/1.0 ends after one answer unless asked otherwise") {
  const auto server = serve(echo_handler());
  RawSocket once(server->port());
  REQUIRE(once.send("GET /a HTTP/1.0\r\n\r\n"));
  CHECK_THAT(once.read_to_end(), Catch::EndsWith("GET /a|||"));
  RawSocket again(server->port());
  REQUIRE(again.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  CHECK_THAT(again.read_response(), Catch::Contains("Connection: keep-alive"));
  REQUIRE(again.send("GET /b HTTP/1.0\r\n\r\n"));
  CHECK_THAT(again.read_to_end(), Catch::EndsWith("GET /b|||"));
}

TEST_CASE("http: pipelined requests are answered in order, also when answered late") {
  Later later;
  const auto server = serve([&](HttpRequest request, Respond respond) {
    if (request.path == "/late") return later.keep(std::move(request), std::move(respond));
    respond({200, "text/plain", request.path + request.body});
  });
  RawSocket socket(server->port());
  std::string text = get("/late");
  for (int i = 0; i < 100; ++i)
    text +=
        "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\n:" + std::to_string(i % 10);
  REQUIRE(socket.send(text));
  later.next().second({200, "text/plain", "first"});
  CHECK_THAT(socket.read_response(), Catch::EndsWith("first"));
  for (int i = 0; i < 100; ++i)
    CHECK_THAT(socket.read_response(), Catch::EndsWith("/" + std::to_string(i) + ":" + std::to_string(i % 10)));
}

TEST_CASE("http: HEAD, OPTIONS and methods that are not served") {
  const auto server = serve(echo_handler());
  RawSocket socket(server->port());
  REQUIRE(socket.send("HEAD /a HTTP/1.1\r\nHost: t\r\n\r\n"));
  const auto head = socket.read_until("\r\n\r\n");
  CHECK_THAT(head, Catch::Contains("Content-Length: 9\r\n"));
  REQUIRE(socket.send("OPTIONS * HTTP/1.1\r\nHost: t\r\n\r\n"));
  const auto options = socket.read_until("\r\n\r\n");
  CHECK(status_of(options) == 204);
  CHECK_THAT(options, Catch::Contains("Allow: GET, HEAD, POST") && !Catch::Contains("Content-Length"));
  REQUIRE(socket.send("TRACE / HTTP/1.1\r\nHost: t\r\n\r\n"));
  CHECK(status_of(socket.read_response()) == 501);
  REQUIRE(socket.send("DELETE /x HTTP/1.1\r\nHost: t\r\n\r\n"));
  CHECK_THAT(socket.read_response(), Catch::EndsWith("DELETE /x|||"));
}

TEST_CASE("http: malformed requests get a problem document and never reach the handler") {
  std::atomic<int> calls = 0;
  const auto server = serve([&](const HttpRequest&, const Respond& respond) {
    ++calls;
    respond({});
  });
  const auto text = GENERATE(
      as<std::string>{}, "GET /%zz HTTP/1.1\r\nHost: t\r\n\r\n", "\x16\x03\x01\x02\x03", "GET / HTTP/1.1\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc");
  RawSocket socket(server->port());
  REQUIRE(socket.send(text));
  const auto response = socket.read_to_end();
  CHECK(status_of(response) == 400);
  CHECK_THAT(response, Catch::Contains("application/problem+json") && Catch::Contains("Connection: close"));
  CHECK_THAT(code_of(response), Catch::StartsWith("invalid_") || Catch::Equals("missing_field"));
  CHECK(calls == 0);
}

TEST_CASE("http: answers may come later, from another thread, once") {
  Later later;
  const auto server = serve([&](HttpRequest request, Respond respond) { later.keep(std::move(request), respond); });
  RawSocket socket(server->port());
  for (int i = 0; i < 20; ++i) {
    REQUIRE(socket.send(get("/" + std::to_string(i))));
    const auto kept = later.next();
    std::thread([&kept] {
      kept.second({200, "text/plain", kept.first.path});
      kept.second({500, "text/plain", "again"});
    }).join();
    CHECK_THAT(socket.read_response(), Catch::EndsWith("\r\n\r\n/" + std::to_string(i)));
  }
}

TEST_CASE("http: a request dropped unanswered and a handler that throws answer 500") {
  const auto server = serve([](const HttpRequest& request, const Respond&) {
    if (request.path == "/throw") throw std::runtime_error("secret detail");
    if (request.path == "/odd") throw 7;
  });
  RawSocket socket(server->port());
  for (const auto* path : {"/drop", "/throw", "/odd"}) {
    REQUIRE(socket.send(get(path)));
    const auto response = socket.read_response();
    CHECK(status_of(response) == 500);
    CHECK(code_of(response) == "internal");
    CHECK_THAT(response, !Catch::Contains("secret"));
  }
}

TEST_CASE("http: an answer that cannot be sent safely becomes 500") {
  const auto server = serve([](const HttpRequest&, const Respond& respond) {
    respond({200, "text/plain", "x", {{"X-Bad", "a\r\nSet-Cookie: b"}}});
  });
  RawSocket socket(server->port());
  REQUIRE(socket.send(get("/")));
  const auto response = socket.read_response();
  CHECK(status_of(response) == 500);
  CHECK_THAT(response, !Catch::Contains("Set-Cookie"));
}

TEST_CASE("http: bodies of unknown length are sent in chunks, to HTTP/1.0 until the end") {
  const auto server = serve([](const HttpRequest& request, const Respond& respond) {
    HttpResponse response{200, "text/plain", "head;"};
    response.more = [left = 3, fails = request.path == "/fails"]() mutable {
      if (fails && left == 1) throw std::runtime_error("source failed");
      return left-- > 0 ? "piece" + std::to_string(left) + ";" : std::string();
    };
    respond(std::move(response));
  });
  RawSocket chunked(server->port());
  REQUIRE(chunked.send(get("/")));
  CHECK_THAT(chunked.read_until("0\r\n\r\n"),
             Catch::EndsWith("5\r\nhead;\r\n7\r\npiece2;\r\n7\r\npiece1;\r\n7\r\npiece0;\r\n0\r\n\r\n"));
  REQUIRE(chunked.send(get("/fails")));
  CHECK_THAT(chunked.read_to_end(), Catch::EndsWith("piece2;\r\n") || Catch::EndsWith("piece1;\r\n"));
  RawSocket plain(server->port());
  REQUIRE(plain.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  CHECK_THAT(plain.read_to_end(), Catch::EndsWith("\r\n\r\nhead;piece2;piece1;piece0;"));
}

TEST_CASE("http: 100-continue is sent for a body that is wanted") {
  const auto server = serve(echo_handler());
  RawSocket socket(server->port());
  REQUIRE(socket.send("POST /a HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
  CHECK(socket.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  REQUIRE(socket.send("ab"));
  CHECK_THAT(socket.read_response(), Catch::EndsWith("|ab"));
  REQUIRE(socket.send("POST /a HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 2000000\r\n\r\n"));
  CHECK(status_of(socket.read_to_end()) == 413);
}

TEST_CASE("http: shutdown is prompt with long polls, idle connections and half requests outstanding") {
  Later later;
  auto server =
      serve([&](HttpRequest request, Respond respond) { later.keep(std::move(request), std::move(respond)); }, {}, 2);
  std::vector<RawSocket> polls;
  std::vector<Respond> kept;
  for (int i = 0; i < 10; ++i) {
    REQUIRE(polls.emplace_back(server->port()).send(get("/poll")));
    kept.push_back(later.next().second);
  }
  RawSocket idle(server->port());
  RawSocket half(server->port());
  REQUIRE(half.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 100\r\n\r\nabc"));
  const auto begin = Clock::now();
  server.reset();
  CHECK(since(begin) < milliseconds(1500));
  for (auto& poll : polls) {
    const auto response = poll.read_to_end();
    CHECK(status_of(response) == 503);
    CHECK(code_of(response) == "busy");
  }
  CHECK(idle.closes_within(kPatience));
  CHECK(half.closes_within(kPatience));
  // Answers after the end go nowhere and touch nothing.
  for (auto& respond : kept) respond({});
}

TEST_CASE("http: shutdown while answers are being given and taken") {
  for (int round = 0; round < 20; ++round) {
    Later later;
    auto server = serve([&](HttpRequest request, Respond respond) { later.keep(std::move(request), respond); }, {}, 2);
    std::vector<RawSocket> sockets;
    std::vector<Respond> kept;
    for (int i = 0; i < 8; ++i) {
      REQUIRE(sockets.emplace_back(server->port()).send(get("/") + get("/next")));
      kept.push_back(later.next().second);
    }
    std::thread answers([&] {
      for (auto& respond : kept) respond({200, "text/plain", "x"});
    });
    server.reset();
    answers.join();
    for (auto& socket : sockets) CHECK(socket.closes_within(kPatience));
  }
}

TEST_CASE("http: shutdown does not wait for a client that does not read") {
  auto server = serve([](const HttpRequest&, const Respond& respond) {
    respond({200, "text/plain", std::string(50 * limits::kMiB, 'x')});
  });
  RawSocket socket(server->port());
  REQUIRE(socket.send(get("/")));
  CHECK_THAT(socket.read_until("200 OK"), Catch::Contains("200 OK"));
  const auto begin = Clock::now();
  server.reset();
  CHECK(since(begin) < milliseconds(1500));
}

TEST_CASE("http: a port in use is named") {
  const auto first = serve(echo_handler());
  HttpServerOptions options;
  options.port = first->port();
  const auto second = start_http_server(options, echo_handler());
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().code == ErrorCode::io_failed);
  CHECK_THAT(second.error().text(), Catch::Contains("http://127.0.0.1:" + std::to_string(first->port())));
}

TEST_CASE("http: garbage neither stops the server nor reaches the handler") {
  const auto seed = static_cast<unsigned>(Clock::now().time_since_epoch().count());
  CAPTURE(seed);
  std::minstd_rand random(seed);
  HttpLimits limits;
  limits.header_timeout = milliseconds(50);
  limits.body_timeout = milliseconds(50);
  const auto server = serve(echo_handler(), limits, 2);
  for (int round = 0; round < 300; ++round) {
    RawSocket socket(server->port());
    std::string bytes =
        random() % 2 == 0 ? std::string() : "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (auto left = random() % 200; left > 0; --left) bytes += static_cast<char>(random());
    socket.send(bytes);
    if (random() % 2 == 0) socket.finish_sending();
  }
  HttpClient client = client_of(*server);
  CHECK(client.request("GET", "/fine").value().body == "GET /fine|||");
}

}  // namespace
