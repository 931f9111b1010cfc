#include <atomic>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "node/http_test_support.h"

namespace {

using namespace tally;
using namespace tally::node;
using namespace tally::node::http_test;

// A listener that answers connection after connection with given bytes, and then closes each.
class Scripted {
 public:
  // Each script entry serves one connection: for every text, one request is read and the text sent.
  explicit Scripted(std::vector<std::vector<std::string>> script) : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_, 16) == 0);
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, script = std::move(script)] { run(script); });
  }
  Scripted(const Scripted&) = delete;
  Scripted& operator=(const Scripted&) = delete;
  ~Scripted() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  Gate requests;
  Gate closed;

 private:
  void run(const std::vector<std::vector<std::string>>& script) {
    for (const auto& texts : script) {
      const int connection = ::accept(listener_, nullptr, nullptr);
      if (connection < 0) return;
      for (const auto& text : texts) {
        std::string request;
        char byte = 0;
        while (!request.ends_with("\r\n\r\n") && ::recv(connection, &byte, 1, 0) == 1) request += byte;
        requests.arrive();
        ::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
      }
      ::close(connection);
      closed.arrive();
    }
  }

  int listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST_CASE("http client: statuses, headers, bodies and keep-alive") {
  std::atomic<int> calls = 0;
  const auto server = serve([&](const HttpRequest& request, const Respond& respond) {
    ++calls;
    const auto type = request.headers.find("content-type");
    respond({request.path == "/gone" ? 404 : 200,
             "text/plain",
             request.body + "|" + (type == request.headers.end() ? "" : type->second),
             {{"X-Answer", "42"}}});
  });
  HttpClient client = client_of(*server);
  CHECK(client.base_url() == "http://127.0.0.1:" + std::to_string(server->port()));
  const auto posted = client.request("POST", "/a", "{}").value();
  CHECK(posted.body == "{}|application/json");
  CHECK(posted.content_type == "text/plain");
  CHECK(std::find(posted.headers.begin(), posted.headers.end(),
                  std::pair<std::string, std::string>{"x-answer", "42"}) != posted.headers.end());
  CHECK(client.request("POST", "/a", "x", {{"Content-Type", "text/csv"}}).value().body == "x|text/csv");
  CHECK(client.request("GET", "/gone").value().status == 404);
  CHECK(client.request("HEAD", "/a").value().body.empty());
  CHECK(client.request("GET", "/a").value().body == "|");
  CHECK(calls == 5);
}

TEST_CASE("http client: nobody there") {
  std::string url;
  {
    const auto server = serve(echo_handler());
    url = "http://127.0.0.1:" + std::to_string(server->port());
  }
  auto client = HttpClient::open(url).value();
  const auto response = client.request("GET", "/");
  REQUIRE_FALSE(response.has_value());
  CHECK(response.error().code == ErrorCode::unreachable);
  CHECK(response.error().text() ==
        "cannot reach " + url + ": connection refused; is the node running? try `tally devnet status`");
}

TEST_CASE("http client: a node that does not answer") {
  Later later;
  const auto server = serve([&](HttpRequest request, Respond respond) {
    if (request.path == "/fresh") return respond({200, "text/plain", "fresh"});
    later.keep(std::move(request), std::move(respond));
  });
  HttpClient client = client_of(*server);
  const auto begin = Clock::now();
  const auto response = client.request("GET", "/", {}, {}, 100);
  CHECK(since(begin) >= milliseconds(100));
  REQUIRE_FALSE(response.has_value());
  CHECK(response.error().code == ErrorCode::timeout);
  CHECK(response.error().text() == "no answer from " + client.base_url() + " within 100 ms");
  // The late answer does not become that of the next request.
  later.next().second({200, "text/plain", "late"});
  CHECK(client.request("GET", "/fresh").value().body == "fresh");
}

TEST_CASE("http client: requests that cannot be sent safely") {
  const auto server = serve(echo_handler());
  HttpClient client = client_of(*server);
  CHECK(client.request("G T", "/").error().field == "method");
  CHECK(client.request("GET", "/a b").error().field == "target");
  CHECK(client.request("GET", "a").error().field == "target");
  CHECK(client.request("GET", "/", {}, {{"X", "a\r\nY: b"}}).error().field == "headers");
  CHECK(client.request("GET", "/", {}, {{"Content-Length", "3"}}).error().field == "headers");
}

TEST_CASE("http client: an idle connection that was closed is replaced") {
  Scripted node({{kOk}, {kOk}});
  auto client = HttpClient::open(node.url()).value();
  CHECK(client.request("POST", "/").value().body == "ok");
  REQUIRE(node.closed.wait_for(1));
  CHECK(client.request("POST", "/").value().body == "ok");
  CHECK(node.requests.count() == 2);
}

TEST_CASE("http client: what may have been taken is repeated for GET only") {
  SECTION("GET") {
    Scripted node({{kOk, ""}, {kOk}});
    auto client = HttpClient::open(node.url()).value();
    CHECK(client.request("GET", "/").value().body == "ok");
    CHECK(client.request("GET", "/").value().body == "ok");
    CHECK(node.requests.count() == 3);
  }
  SECTION("POST") {
    Scripted node({{kOk, ""}, {kOk}});
    auto client = HttpClient::open(node.url()).value();
    CHECK(client.request("GET", "/").value().body == "ok");
    const auto response = client.request("POST", "/");
    REQUIRE_FALSE(response.has_value());
    CHECK(response.error().code == ErrorCode::unreachable);
    CHECK_THAT(response.error().text(), Catch::Contains("whether the request was taken is not known"));
    CHECK(node.requests.count() == 2);
  }
  SECTION("only once, and not on a fresh connection") {
    Scripted node({{""}});
    auto client = HttpClient::open(node.url()).value();
    CHECK_FALSE(client.request("GET", "/").has_value());
    CHECK(node.requests.count() == 1);
  }
}

TEST_CASE("http client: answers that are not HTTP or end early") {
  Scripted node({{"SSH-2.0-OpenSSH_9.2\r\n\r\n\r\n"}, {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"}});
  auto client = HttpClient::open(node.url()).value();
  CHECK(client.request("GET", "/").error().code == ErrorCode::invalid_encoding);
  const auto cut = client.request("GET", "/");
  REQUIRE_FALSE(cut.has_value());
  CHECK(cut.error().code == ErrorCode::unreachable);
  CHECK_THAT(cut.error().text(), Catch::Contains("in the middle of the answer"));
}

TEST_CASE("http client: big bodies come whole, streamed ones piece by piece") {
  constexpr std::size_t kPieces = 300;
  const auto server = serve([](const HttpRequest& request, const Respond& respond) {
    if (request.path == "/big") return respond({200, "text/plain", std::string(20 * limits::kMiB, 'b')});
    if (request.path == "/gone") return respond(problem(make_error(ErrorCode::not_found, "", "is not here")));
    HttpResponse response{200, "text/plain"};
    response.more = [left = kPieces]() mutable {
      return left-- > 0 ? std::string(limits::kMiB / 2, 's') : std::string();
    };
    respond(std::move(response));
  });
  HttpClient client = client_of(*server);
  CHECK(client.request("GET", "/big").value().body.size() == 20 * limits::kMiB);
  std::size_t bytes = 0;
  const auto count = [&](std::string_view piece) {
    bytes += piece.size();
    return true;
  };
  const auto streamed = client.stream("/stream", {}, count);
  CHECK(streamed.value().status == 200);
  CHECK(streamed.value().body.empty());
  CHECK(bytes == kPieces * limits::kMiB / 2);
  // Too large for memory in one piece, and said so.
  CHECK(client.request("GET", "/stream").error().code == ErrorCode::too_large);
  bytes = 0;
  CHECK(client.stream("/gone", {}, count).value().status == 404);
  CHECK(bytes == 0);
  CHECK(client.stream("/stream", {}, [](std::string_view) { return false; }).value().status == 200);
  CHECK(client.request("GET", "/gone").value().status == 404);
}

TEST_CASE("http client: requests per second over one connection", "[.benchmark]") {
  const auto server = serve([](const HttpRequest&, const Respond& respond) { respond({200, "text/plain", "ok"}); });
  HttpClient client = client_of(*server);
  constexpr int kRequests = 50000;
  const auto begin = Clock::now();
  for (int i = 0; i < kRequests; ++i) REQUIRE(client.request("GET", "/").value().status == 200);
  WARN(kRequests * 1000LL / since(begin).count() << " requests/s");
  RawSocket socket(server->port());
  std::string batch;
  for (int i = 0; i < 100; ++i) batch += get("/");
  const auto pipelined = Clock::now();
  for (int i = 0; i < kRequests; i += 100) {
    REQUIRE(socket.send(batch));
    for (int k = 0; k < 100; ++k) REQUIRE(status_of(socket.read_response()) == 200);
  }
  WARN(kRequests * 1000LL / since(pipelined).count() << " requests/s pipelined");
}

}  // namespace
