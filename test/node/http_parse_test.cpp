#include "node/http_parse.h"

#include <catch2/catch.hpp>
#include <random>

namespace {

using namespace tally;
using namespace tally::node;

// Feeds in pieces of `step` bytes, as sockets do: what is not used is offered again with more.
std::optional<HttpRefusal> feed_all(HttpRequestReader& reader, std::string_view text, std::size_t step,
                                    std::string* rest = nullptr) {
  std::string pending;
  for (;;) {
    const HttpFed fed = reader.feed(pending);
    pending.erase(0, fed.used);
    if (fed.refusal) return fed.refusal;
    if (reader.done() || (text.empty() && fed.used == 0)) break;
    pending.append(text.substr(0, step));
    text.remove_prefix(std::min(step, text.size()));
  }
  if (rest != nullptr) *rest = pending + std::string(text);
  return std::nullopt;
}

constexpr std::string_view kChunked =
    "\r\nPOST /a%20b?x=1 HTTP/1.1\r\nHost: h\r\nX-Test: 1\r\nX-TEST: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
    "4;ext=1\r\nwiki\r\n1\r\n!\r\n0\r\nTrailer: ignored\r\n\r\n";

TEST_CASE("http: a request reads the same in pieces of any size") {
  const std::size_t step = GENERATE(range<std::size_t>(1, 130));
  CAPTURE(step);
  HttpRequestReader reader{HttpLimits{}};
  std::string rest;
  const auto refusal = feed_all(reader, std::string(kChunked) + "GET", step, &rest);
  REQUIRE_FALSE(refusal);
  REQUIRE(reader.done());
  CHECK(rest == "GET");
  CHECK(reader.keep_alive());
  const HttpRequest request = reader.take();
  CHECK(request.method == "POST");
  CHECK(request.path == "/a b");
  CHECK(request.target == "/a%20b?x=1");
  CHECK(request.query.at("x") == "1");
  CHECK(request.headers.at("x-test") == "1, 2");
  CHECK_FALSE(request.headers.contains("trailer"));
  CHECK(request.body == "wiki!");
}

TEST_CASE("http: malformed requests are refused, in one piece and byte by byte") {
  struct Row {
    std::string text;
    int status;
  };
  const auto row = GENERATE(values<Row>({
      {"\x16\x03\x01\x02", 400},
      {"GET / HTTP/9.9\r\nHost: h\r\n\r\n", 400},
      {"GET / HTTP/1.1\nHost: h\n\n\r\n\r\n", 400},
      {"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"G\x01T / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: h\r\nX: a\x01z\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nab", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(9000, 'x'), 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nfffff0\r\nabc", 413},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\n\r\n", 413},
      {"GET /" + std::string(20000, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n", 431},
      {"GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(17000, 'x') + "\r\n\r\n", 431},
  }));
  for (const std::size_t step : {row.text.size(), std::size_t{1}, std::size_t{7}}) {
    CAPTURE(row.text.substr(0, 100), step);
    HttpRequestReader reader{HttpLimits{}};
    const auto refusal = feed_all(reader, row.text, step);
    REQUIRE(refusal);
    CHECK(refusal->status == row.status);
  }
}

TEST_CASE("http: the header's limits are exact") {
  HttpLimits limits;
  limits.header_bytes_max = 200;
  limits.header_fields_max = 3;
  const auto try_header = [&](const std::string& text, std::size_t step) {
    HttpRequestReader reader(limits);
    const auto refusal = feed_all(reader, text, step);
    return refusal ? refusal->status : (reader.done() ? 200 : 0);
  };
  const std::string front = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
  const std::string exact = front + std::string(200 - front.size() - 4, 'x') + "\r\n\r\n";
  REQUIRE(exact.size() == 200);
  const std::string over = front + std::string(200 - front.size() - 3, 'x') + "\r\n\r\n";
  std::string lines = "GET / HTTP/1.1\r\nHost: h\r\n";
  for (int i = 0; i < 60; ++i) lines += "A: b\r\n";
  for (const std::size_t step : {1U, 6U, 26U, 1000U}) {
    CAPTURE(step);
    CHECK(try_header(exact, step) == 200);
    CHECK(try_header(over, step) == 431);
    CHECK(try_header(lines, step) == 431);
    CHECK(try_header("GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nB: 2\r\n\r\n", step) == 200);
    CHECK(try_header("GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", step) == 431);
  }
}

TEST_CASE("http: mutated requests never break the reader or its limits") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  HttpLimits limits;
  limits.header_bytes_max = 256;
  limits.body_bytes_max = 64;
  const std::vector<std::string> pieces = {"\r\n",
                                           "\r",
                                           "\n",
                                           "0\r\n",
                                           "5\r\n",
                                           ";",
                                           ":",
                                           " ",
                                           "%",
                                           "chunked",
                                           "HTTP/1.1",
                                           "Content-Length: 3\r\n",
                                           "Transfer-Encoding: chunked\r\n",
                                           "\r\n\r\n",
                                           "ffff"};
  for (int round = 0; round < 20000; ++round) {
    std::string text(kChunked);
    for (auto edits = random() % 6; edits > 0; --edits) {
      const std::size_t place = random() % (text.size() + 1);
      switch (random() % 4) {
        case 0:
          text.insert(place, pieces[random() % pieces.size()]);
          break;
        case 1:
          text.erase(place, random() % 8);
          break;
        case 2:
          text.insert(place, 1, static_cast<char>(random()));
          break;
        default:
          text.insert(place, text.substr(random() % text.size(), random() % 40));
          break;
      }
    }
    HttpRequestReader reader(limits);
    std::string pending;
    bool refused = false;
    while (!text.empty() && !reader.done() && !refused) {
      const std::size_t step = 1 + random() % 40;
      pending.append(text.substr(0, step));
      text.erase(0, step);
      const HttpFed fed = reader.feed(pending);
      REQUIRE(fed.used <= pending.size());
      pending.erase(0, fed.used);
      REQUIRE(reader.body_bytes() <= limits.body_bytes_max);
      refused = fed.refusal.has_value();
    }
    if (reader.done() && !refused) REQUIRE(reader.take().path.front() == '/');
  }
}

TEST_CASE("http: responses of every shape are read") {
  const std::size_t step = GENERATE(1U, 3U, 1000U);
  const auto read = [&](std::string_view text, bool closes) {
    HttpResponseReader reader(false, 100, nullptr);
    std::string pending;
    while (!text.empty() && !reader.done()) {
      pending.append(text.substr(0, step));
      text.remove_prefix(std::min<std::size_t>(step, text.size()));
      const auto used = reader.feed(pending);
      if (!used) return std::string(name_of(used.error().code));
      pending.erase(0, *used);
    }
    if (!reader.done() && !(closes && reader.finish())) return std::string("unfinished");
    const bool keep_alive = reader.keep_alive();
    const HttpResponse response = reader.take();
    return std::to_string(response.status) + ":" + response.body + (keep_alive ? "+" : "");
  };
  CHECK(read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false) == "200:ok+");
  CHECK(read("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", false) == "200:ok");
  CHECK(read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", false) == "201:+");
  CHECK(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", false) == "200:ok+");
  CHECK(read("HTTP/1.1 200 OK\r\n\r\nto the end", true) == "200:to the end");
  CHECK(read("HTTP/1.1 204 No Content\r\n\r\n", false) == "204:+");
  CHECK(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", true) == "unfinished");
  CHECK(read("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n" + std::string(101, 'x'), false) == "too_large");
  CHECK(read("SSH-2.0-OpenSSH_9.2\r\n\r\n\r\n", false) == "invalid_encoding");
}

}  // namespace
