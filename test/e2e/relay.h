// Purpose: the network between the nodes of a test, as a thing that can fail: a TCP relay on 127.0.0.1 for every
// ordered pair of nodes, which the first dials instead of the second. What flows from one node to another, on
// whichever connection, follows the way between them: it passes, is held (as in a black hole: connections stay
// open), is cut (connections are reset), is late, or breaks the connection at a random byte.
// Thread rule: thread-safe; one thread of its own moves the bytes.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace tally::e2e {

struct Way {
  enum class Traffic { pass, hold, cut };
  Traffic traffic = Traffic::pass;
  std::chrono::milliseconds delay{0};
  // A connection is reset after a random number of bytes below this; 0: never.
  std::size_t breaks_within_bytes = 0;
};

class Relays {
 public:
  // All ways pass; nothing is listened to yet by the nodes. Every random choice comes from the seed.
  Relays(std::size_t nodes, std::uint64_t seed);
  ~Relays();
  Relays(const Relays&) = delete;
  Relays& operator=(const Relays&) = delete;

  // What `from` dials to reach `to`.
  [[nodiscard]] std::uint16_t port(std::size_t from, std::size_t to) const;
  // Where the node really listens.
  void set_target(std::size_t node, std::uint16_t port);

  void set(std::size_t from, std::size_t to, const Way& way);
  void set_both(std::size_t one, std::size_t other, const Way& way);
  // Between nodes of different groups the way is as given, within a group it passes. A node in no group is alone.
  void partition(const std::vector<std::vector<std::size_t>>& groups, const Way& way);
  void set_all(const Way& way);
  void heal() { set_all({}); }

  // The first bytes of the newest connection that `from` dialled to `to`, as `from` sent them.
  [[nodiscard]] std::string recorded(std::size_t from, std::size_t to) const;
  // Connections that this network broke at a random byte.
  [[nodiscard]] std::uint64_t broken() const { return broken_.load(); }
  [[nodiscard]] std::uint64_t connections() const { return connections_.load(); }

 private:
  using Clock = std::chrono::steady_clock;
  struct Listener {
    int descriptor = -1;
    std::uint16_t port = 0;
    std::size_t from = 0;
    std::size_t to = 0;
    std::string recorded;
  };
  // Bytes of one direction of a connection.
  struct Flow {
    std::size_t from = 0;
    std::size_t to = 0;
    int source = -1;
    int sink = -1;
    std::deque<std::pair<Clock::time_point, std::string>> waiting;
    std::size_t waiting_bytes = 0;
    std::size_t passed = 0;
    std::size_t breaks_at = 0;  // 0: not drawn
    bool source_ended = false;
    bool sink_ended = false;
  };
  struct Connection {
    Flow there;
    Flow back;
    Listener* listener = nullptr;
    bool over = false;
  };

  void run();
  void move_bytes();
  void admit(Listener& listener);
  void read(Connection& connection, Flow& flow);
  void write(Connection& connection, Flow& flow);
  void obey(Connection& connection);
  [[nodiscard]] const Way& way_of(const Flow& flow) const { return ways_.at({flow.from, flow.to}); }
  [[nodiscard]] bool may_read(const Flow& flow) const;
  [[nodiscard]] bool may_write(const Flow& flow) const;
  void wake() const;

  const std::size_t nodes_;
  int wake_ends_[2] = {-1, -1};
  std::list<Listener> listeners_;
  std::atomic<std::uint64_t> broken_ = 0;
  std::atomic<std::uint64_t> connections_ = 0;
  std::atomic<bool> stopping_ = false;

  mutable std::mutex mutex_;  // guards what follows
  std::mt19937_64 random_;
  std::map<std::pair<std::size_t, std::size_t>, Way> ways_;
  std::map<std::size_t, std::uint16_t> targets_;
  std::list<Connection> open_;

  std::thread thread_;
};

}  // namespace tally::e2e
