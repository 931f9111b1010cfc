// A session is one coroutine. One lazily re-armed timer is the deadline of whatever it waits for on its socket; the
// only other waiting is for a handler's answer (Pending).
#include "node/http_session.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <spdlog/spdlog.h>

// g++ 12 inlines Asio's pooled `operator new` of coroutine frames at -O1 and above, and then takes its matching
// `operator delete` for a mismatch.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace tally::node {

namespace {

using asio::ip::tcp;
using boost::system::error_code;
using Clock = HttpSession::Clock;
using TimePoint = Clock::time_point;
using std::chrono::milliseconds;

constexpr std::size_t kWritePieceBytes = 256 * limits::kKiB;
// A body up to this size leaves in one write with its head.
constexpr std::size_t kJoinBytesMax = 64 * limits::kKiB;
// After an early answer the rest of what the client sends is read and thrown away for this long: closing at once
// would reset the connection, and the client would never see why.
constexpr milliseconds kLinger{1000};
constexpr std::size_t kLingerBytesMax = 8 * limits::kMiB;
// What an answer may take to leave while the server stops.
constexpr milliseconds kStopGrace{250};
// Sessions that exist only to say 503; beyond these connections are closed without a word.
constexpr std::size_t kTurnedAwayMax = 64;

// Where an answer and the session that waits for it meet. After detach() an answer goes nowhere, so that a
// `respond` that outlives the session or the server touches neither.
class Pending {
 public:
  void answer(HttpResponse response);
  // The answer if it is there; otherwise `session` is woken when it comes.
  std::optional<HttpResponse> take_or_wait(const std::shared_ptr<HttpSession>& session) {
    const std::lock_guard lock(mutex_);
    if (!response_) waiter_ = session;
    return std::exchange(response_, std::nullopt);
  }
  void detach() {
    const std::lock_guard lock(mutex_);
    answered_ = true;
    waiter_.reset();
  }

 private:
  std::mutex mutex_;
  bool answered_ = false;
  std::optional<HttpResponse> response_;
  std::shared_ptr<HttpSession> waiter_;
};

// The copies of one Respond share a ticket: when the last one goes unanswered, the client is told.
struct Ticket {
  explicit Ticket(std::shared_ptr<Pending> pending_in) : pending(std::move(pending_in)) {}
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;
  ~Ticket() { pending->answer(problem(make_error(ErrorCode::internal, "", "the request was dropped unanswered"))); }
  std::shared_ptr<Pending> pending;
};

void Pending::answer(HttpResponse response) {
  const std::lock_guard lock(mutex_);
  if (answered_) return;
  answered_ = true;
  response_ = std::move(response);
  // Woken under the lock: a session detaches before it ends, so its executor is alive here.
  if (waiter_) std::exchange(waiter_, nullptr)->wake();
}

// Why a connection is turned away, if it is.
std::optional<Error> reason_to_turn_away(const HttpCore& core, const std::string& address) {
  const HttpLimits& limits = core.options.limits;
  if (core.served >= limits.sessions_max)
    return make_error(ErrorCode::busy, "", std::to_string(core.served) + " connections are open",
                      "fewer connections; try again shortly");
  const auto found = core.served_per_address.find(address);
  if (found != core.served_per_address.end() && found->second >= limits.sessions_per_address_max)
    return make_error(ErrorCode::busy, "", std::to_string(found->second) + " connections from " + address + " are open",
                      "fewer connections from one address");
  return std::nullopt;
}

// The address that connections are counted under: hosts own an IPv6 /64 as a whole.
std::string counted_address(const asio::ip::address& address) {
  if (!address.is_v6()) return address.to_string();
  auto bytes = address.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  return asio::ip::address_v6(bytes).to_string() + "/64";
}

asio::ip::address plain_address(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  return address;
}

}  // namespace

bool HttpSession::enter() {
  error_code error;
  const auto remote = plain_address(socket_.remote_endpoint(error).address());
  if (error) return false;
  address_ = remote.to_string();
  counted_as_ = counted_address(remote);
  socket_.set_option(tcp::no_delay(true), error);
  const std::lock_guard lock(core_.mutex);
  if (core_.stopping) return false;
  turned_away_ = reason_to_turn_away(core_, counted_as_);
  if (turned_away_ && core_.sessions.size() - core_.served >= kTurnedAwayMax) return false;
  core_.sessions.emplace(this, weak_from_this());
  counted_ = !turned_away_;
  if (counted_) {
    ++core_.served;
    ++core_.served_per_address[counted_as_];
  }
  return true;
}

void HttpSession::leave() {
  release_body();
  const std::lock_guard lock(core_.mutex);
  core_.sessions.erase(this);
  if (!std::exchange(counted_, false)) return;
  --core_.served;
  const auto found = core_.served_per_address.find(counted_as_);
  if (--found->second == 0) core_.served_per_address.erase(found);
}

// Sets the deadline of what is waited for next; false if it has passed. The timer is only touched when it would ring
// too late, which between requests it does not.
bool HttpSession::arm(TimePoint deadline) {
  deadline_ = std::min(deadline, stop_deadline_);
  expired_ = deadline_ <= Clock::now();
  if (deadline_ < alarm_.expiry()) alarm_.expires_at(deadline_);
  return !expired_;
}

void HttpSession::watch() {
  alarm_.async_wait([self = shared_from_this()](const error_code&) {
    if (self->ended_) return;
    if (self->deadline_ <= Clock::now()) {
      self->expired_ = true;
      self->deadline_ = TimePoint::max();
      error_code ignored;
      self->socket_.cancel(ignored);
    }
    self->alarm_.expires_at(self->deadline_);
    self->watch();
  });
}

// Idle sessions end at once; a request in progress has a moment to be answered.
void HttpSession::stop() {
  if (ended_) return;
  stopping_ = true;
  stop_deadline_ = Clock::now() + kStopGrace;
  wake_.cancel();
  error_code ignored;
  if (reading_)
    socket_.close(ignored);
  else
    arm(deadline_);
}

asio::awaitable<void> HttpSession::run() {
  alarm_.expires_at(TimePoint::max());
  watch();
  try {
    if (turned_away_) {
      HttpResponse answer = problem(*turned_away_);
      co_await turn_away(std::move(answer));
    } else {
      while (co_await serve_one()) first_ = false;
    }
  } catch (const std::exception& failure) {
    spdlog::error("http: session with {} ended: {}", address_, failure.what());
  }
  ended_ = true;
  alarm_.cancel();
  error_code ignored;
  socket_.close(ignored);
  leave();
}

// Answers one request; false ends the session.
asio::awaitable<bool> HttpSession::serve_one() {
  HttpRequestReader reader(core_.options.limits);
  HttpRefusal refusal;
  const Arrival arrival = co_await receive(reader, refusal);
  if (arrival == Arrival::gone) co_return false;
  if (arrival == Arrival::refused) {
    HttpResponse answer = problem(refusal.error, refusal.status);
    co_await turn_away(std::move(answer));
    co_return false;
  }
  HttpHeadOptions head{reader.keep_alive(), reader.http10(), std::time(nullptr)};
  HttpRequest request = reader.take();
  const bool head_only = request.method == "HEAD";
  if (head_only) request.method = "GET";
  HttpResponse response;
  if (request.method == "OPTIONS") {
    response = {204, "", "", {{"Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"}}};
  } else if (request.method == "CONNECT" || request.method == "TRACE") {
    response = problem(make_error(ErrorCode::invalid_field, "method", "is " + request.method), 501);
  } else {
    response = co_await ask_handler(std::move(request));
  }
  release_body();
  if (stopping_) head.keep_alive = false;
  // Without chunks only the connection's end marks the end of a body of unknown length.
  if (response.more && head.http10) head.keep_alive = false;
  const bool sent = co_await send(response, head, head_only);
  if (!sent) co_return false;
  if (!head.keep_alive) co_await linger();
  co_return head.keep_alive;
}

TimePoint HttpSession::next_deadline(const HttpRequestReader& reader, TimePoint began, std::size_t wire_bytes) const {
  const HttpLimits& limits = core_.options.limits;
  if (!reader.header_done()) return began + limits.header_timeout;
  // The bytes received pay for the time taken: a body slower than the least rate runs out.
  const auto paid = milliseconds(wire_bytes * 1000 / std::max<std::size_t>(1, limits.body_bytes_per_second_min));
  return began + std::min(limits.body_timeout, limits.body_grace + paid);
}

// Counts a body against what all sessions together may hold.
std::optional<HttpRefusal> HttpSession::hold_body(std::size_t bytes) {
  const std::size_t grown = bytes - held_bytes_;
  held_bytes_ = bytes;
  if (core_.body_bytes.fetch_add(grown) + grown <= core_.options.limits.bodies_bytes_max) return std::nullopt;
  return HttpRefusal{503, make_error(ErrorCode::busy, "", "too many large requests at once", "try again shortly")};
}

asio::awaitable<HttpSession::Arrival> HttpSession::receive(HttpRequestReader& reader, HttpRefusal& refusal) {
  const HttpLimits& limits = core_.options.limits;
  bool idle = true;  // nothing of this request has come
  TimePoint began = Clock::now();
  TimePoint deadline = began + (first_ ? limits.header_timeout : limits.idle_timeout);
  std::size_t wire_bytes = 0;
  for (;;) {
    const bool in_header = !reader.header_done();
    HttpFed fed = reader.feed(buffer_);
    buffer_.erase(0, fed.used);
    if (!fed.refusal) fed.refusal = hold_body(reader.body_bytes());
    if (fed.refusal) {
      refusal = *std::move(fed.refusal);
      co_return Arrival::refused;
    }
    if (reader.done()) co_return Arrival::request;
    if (in_header && reader.header_done()) {
      began = Clock::now();
      wire_bytes = buffer_.size();
      if (reader.expects_continue() && buffer_.empty() && !co_await write("HTTP/1.1 100 Continue\r\n\r\n"))
        co_return Arrival::gone;
      if (!buffer_.empty()) continue;  // the reader stops once after the header
    }
    if (idle && (fed.used > 0 || !buffer_.empty())) {
      idle = false;
      if (!first_ && in_header) began = Clock::now();
    }
    if (!idle) deadline = next_deadline(reader, began, wire_bytes);
    const std::size_t got = co_await read_some(deadline);
    wire_bytes += got;
    if (got > 0) continue;
    if (!expired_ || idle || stopping_) co_return Arrival::gone;
    refusal = {408, make_error(ErrorCode::timeout, reader.header_done() ? "body" : "header", "did not arrive in time")};
    co_return Arrival::refused;
  }
}

// Zero if the other side has closed, the deadline has passed (expired_) or the server stops.
asio::awaitable<std::size_t> HttpSession::read_some(TimePoint deadline) {
  if (stopping_ || !arm(deadline)) co_return 0;
  error_code error;
  reading_ = true;
  const std::size_t got =
      co_await socket_.async_read_some(asio::buffer(chunk_), asio::redirect_error(asio::use_awaitable, error));
  reading_ = false;
  buffer_.append(chunk_.data(), got);
  co_return got;
}

asio::awaitable<HttpResponse> HttpSession::ask_handler(HttpRequest request) {
  request.remote_address = address_;
  const auto pending = std::make_shared<Pending>();
  // Held until the handler is through, so that a throw is reported before the ticket's end is.
  auto ticket = std::make_shared<Ticket>(pending);
  const auto failed = [&](std::string_view why) {
    spdlog::error("http: a handler failed: {}", why);
    pending->answer(problem(make_error(ErrorCode::internal, "", "the request failed inside the node")));
  };
  try {
    core_.handler(std::move(request),
                  [ticket](HttpResponse response) { ticket->pending->answer(std::move(response)); });
  } catch (const std::exception& failure) {
    failed(failure.what());
  } catch (...) {
    failed("not a standard exception");
  }
  ticket.reset();
  const TimePoint deadline = Clock::now() + core_.options.limits.answer_timeout;
  const auto self = shared_from_this();
  auto response = pending->take_or_wait(self);
  while (!response && !stopping_ && Clock::now() < deadline) {
    error_code ignored;
    wake_.expires_at(deadline);
    co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    response = pending->take_or_wait(self);
  }
  pending->detach();
  if (response) co_return *std::move(response);
  if (stopping_) co_return problem(make_error(ErrorCode::busy, "", "the node is shutting down", "another node"));
  co_return problem(make_error(ErrorCode::timeout, "", "the node found no answer in time"));
}

// Sends a response; false if it did not leave as a whole.
asio::awaitable<bool> HttpSession::send(HttpResponse& response, const HttpHeadOptions& options, bool head_only) {
  auto head = format_response_head(response, options);
  if (!head) {
    spdlog::error("http: response cannot be sent: {}", head.error().text());
    response = problem(make_error(ErrorCode::internal, "", "the node's answer is malformed"));
    head = format_response_head(response, options);
  }
  const bool has_body = !head_only && status_allows_body(response.status);
  const bool chunked = has_body && response.more && !options.http10;
  if (!has_body || response.body.empty() || chunked) {
    if (!co_await write(*head)) co_return false;
  } else if (response.body.size() <= kJoinBytesMax) {
    const std::string joined = *head + response.body;
    if (!co_await write(joined)) co_return false;
  } else {
    if (!co_await write(*head)) co_return false;
    if (!co_await write(response.body)) co_return false;
  }
  if (has_body && response.more) co_return co_await send_more(response, chunked);
  co_return true;
}

asio::awaitable<bool> HttpSession::send_more(HttpResponse& response, bool chunked) {
  std::string piece = chunked ? std::move(response.body) : std::string();
  if (piece.empty()) piece = response.more();
  while (!piece.empty()) {
    const std::string framed = chunked ? format_chunk(piece) : std::move(piece);
    if (!co_await write(framed)) co_return false;
    piece = response.more();
  }
  const std::string end = chunked ? format_chunk("") : std::string();
  co_return co_await write(end);
}

asio::awaitable<bool> HttpSession::write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!arm(Clock::now() + core_.options.limits.write_timeout)) co_return false;
    error_code error;
    const std::string_view piece = bytes.substr(0, kWritePieceBytes);
    const auto buffer = asio::buffer(piece.data(), piece.size());
    co_await asio::async_write(socket_, buffer, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return false;
    bytes.remove_prefix(piece.size());
  }
  co_return true;
}

asio::awaitable<void> HttpSession::turn_away(HttpResponse response) {
  release_body();
  HttpHeadOptions head;
  head.keep_alive = false;
  head.date = std::time(nullptr);
  const bool sent = co_await send(response, head, false);
  if (sent) co_await linger();
}

asio::awaitable<void> HttpSession::linger() {
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  const TimePoint deadline = Clock::now() + kLinger;
  std::size_t discarded = 0;
  while (discarded < kLingerBytesMax) {
    buffer_.clear();
    const std::size_t got = co_await read_some(deadline);
    if (got == 0) co_return;
    discarded += got;
  }
}

}  // namespace tally::node
