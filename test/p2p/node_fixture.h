// Purpose: a transport with an inbox that tests can wait on, and a raw TLS client for hostile tests.
// Thread rule: a Node is used by the test's thread; its handlers run on its transport's.
#pragma once

#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>

#include "p2p/certificate.h"
#include "p2p/transport.h"

namespace tally::p2p::test {

inline constexpr std::chrono::seconds kPatience{30};

crypto::SecretKey key_number(Byte number);
// Keys in rising order of their public keys.
std::vector<crypto::SecretKey> sorted_keys(std::size_t count);
ChainId chain_number(Byte number);
std::shared_ptr<const Bytes> payload_of(std::size_t size, std::uint32_t number = 0);
std::uint32_t number_in(const Bytes& payload);
// A port that was free a moment ago.
std::uint16_t free_port();

struct Message {
  PublicKey from;
  MessageClass message_class;
  Bytes payload;
};

class Node {
 public:
  explicit Node(crypto::SecretKey secret) : key(std::move(secret)) {}
  ~Node() { stop(); }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // `others` with port 0 are only let in.
  void start(std::vector<PeerAddress> others, std::uint16_t port = 0, const TransportTuning& tuning = {},
             Byte chain = 1);
  void stop() { transport.reset(); }
  // How others list this node.
  [[nodiscard]] PeerAddress address(bool dialled = true) const;
  [[nodiscard]] const PublicKey& id() const { return key.public_key(); }
  [[nodiscard]] PeerState state_of(const Node& other) const;
  [[nodiscard]] bool linked(const Node& other) const { return state_of(other).connected; }

  // Waits until the condition holds; it is evaluated under the inboxes' mutex.
  template <class Condition>
  bool wait(Condition condition, std::chrono::milliseconds patience = kPatience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    std::unique_lock lock(mutex);
    while (!condition()) {
      if (std::chrono::steady_clock::now() >= deadline) return false;
      // What peers() shows has no event of its own, hence the slices.
      changed.wait_for(lock, std::chrono::milliseconds{10});
    }
    return true;
  }
  bool wait_linked(const Node& other) {
    return wait([&] { return linked(other); });
  }
  bool wait_messages(std::size_t count) {
    return wait([&] { return messages.size() >= count; });
  }

  crypto::SecretKey key;
  // One for all nodes, and recursive, so that a condition may look into several inboxes.
  static inline std::recursive_mutex mutex;
  static inline std::condition_variable_any changed;
  // Guarded by mutex:
  std::vector<Message> messages;
  std::vector<Credit> held;
  bool hold_credits = false;
  std::size_t connects = 0;
  std::vector<std::string> ends;
  std::vector<std::string> refusals;

  std::unique_ptr<Transport> transport;
};

// Stands where a node could listen: takes connections and closes them. Blocking, with a time-out.
class RawListener {
 public:
  explicit RawListener(std::uint16_t port);
  ~RawListener();
  RawListener(const RawListener&) = delete;
  RawListener& operator=(const RawListener&) = delete;
  // Waits for a connection and closes it; false if none comes.
  bool refuse_one() const;

 private:
  int socket_ = -1;
};

// A link that is not driven by a Transport: it can send any bytes. Blocking, with time-outs.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // TLS with this key (no certificate if absent); false if the handshake fails.
  bool handshake(const std::optional<crypto::SecretKey>& key);
  // Both greetings, as a peer with this key towards `node`; false if the link is not adopted.
  bool greet(const PublicKey& own, const PublicKey& node, const ChainId& chain = chain_number(1));
  bool write(ByteView bytes);
  bool write_plain(ByteView bytes) const;
  // The next bytes, empty at the end of the connection.
  Bytes read();
  // Reads until the other side ends the connection; false if it does not within the patience.
  bool closed_by_peer();
  // Closes with a reset instead of an orderly end.
  void reset();

 private:
  int socket_ = -1;
  TlsContext context_;
  PeerCheck check_;
  std::set<PublicKey> any_;
  ssl_st* tls_ = nullptr;
};

}  // namespace tally::p2p::test
