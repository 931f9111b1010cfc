#include "relay.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tally::e2e {

namespace {

constexpr std::size_t kHeldBytesMax = 4 << 20;  // a flow; beyond, the sender feels it
constexpr std::size_t kRecordedBytesMax = 1 << 20;
constexpr int kPollMs = 1000;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}

void prepare(int descriptor) {
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
}

void close_with_reset(int& descriptor) {
  if (descriptor < 0) return;
  const linger abrupt{1, 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &abrupt, sizeof abrupt);
  ::close(descriptor);
  descriptor = -1;
}

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

Relays::Relays(std::size_t nodes, std::uint64_t seed) : nodes_(nodes), random_(seed) {
  REQUIRE(::pipe2(wake_ends_, O_CLOEXEC | O_NONBLOCK) == 0);
  for (std::size_t from = 0; from < nodes; ++from) {
    for (std::size_t to = 0; to < nodes; ++to) {
      if (from == to) continue;
      ways_[{from, to}] = {};
      Listener& listener = listeners_.emplace_back();
      listener.from = from;
      listener.to = to;
      listener.descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      sockaddr_in address = loopback(0);
      socklen_t size = sizeof address;
      REQUIRE(::bind(listener.descriptor, reinterpret_cast<const sockaddr*>(&address), size) == 0);
      REQUIRE(::listen(listener.descriptor, 64) == 0);
      REQUIRE(::getsockname(listener.descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0);
      listener.port = ntohs(address.sin_port);
    }
  }
  thread_ = std::thread([this] { run(); });
}

Relays::~Relays() {
  stopping_ = true;
  wake();
  thread_.join();
  for (auto& connection : open_) {
    close_with_reset(connection.there.source);
    close_with_reset(connection.there.sink);
  }
  for (auto& listener : listeners_) ::close(listener.descriptor);
  for (const int end : wake_ends_) ::close(end);
}

std::uint16_t Relays::port(std::size_t from, std::size_t to) const {
  for (const auto& listener : listeners_)
    if (listener.from == from && listener.to == to) return listener.port;
  FAIL("there is no relay from " << from << " to " << to);
  return 0;
}

void Relays::set_target(std::size_t node, std::uint16_t port) {
  const std::lock_guard lock(mutex_);
  targets_[node] = port;
}

void Relays::set(std::size_t from, std::size_t to, const Way& way) {
  {
    const std::lock_guard lock(mutex_);
    ways_.at({from, to}) = way;
    // A new way draws anew where it breaks.
    for (auto& connection : open_)
      for (Flow* flow : {&connection.there, &connection.back})
        if (flow->from == from && flow->to == to) {
          flow->breaks_at = 0;
          flow->passed = 0;
        }
  }
  wake();
}

void Relays::set_both(std::size_t one, std::size_t other, const Way& way) {
  set(one, other, way);
  set(other, one, way);
}

void Relays::partition(const std::vector<std::vector<std::size_t>>& groups, const Way& way) {
  const auto group_of = [&](std::size_t node) {
    for (std::size_t i = 0; i < groups.size(); ++i)
      if (std::find(groups[i].begin(), groups[i].end(), node) != groups[i].end()) return i;
    return groups.size() + node;
  };
  for (std::size_t from = 0; from < nodes_; ++from)
    for (std::size_t to = 0; to < nodes_; ++to)
      if (from != to) set(from, to, group_of(from) == group_of(to) ? Way{} : way);
}

void Relays::set_all(const Way& way) {
  for (std::size_t from = 0; from < nodes_; ++from)
    for (std::size_t to = 0; to < nodes_; ++to)
      if (from != to) set(from, to, way);
}

std::string Relays::recorded(std::size_t from, std::size_t to) const {
  const std::lock_guard lock(mutex_);
  for (const auto& listener : listeners_)
    if (listener.from == from && listener.to == to) return listener.recorded;
  return {};
}

void Relays::wake() const {
  const char byte = 0;
  // A full pipe wakes just as well.
  (void)!::write(wake_ends_[1], &byte, 1);
}

bool Relays::may_read(const Flow& flow) const {
  return !flow.source_ended && flow.waiting_bytes < kHeldBytesMax && way_of(flow).traffic == Way::Traffic::pass;
}

bool Relays::may_write(const Flow& flow) const {
  return !flow.waiting.empty() && way_of(flow).traffic == Way::Traffic::pass &&
         flow.waiting.front().first <= Clock::now();
}

void Relays::run() {
  while (!stopping_) {
    std::vector<pollfd> polled{{wake_ends_[0], POLLIN, 0}};
    int timeout_ms = kPollMs;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& listener : listeners_) polled.push_back({listener.descriptor, POLLIN, 0});
      for (const auto& connection : open_) {
        for (const Flow* flow : {&connection.there, &connection.back}) {
          if (may_read(*flow)) polled.push_back({flow->source, POLLIN, 0});
          if (may_write(*flow)) polled.push_back({flow->sink, POLLOUT, 0});
          if (!flow->waiting.empty() && flow->waiting.front().first > Clock::now()) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(flow->waiting.front().first - Clock::now());
            timeout_ms = std::min(timeout_ms, static_cast<int>(left.count()));
          }
        }
      }
    }
    ::poll(polled.data(), polled.size(), timeout_ms);
    std::array<char, 256> waste{};
    while (::read(wake_ends_[0], waste.data(), waste.size()) > 0) {
    }
    move_bytes();
  }
}

void Relays::move_bytes() {
  const std::lock_guard lock(mutex_);
  for (auto& listener : listeners_) admit(listener);
  for (auto& connection : open_) {
    obey(connection);
    for (Flow* flow : {&connection.there, &connection.back}) {
      if (!connection.over) read(connection, *flow);
      if (!connection.over) write(connection, *flow);
    }
    connection.over = connection.over || (connection.there.sink_ended && connection.back.sink_ended);
    if (!connection.over) continue;
    close_with_reset(connection.there.source);
    close_with_reset(connection.there.sink);
  }
  open_.remove_if([](const Connection& connection) { return connection.over; });
}

void Relays::admit(Listener& listener) {
  for (;;) {
    int client = ::accept4(listener.descriptor, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    const auto target = targets_.find(listener.to);
    int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(target == targets_.end() ? 1 : target->second);
    if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      close_with_reset(client);
      close_with_reset(server);
      continue;
    }
    prepare(client);
    prepare(server);
    ++connections_;
    listener.recorded.clear();
    Connection& connection = open_.emplace_back();
    connection.listener = &listener;
    connection.there.from = connection.back.to = listener.from;
    connection.there.to = connection.back.from = listener.to;
    connection.there.source = connection.back.sink = client;
    connection.there.sink = connection.back.source = server;
  }
}

// Cuts, and draws where a connection breaks.
void Relays::obey(Connection& connection) {
  for (Flow* flow : {&connection.there, &connection.back}) {
    const Way& way = way_of(*flow);
    if (way.traffic == Way::Traffic::cut) connection.over = true;
    if (way.breaks_within_bytes != 0 && flow->breaks_at == 0) flow->breaks_at = 1 + random_() % way.breaks_within_bytes;
  }
}

void Relays::read(Connection& connection, Flow& flow) {
  std::array<char, 65536> piece{};
  while (may_read(flow)) {
    const ssize_t count = ::recv(flow.source, piece.data(), piece.size(), 0);
    if (count < 0 && would_block()) return;
    if (count < 0) {
      connection.over = true;
      return;
    }
    if (count == 0) {
      flow.source_ended = true;
      return;
    }
    std::string bytes(piece.data(), static_cast<std::size_t>(count));
    std::string& recorded = connection.listener->recorded;
    if (&flow == &connection.there && recorded.size() < kRecordedBytesMax) recorded += bytes;
    flow.waiting_bytes += bytes.size();
    flow.waiting.emplace_back(Clock::now() + way_of(flow).delay, std::move(bytes));
  }
}

void Relays::write(Connection& connection, Flow& flow) {
  while (may_write(flow)) {
    std::string& bytes = flow.waiting.front().second;
    const bool breaks = flow.breaks_at != 0 && flow.passed + bytes.size() >= flow.breaks_at;
    const std::size_t wanted = breaks ? flow.breaks_at - flow.passed : bytes.size();
    const ssize_t count = ::send(flow.sink, bytes.data(), wanted, MSG_NOSIGNAL);
    if (count < 0 && would_block()) return;
    if (count < 0) {
      connection.over = true;
      return;
    }
    flow.passed += static_cast<std::size_t>(count);
    flow.waiting_bytes -= static_cast<std::size_t>(count);
    bytes.erase(0, static_cast<std::size_t>(count));
    if (flow.breaks_at != 0 && flow.passed >= flow.breaks_at) {
      ++broken_;
      connection.over = true;
      return;
    }
    if (bytes.empty()) flow.waiting.pop_front();
  }
  if (flow.source_ended && flow.waiting.empty() && !flow.sink_ended) {
    flow.sink_ended = true;
    ::shutdown(flow.sink, SHUT_WR);
  }
}

}  // namespace tally::e2e
