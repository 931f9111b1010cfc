// Purpose: raw sockets and gates for the HTTP tests. Every wait has a deadline; nothing sleeps.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "node/http_server.h"

namespace tally::node::http_test {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

inline constexpr milliseconds kPatience{10000};

// A TCP connection that sends exactly what it is told.
class RawSocket {
 public:
  // `from` is the local address: tests stand for several clients with 127.0.0.x.
  explicit RawSocket(std::uint16_t port, const std::string& from = "127.0.0.1");
  RawSocket(RawSocket&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), pending_(std::move(other.pending_)), ended_(other.ended_) {}
  RawSocket& operator=(RawSocket&&) = delete;
  ~RawSocket();

  // False if the other side has closed.
  bool send(std::string_view bytes);
  void finish_sending();
  // Until `text` has been received or the connection ends; what has been received so far.
  std::string read_until(std::string_view text, milliseconds patience = kPatience);
  std::string read_to_end(milliseconds patience = kPatience);
  // One response with a Content-Length.
  std::string read_response();
  // True if the other side closes within the time, whatever it sends before.
  bool closes_within(milliseconds patience);

 private:
  bool receive(Clock::time_point deadline);

  int descriptor_;
  std::string pending_;
  bool ended_ = false;
};

// Counts events across threads.
class Gate {
 public:
  void arrive() {
    const std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  bool wait_for(std::size_t count, milliseconds patience = kPatience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return count_ >= count; });
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t count_ = 0;
};

// Keeps what a handler leaves for later.
class Later {
 public:
  void keep(HttpRequest request, Respond respond);
  // The oldest kept request; fails the test if none comes.
  std::pair<HttpRequest, Respond> next();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::pair<HttpRequest, Respond>> kept_;
};

// Answers with what arrived: "METHOD path|query|x-test header|body".
HttpHandler echo_handler();
std::unique_ptr<HttpServer> serve(HttpHandler handler, HttpLimits limits = {}, unsigned threads = 1);
HttpClient client_of(const HttpServer& server);
int status_of(const std::string& response);
std::string get(std::string_view target, std::string_view more = "");
milliseconds since(Clock::time_point begin);

}  // namespace tally::node::http_test
