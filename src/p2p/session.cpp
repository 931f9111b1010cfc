#include "p2p/session.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace tally::p2p {

namespace {

// One TLS record: what a read can yield at most.
constexpr std::size_t kReadBytes = 16 * limits::kKiB;
// Frames are gathered up to this into one write.
constexpr std::size_t kWriteBytes = 64 * limits::kKiB;
// What the kernel may hold unsent: more would let bulk data stand in front of votes, out of our reach.
constexpr int kUnsentBytes = 128 * 1024;
constexpr std::chrono::milliseconds kLinger{500};
constexpr std::size_t kLingerReads = 16;

// How a coroutine of a session ends if it throws (out of memory): the session goes, the node stays.
auto closes_on_exception(std::shared_ptr<Session> session) {
  return [session = std::move(session)](const std::exception_ptr& thrown) {
    if (!thrown) return;
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& exception) {
      session->close(exception.what());
    }
  };
}

}  // namespace

Session::Session(Socket socket, LinkSettings& settings, LinkOwner& owner)
    : settings_(settings),
      owner_(owner),
      stream_(std::move(socket), settings.tls),
      deadline_(stream_.next_layer().get_executor()),
      gate_(deadline_.get_executor()),
      pulse_(deadline_.get_executor()) {
  check_.allowed = &settings.allowed;
  attach(stream_.native_handle(), &check_);
}

void Session::set_socket_options() {
  error_code ignored;
  stream_.next_layer().set_option(tcp::no_delay(true), ignored);
  const int unsent = kUnsentBytes;
  // Only an improvement of latency: a kernel without it works too.
  (void)::setsockopt(stream_.next_layer().native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
}

void Session::arm_deadline(std::chrono::milliseconds timeout) {
  deadline_.expires_after(timeout);
  deadline_.async_wait([self = shared_from_this()](const error_code& error) {
    // A timer that ran out just before it was moved still calls: its expiry then lies ahead.
    if (error || self->deadline_.expiry() > Clock::now()) return;
    self->timed_out_ = true;
    error_code ignored;
    self->stream_.next_layer().close(ignored);
  });
}

std::string Session::reason_of(const error_code& error) const {
  if (closed_) return close_reason_;
  if (timed_out_) return "no answer within " + std::to_string(settings_.tuning.handshake_timeout.count()) + " ms";
  if (!check_.refusal.empty()) return check_.refusal;
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated)
    return link_ == nullptr ? "the other side closed the connection during the handshake"
                            : "the other side closed the link";
  if (error == asio::error::connection_refused) return "nothing listens there";
  if (error.category() == asio::error::get_ssl_category())
    return describe_tls_error(static_cast<unsigned long>(error.value()));
  return error.message();
}

Task<std::string> Session::dial(Self self, std::vector<tcp::endpoint> endpoints, PublicKey expected) {
  self->check_.expected = expected;
  self->facts_.opened_here = true;
  self->arm_deadline(self->settings_.tuning.handshake_timeout);
  error_code error;
  co_await asio::async_connect(self->stream_.next_layer(), endpoints, into(error));
  if (error) {
    std::string reason = self->reason_of(error);
    self->close(reason);
    co_return reason;
  }
  co_return co_await establish(self, asio::ssl::stream_base::client);
}

Task<std::string> Session::welcome(Self self) {
  co_return co_await establish(self, asio::ssl::stream_base::server);
}

Task<std::string> Session::establish(Self self, asio::ssl::stream_base::handshake_type direction) {
  self->set_socket_options();
  self->arm_deadline(self->settings_.tuning.handshake_timeout);
  error_code error;
  co_await self->stream_.async_handshake(direction, into(error));
  std::string reason;
  if (error || !self->check_.accepted) {
    reason = self->reason_of(error);
    // The alert that says why must not be lost to a reset.
    if (self->check_.shown && !self->timed_out_) co_await linger(self);
  } else {
    self->link_ = self->owner_.link_of(*self->check_.shown);
    if (self->link_)
      reason = co_await greet(self);
    else
      reason = "it is no peer any more";
  }
  if (!reason.empty()) self->close(reason);
  co_return reason;
}

Task<std::string> Session::greet(Self self) {
  const LinkSettings& settings = self->settings_;
  std::string refusal = self->owner_.refusal_of(*self->link_);
  // A follower that has been called meanwhile need not ask for a second link.
  if (refusal.empty() && !self->arbiter() && self->facts_.opened_here && self->link_->session)
    refusal = "another link is kept";
  if (!refusal.empty()) {
    co_await leave(self, refusal);
    co_return refusal;
  }
  if (!self->arbiter()) {
    const Bytes hello = hello_frame({kLinkProtocol, settings.chain, settings.boot, 0});
    error_code error;
    co_await asio::async_write(self->stream_, asio::buffer(hello), into(error));
    if (error) co_return self->reason_of(error);
  }
  auto answer = co_await read_hello(self);
  if (!answer) co_return answer.error().problem;
  if (answer->protocol != kLinkProtocol)
    refusal = "the other side speaks link protocol " + std::to_string(answer->protocol) + ", this node " +
              std::to_string(kLinkProtocol);
  else if (answer->chain != settings.chain)
    refusal =
        "the other side is on chain " + answer->chain.short_hex() + ", this node on " + settings.chain.short_hex();
  if (refusal.empty()) {
    self->facts_.boot = answer->boot;
    self->facts_.adoption = answer->adoption;
    self->facts_.since = Clock::now();
    self->deadline_.expires_at(Clock::time_point::max());
    if (self->owner_.adopt(self)) co_return std::string();
    self->arm_deadline(settings.tuning.handshake_timeout);
    refusal = self->owner_.refusal_of(*self->link_);
    if (refusal.empty()) refusal = "another link is kept";
  }
  co_await leave(self, refusal);
  co_return refusal;
}

Task<Result<Hello>> Session::read_hello(Self self) {
  std::array<Byte, kFrameHeaderBytes> bytes{};
  error_code error;
  co_await asio::async_read(self->stream_, asio::buffer(bytes), into(error));
  if (error) co_return make_error(ErrorCode::io_failed, "hello", self->reason_of(error));
  const auto header = parse_header(bytes);
  if (!header) co_return header.error();
  if (header->wire_class != kHelloClass && header->wire_class != kByeClass)
    co_return make_error(ErrorCode::invalid_encoding, "hello", "the other side's first frame is no greeting");
  Bytes payload(header->payload_bytes);
  co_await asio::async_read(self->stream_, asio::buffer(payload), into(error));
  if (error) co_return make_error(ErrorCode::io_failed, "hello", self->reason_of(error));
  if (header->wire_class == kByeClass) {
    const auto bye = decode<Bye>(payload);
    co_return make_error(ErrorCode::forbidden, "hello",
                         "the other side refuses the link: " + (bye ? printable(bye->reason) : "no reason given"));
  }
  auto hello = decode<Hello>(payload);
  if (!hello) co_return make_error(ErrorCode::invalid_encoding, "hello", "greeting: " + hello.error().text());
  co_return *hello;
}

// Says why before closing.
Task<void> Session::leave(Self self, std::string reason) {
  const Bytes bye = bye_frame(reason);
  error_code error;
  co_await asio::async_write(self->stream_, asio::buffer(bye), into(error));
  if (!error) co_await linger(self);
}

// Ends our direction and reads the other to its end: closing with bytes unread would send a reset, which may
// overtake what we said last.
Task<void> Session::linger(Self self) {
  self->arm_deadline(kLinger);
  Socket& socket = self->stream_.next_layer();
  error_code error;
  socket.shutdown(Socket::shutdown_send, error);
  std::array<Byte, 1024> waste{};
  for (std::size_t i = 0; !error && i < kLingerReads; ++i)
    co_await socket.async_read_some(asio::buffer(waste), into(error));
}

void Session::start() {
  live_ = true;
  last_read_ = last_write_ = Clock::now();
  read_buffer_.resize(kReadBytes);
  if (arbiter()) write_buffer_ = hello_frame({kLinkProtocol, settings_.chain, settings_.boot, facts_.adoption});
  flush();
  asio::co_spawn(deadline_.get_executor(), read_loop(shared_from_this()), closes_on_exception(shared_from_this()));
  asio::co_spawn(deadline_.get_executor(), keep_alive(shared_from_this()), closes_on_exception(shared_from_this()));
}

void Session::close(const std::string& reason) {
  if (closed_) return;
  closed_ = true;
  close_reason_ = reason;
  error_code ignored;
  stream_.next_layer().close(ignored);
  deadline_.cancel();
  gate_.cancel();
  pulse_.cancel();
  if (std::exchange(live_, false)) owner_.ended(*this, reason);
}

void Session::flush() {
  if (writing_ || closed_) return;
  writing_ = true;
  write_more();
}

void Session::write_more() {
  if (closed_) return;
  if (std::exchange(ping_due_, false)) append(write_buffer_, ping_frame());
  {
    const std::lock_guard lock(link_->mutex);
    link_->state.messages_sent += link_->queue.gather(write_buffer_, kWriteBytes);
    link_->state.bytes_sent += write_buffer_.size();
    if (write_buffer_.empty()) {
      link_->flush_posted = false;
      writing_ = false;
      return;
    }
  }
  asio::async_write(stream_, asio::buffer(write_buffer_),
                    [self = shared_from_this()](const error_code& error, std::size_t) {
                      if (error) return self->close(self->reason_of(error));
                      self->last_write_ = Clock::now();
                      self->write_buffer_.clear();
                      self->write_more();
                    });
}

Task<void> Session::read_loop(Self self) {
  while (!self->closed_) {
    error_code error;
    const std::size_t count = co_await self->stream_.async_read_some(asio::buffer(self->read_buffer_), into(error));
    if (error) {
      self->close(self->reason_of(error));
      co_return;
    }
    self->last_read_ = Clock::now();
    self->link_->bytes_received.fetch_add(count, std::memory_order_relaxed);
    ByteView bytes(self->read_buffer_.data(), count);
    while (!self->take_frames(bytes)) co_await wait_until_allowed(self);
  }
}

// Handles the frames in `bytes`. False if a limit asks for a pause before the rest.
bool Session::take_frames(ByteView& bytes) {
  while (!bytes.empty() && !closed_ && !settings_.stopping && !link_->penalised && !link_->removed) {
    if (link_->bucket.wait(last_read_) > Clock::duration::zero() || link_->account->full()) return false;
    auto frame = reader_.next(bytes);
    if (!frame) {
      broken_frame(frame.error().text());
      return true;
    }
    if (*frame) handle(std::move(**frame));
  }
  return true;
}

void Session::broken_frame(const std::string& why) {
  link_->broken_frames.fetch_add(1, std::memory_order_relaxed);
  close("broken frame: " + why);
}

void Session::handle(Frame frame) {
  link_->bucket.take();
  if (frame.wire_class == kPingClass) return;
  if (frame.wire_class >= kMessageClasses) return broken_frame("a greeting in the middle of the link");
  Received message;
  message.from = link_->key;
  message.message_class = static_cast<MessageClass>(frame.wire_class);
  message.credit = link_->account->take(frame.payload.size());
  message.payload = std::move(frame.payload);
  link_->messages_received.fetch_add(1, std::memory_order_relaxed);
  owner_.deliver(std::move(message));
}

bool Session::waits_for_credits() {
  // The credit that ends the pause may come back on any thread.
  return link_->account->full_until([weak = weak_from_this(), executor = deadline_.get_executor()] {
    asio::post(executor, [weak] {
      if (const auto self = weak.lock()) self->gate_.cancel();
    });
  });
}

Task<void> Session::wait_until_allowed(Self self) {
  self->paused_ = true;
  error_code ignored;
  while (!self->closed_) {
    const auto wait = self->link_->bucket.wait(Clock::now());
    if (wait > Clock::duration::zero())
      self->gate_.expires_after(wait);
    else if (self->waits_for_credits())
      self->gate_.expires_at(Clock::time_point::max());
    else
      break;
    co_await self->gate_.async_wait(into(ignored));
  }
  self->paused_ = false;
  self->last_read_ = Clock::now();
}

Task<void> Session::keep_alive(Self self) {
  const TransportTuning& tuning = self->settings_.tuning;
  const auto tick = std::max(tuning.ping_interval / 3, std::chrono::milliseconds{1});
  error_code ignored;
  while (!self->closed_) {
    self->pulse_.expires_after(tick);
    co_await self->pulse_.async_wait(into(ignored));
    if (self->closed_) break;
    const auto now = Clock::now();
    // While reading pauses, silence says nothing about the peer.
    if (!self->paused_ && now - self->last_read_ > tuning.idle_timeout) {
      self->close("nothing heard for " + std::to_string(tuning.idle_timeout.count()) + " ms");
    } else if (now - self->last_write_ >= tuning.ping_interval) {
      self->ping_due_ = true;
      self->flush();
    }
  }
}

}  // namespace tally::p2p
