#include "node/http_test_support.h"

#include <arpa/inet.h>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tally::node::http_test {

RawSocket::RawSocket(std::uint16_t port, const std::string& from)
    : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in local{};
  local.sin_family = AF_INET;
  REQUIRE(::inet_pton(AF_INET, from.c_str(), &local.sin_addr) == 1);
  sockaddr_in remote{};
  remote.sin_family = AF_INET;
  remote.sin_port = htons(port);
  remote.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(descriptor_ >= 0);
  REQUIRE(::bind(descriptor_, reinterpret_cast<const sockaddr*>(&local), sizeof local) == 0);
  REQUIRE(::connect(descriptor_, reinterpret_cast<const sockaddr*>(&remote), sizeof remote) == 0);
}

RawSocket::~RawSocket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool RawSocket::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawSocket::finish_sending() {
  ::shutdown(descriptor_, SHUT_WR);
}

bool RawSocket::receive(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now()).count();
  pollfd entry{descriptor_, POLLIN, 0};
  if (ended_ || left <= 0 || ::poll(&entry, 1, static_cast<int>(left)) <= 0) return false;
  std::array<char, 65536> piece{};
  const ssize_t got = ::recv(descriptor_, piece.data(), piece.size(), 0);
  ended_ = got <= 0;
  if (!ended_) pending_.append(piece.data(), static_cast<std::size_t>(got));
  return !ended_;
}

std::string RawSocket::read_until(std::string_view text, milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  while (pending_.find(text) == std::string::npos && receive(deadline)) {
  }
  const auto found = pending_.find(text);
  std::string out = pending_.substr(0, found == std::string::npos ? found : found + text.size());
  pending_.erase(0, out.size());
  return out;
}

std::string RawSocket::read_to_end(milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  while (receive(deadline)) {
  }
  CHECK(ended_);
  return std::exchange(pending_, {});
}

std::string RawSocket::read_response() {
  std::string out = read_until("\r\n\r\n");
  const std::string name = "Content-Length: ";
  const auto field = out.find(name);
  if (field == std::string::npos) return out;
  const std::size_t length = std::stoul(out.substr(field + name.size()));
  const auto deadline = Clock::now() + kPatience;
  while (pending_.size() < length && receive(deadline)) {
  }
  out += pending_.substr(0, length);
  pending_.erase(0, length);
  return out;
}

bool RawSocket::closes_within(milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  while (receive(deadline)) {
  }
  return ended_;
}

void Later::keep(HttpRequest request, Respond respond) {
  const std::lock_guard lock(mutex_);
  kept_.emplace_back(std::move(request), std::move(respond));
  changed_.notify_all();
}

std::pair<HttpRequest, Respond> Later::next() {
  std::unique_lock lock(mutex_);
  REQUIRE(changed_.wait_for(lock, kPatience, [&] { return !kept_.empty(); }));
  auto out = std::move(kept_.front());
  kept_.erase(kept_.begin());
  return out;
}

HttpHandler echo_handler() {
  return [](const HttpRequest& request, const Respond& respond) {
    std::string text = request.method + " " + request.path + "|";
    for (const auto& [name, value] : request.query) text += name + "=" + value + ";";
    const auto field = request.headers.find("x-test");
    text += "|" + (field == request.headers.end() ? "" : field->second) + "|" + request.body;
    respond({200, "text/plain", std::move(text)});
  };
}

std::unique_ptr<HttpServer> serve(HttpHandler handler, HttpLimits limits, unsigned threads) {
  HttpServerOptions options;
  options.limits = limits;
  options.threads = threads;
  auto server = start_http_server(options, std::move(handler));
  REQUIRE(server.has_value());
  return std::move(server).value();
}

HttpClient client_of(const HttpServer& server) {
  return HttpClient::open("http://127.0.0.1:" + std::to_string(server.port())).value();
}

int status_of(const std::string& response) {
  return response.starts_with("HTTP/1.1 ") ? std::stoi(response.substr(9, 3)) : 0;
}

std::string get(std::string_view target, std::string_view more) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: t\r\n" + std::string(more) + "\r\n";
}

milliseconds since(Clock::time_point begin) {
  return std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
}

}  // namespace tally::node::http_test
