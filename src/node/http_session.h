// Purpose: one HTTP connection of the server, and what connections share. Included by the server's two units only.
// Thread rule: a session lives on its own strand; HttpCore's guarded members are taken under its mutex.
// Invariant: sessions end before the HttpCore does: every one holds work of the context that the server's threads
// finish.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <mutex>

#include "node/http_parse.h"

namespace tally::node {

namespace asio = boost::asio;

class HttpSession;

struct HttpCore {
  HttpCore(const HttpServerOptions& options_in, HttpHandler handler_in)
      : options(options_in), handler(std::move(handler_in)), acceptor(asio::make_strand(context)) {}

  HttpServerOptions options;
  HttpHandler handler;
  asio::io_context context;
  asio::ip::tcp::acceptor acceptor;
  std::atomic<std::size_t> body_bytes = 0;

  std::mutex mutex;  // guards what follows
  bool stopping = false;
  std::map<HttpSession*, std::weak_ptr<HttpSession>> sessions;
  std::size_t served = 0;
  std::map<std::string, std::size_t> served_per_address;
};

class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  using Clock = std::chrono::steady_clock;

  HttpSession(HttpCore& core, asio::ip::tcp::socket socket)
      : core_(core), socket_(std::move(socket)), alarm_(socket_.get_executor()), wake_(socket_.get_executor()) {}
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;
  ~HttpSession() { leave(); }

  // Registers the session; false if it must be closed without a word.
  bool enter();
  auto executor() { return socket_.get_executor(); }
  asio::awaitable<void> run();
  // Any thread.
  void wake() {
    asio::post(executor(), [self = shared_from_this()] { self->wake_.cancel(); });
  }
  void request_stop() {
    asio::post(executor(), [self = shared_from_this()] { self->stop(); });
  }

 private:
  enum class Arrival { request, refused, gone };

  void leave();
  void stop();
  bool arm(Clock::time_point deadline);
  void watch();
  Clock::time_point next_deadline(const HttpRequestReader& reader, Clock::time_point began,
                                  std::size_t wire_bytes) const;
  std::optional<HttpRefusal> hold_body(std::size_t bytes);
  void release_body() { core_.body_bytes -= std::exchange(held_bytes_, 0); }

  asio::awaitable<bool> serve_one();  // false ends the session
  asio::awaitable<Arrival> receive(HttpRequestReader& reader, HttpRefusal& refusal);
  asio::awaitable<std::size_t> read_some(Clock::time_point deadline);
  asio::awaitable<HttpResponse> ask_handler(HttpRequest request);
  asio::awaitable<bool> send(HttpResponse& response, const HttpHeadOptions& options, bool head_only);
  asio::awaitable<bool> send_more(HttpResponse& response, bool chunked);
  asio::awaitable<bool> write(std::string_view bytes);
  asio::awaitable<void> turn_away(HttpResponse response);
  asio::awaitable<void> linger();

  HttpCore& core_;
  asio::ip::tcp::socket socket_;
  asio::steady_timer alarm_;
  asio::steady_timer wake_;  // for a handler's answer
  Clock::time_point deadline_ = Clock::time_point::max();
  Clock::time_point stop_deadline_ = Clock::time_point::max();
  bool expired_ = false;
  bool stopping_ = false;
  bool reading_ = false;
  bool ended_ = false;
  bool first_ = true;
  bool counted_ = false;
  std::optional<Error> turned_away_;
  std::string address_;
  std::string counted_as_;
  std::string buffer_;  // received and not used yet
  std::array<char, 16 * limits::kKiB> chunk_{};
  std::size_t held_bytes_ = 0;
};

}  // namespace tally::node
