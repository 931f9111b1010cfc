// Blocking over a non-blocking socket: poll with what is left of the deadline, so that no call outlasts it.
#include <cerrno>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

#include "node/http_parse.h"

namespace tally::node {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kReadBytes = 64 * limits::kKiB;

class Socket {
 public:
  Socket() = default;
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] int get() const { return descriptor_; }
  [[nodiscard]] bool open() const { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

std::string system_text(int number) {
  std::string text = std::generic_category().message(number);
  if (!text.empty()) text[0] = lower_case(text.substr(0, 1))[0];
  return text;
}

// The events that are ready, 0 when the deadline has passed.
short wait_for(int descriptor, short events, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return 0;
    pollfd entry{descriptor, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::min<long long>(left, 1'000'000)));
    if (ready > 0) return entry.revents;
    if (ready < 0 && errno != EINTR) return POLLERR;
  }
}

bool would_block(int number) {
  return number == EAGAIN || number == EWOULDBLOCK || number == EINTR;
}

// Connects to the first address that answers; the number of the last failure otherwise.
int connect_one(const addrinfo& address, Clock::time_point deadline, Socket& out) {
  Socket socket(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.open()) return errno;
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket.get(), address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return errno;
    if (wait_for(socket.get(), POLLOUT, deadline) == 0) return ETIMEDOUT;
    int failure = 0;
    socklen_t size = sizeof failure;
    if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &failure, &size) != 0) return errno;
    if (failure != 0) return failure;
  }
  out = std::move(socket);
  return 0;
}

bool set_by_client(std::string_view name) {
  return name == "host" || name == "content-length" || name == "transfer-encoding" || name == "connection";
}

// What goes over the wire; refuses what would break the message's lines.
Result<std::string> format_request(const HttpBaseUrl& url, const std::string& method, const std::string& target,
                                   const std::string& body, const HttpFields& headers) {
  if (!is_http_token(method)) return make_error(ErrorCode::invalid_field, "method", "is no HTTP method");
  if (!is_http_target_text(target) || target.front() != '/')
    return make_error(ErrorCode::invalid_field, "target", "is no path of visible ASCII characters", "/path?query");
  std::string out = method + ' ' + target + " HTTP/1.1\r\nHost: " + url.authority + "\r\n";
  bool typed = false;
  for (const auto& [name, value] : headers) {
    const std::string lower = lower_case(name);
    if (!is_http_token(name) || !is_http_value(value) || set_by_client(lower))
      return make_error(ErrorCode::invalid_field, "headers", "\"" + lower + "\" cannot be sent");
    typed = typed || lower == "content-type";
    out.append(name).append(": ").append(value).append("\r\n");
  }
  if (!body.empty() && !typed) out += "Content-Type: application/json\r\n";
  if (!body.empty() || (method != "GET" && method != "HEAD"))
    out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return out + "\r\n" + body;
}

}  // namespace

struct HttpClient::Impl {
  // One request on one connection, until it is answered or given up.
  struct Exchange {
    HttpResponseReader reader;
    Clock::time_point deadline;
    unsigned timeout_ms = 0;
    bool renew = false;  // the deadline moves with every piece
    std::size_t sent = 0;
    bool answered = false;  // a byte of the answer has come
  };
  enum class Outcome { done, closed, failed };

  Result<HttpResponse> run(const std::string& method, const std::string& target, const std::string& body,
                           const HttpFields& headers, unsigned timeout_ms, bool streaming,
                           const std::function<bool(std::string_view)>& take);
  Status connect(Clock::time_point deadline);
  // An idle connection that has something to say is closed or out of step.
  [[nodiscard]] bool reusable() const;
  Outcome talk(const std::string& text, Exchange& exchange, Error& error);
  Outcome receive(Exchange& exchange, Error& error);
  [[nodiscard]] Error no_answer(unsigned timeout_ms) const {
    return make_error(ErrorCode::timeout, "",
                      "no answer from " + url.text + " within " + std::to_string(timeout_ms) + " ms");
  }
  [[nodiscard]] Error cannot_reach(const std::string& why) const {
    return make_error(ErrorCode::unreachable, "",
                      "cannot reach " + url.text + ": " + why + "; is the node running? try `tally devnet status`");
  }

  HttpBaseUrl url;
  Socket socket;
  std::vector<char> piece;  // what one read brings
};

Status HttpClient::Impl::connect(Clock::time_point deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failure = ::getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &hints, &found);
  if (failure != 0) return cannot_reach("the host name is not known (" + std::string(::gai_strerror(failure)) + ")");
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> guard(found, &::freeaddrinfo);
  int last = ETIMEDOUT;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    last = connect_one(*one, deadline, socket);
    if (last == 0) return {};
  }
  return cannot_reach(system_text(last));
}

bool HttpClient::Impl::reusable() const {
  if (!socket.open()) return false;
  char byte = 0;
  return ::recv(socket.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && would_block(errno);
}

HttpClient::Impl::Outcome HttpClient::Impl::talk(const std::string& text, Exchange& exchange, Error& error) {
  while (exchange.sent < text.size()) {
    const short ready = wait_for(socket.get(), POLLIN | POLLOUT, exchange.deadline);
    if (ready == 0) {
      error = no_answer(exchange.timeout_ms);
      return Outcome::failed;
    }
    // An answer before the request has left: the node does not want the rest of it.
    if ((ready & POLLIN) != 0) break;
    const ssize_t wrote = ::send(socket.get(), text.data() + exchange.sent, text.size() - exchange.sent, MSG_NOSIGNAL);
    if (wrote >= 0) {
      exchange.sent += static_cast<std::size_t>(wrote);
      if (exchange.renew) exchange.deadline = Clock::now() + std::chrono::milliseconds(exchange.timeout_ms);
    } else if (!would_block(errno)) {
      break;  // what the node said before it closed may still be there to read
    }
  }
  return receive(exchange, error);
}

HttpClient::Impl::Outcome HttpClient::Impl::receive(Exchange& exchange, Error& error) {
  std::string pending;
  piece.resize(kReadBytes);
  for (;;) {
    if (wait_for(socket.get(), POLLIN, exchange.deadline) == 0) {
      error = no_answer(exchange.timeout_ms);
      return Outcome::failed;
    }
    const ssize_t got = ::recv(socket.get(), piece.data(), piece.size(), 0);
    if (got < 0 && would_block(errno)) continue;
    if (got <= 0) {
      if (got == 0 && exchange.reader.finish()) return Outcome::done;
      const std::string why = got == 0 ? "the node closed the connection" : system_text(errno);
      error = make_error(
          ErrorCode::unreachable, "",
          "the exchange with " + url.text + " broke off: " + why +
              (exchange.answered ? " in the middle of the answer" : "; whether the request was taken is not known"));
      return exchange.answered ? Outcome::failed : Outcome::closed;
    }
    exchange.answered = true;
    if (exchange.renew) exchange.deadline = Clock::now() + std::chrono::milliseconds(exchange.timeout_ms);
    pending.append(piece.data(), static_cast<std::size_t>(got));
    const auto used = exchange.reader.feed(pending);
    if (!used) {
      error = used.error();
      error.problem += " (from " + url.text + ")";
      return Outcome::failed;
    }
    pending.erase(0, *used);
    if (exchange.reader.done() || exchange.reader.stopped()) {
      if (!pending.empty()) socket = Socket();  // bytes that nobody asked for
      return Outcome::done;
    }
  }
}

Result<HttpResponse> HttpClient::Impl::run(const std::string& method, const std::string& target,
                                           const std::string& body, const HttpFields& headers, unsigned timeout_ms,
                                           bool streaming, const std::function<bool(std::string_view)>& take) {
  const auto text = format_request(url, method, target, body, headers);
  if (!text) return text.error();
  const auto deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
  const bool repeatable = method == "GET" || method == "HEAD";
  for (bool first = true;; first = false) {
    const bool reused = first && reusable();
    if (!reused) {
      socket = Socket();
      const Status connected = connect(deadline);
      if (!connected) return connected.error();
    }
    Exchange exchange{HttpResponseReader(method == "HEAD", limits::kHttpResponseBytesMax, take), deadline, timeout_ms,
                      streaming};
    Error error;
    const Outcome outcome = talk(*text, exchange, error);
    if (outcome == Outcome::done) {
      const bool whole = exchange.sent == text->size() && exchange.reader.done();
      if (!whole || !exchange.reader.keep_alive()) socket = Socket();
      return Result<HttpResponse>(boost::system::in_place_value, exchange.reader.take());
    }
    socket = Socket();
    if (outcome == Outcome::closed && reused && (repeatable || exchange.sent == 0)) continue;
    return error;
  }
}

HttpClient::HttpClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

Result<HttpClient> HttpClient::open(const std::string& base_url) {
  auto url = parse_base_url(base_url);
  if (!url) return url.error();
  auto impl = std::make_unique<Impl>();
  impl->url = std::move(url).value();
  return Result<HttpClient>(boost::system::in_place_value, HttpClient(std::move(impl)));
}

Result<HttpResponse> HttpClient::request(const std::string& method, const std::string& target, const std::string& body,
                                         const std::vector<std::pair<std::string, std::string>>& headers,
                                         unsigned timeout_ms) {
  return impl_->run(method, target, body, headers, timeout_ms, false, nullptr);
}

Result<HttpResponse> HttpClient::stream(const std::string& target,
                                        const std::vector<std::pair<std::string, std::string>>& headers,
                                        const std::function<bool(std::string_view piece)>& take, unsigned timeout_ms) {
  return impl_->run("GET", target, {}, headers, timeout_ms, true, take);
}

const std::string& HttpClient::base_url() const {
  return impl_->url.text;
}

}  // namespace tally::node
