// Purpose: authenticated, bounded message links between nodes. The only place that knows Boost.Asio's TLS.
// Links: TLS 1.3, both sides authenticated by a certificate made in process from the node's Ed25519 key and
// pinned by key; no certificate authority, and validity dates are not looked at, so nothing expires.
// One live session per key: of two that cross, the one opened by the smaller key stays.
// Frames: u32 little-endian length (of what follows) | u8 class | payload. Lengths are checked against the
// class's limit before memory is taken (common/limits.h). Before authentication nothing but TLS is read.
// Class limits on a payload: vote kVoteBytesMax, proposal kNewViewBytesMax (it carries NEW-VIEW and VIEW-CHANGE
// too), sync kSyncBytesMax, transactions kBundleBytesMax; send refuses what is larger.
// Thread rule: all members are thread-safe. Handlers run on the transport's own thread and must neither block
// nor throw; they may call every member but the destructor, which is for other threads.
// Backpressure: each received message carries a Credit; while a peer's unreturned credits exceed
// kPeerReceiveBytesMax its socket is not read. Nothing received is ever dropped. Send queues are bounded per
// peer (kPeerSendBytesMax) and per class; when full, the lowest class is refused first (send returns false),
// votes last. Higher classes overtake lower ones.
// Errors: start() answers config_invalid or io_failed (address in use) with the address; afterwards links
// reconnect by themselves with backoff (0.1 s doubling to 5 s, jittered).
#pragma once

#include <boost/describe/enum.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/limits.h"
#include "crypto/signature.h"

namespace tally::p2p {

// In falling order of urgency.
enum class MessageClass : std::uint8_t { vote, proposal, sync, transactions };
inline constexpr std::size_t kMessageClasses = 4;

struct PeerAddress {
  PublicKey key;
  std::string name;  // for logs
  std::string host;
  std::uint16_t port = 0;  // 0: not dialled, only let in (an observer, say)
  bool operator==(const PeerAddress&) const = default;
};

// The figures that a node runs with; tests make them shorter.
struct TransportTuning {
  std::chrono::milliseconds handshake_timeout = limits::kHandshakeTimeout;
  std::chrono::milliseconds ping_interval{15'000};  // a ping goes out after this long without a write
  std::chrono::milliseconds idle_timeout{45'000};   // a link is dead after this long without a byte
  std::chrono::milliseconds reconnect_first{100};
  std::chrono::milliseconds reconnect_max{5'000};
  std::chrono::milliseconds penalty = limits::kPeerPenalty;
  std::size_t messages_per_second_max = limits::kPeerMessagesPerSecondMax;
};

struct TransportOptions {
  std::string listen_host = "127.0.0.1";
  std::uint16_t listen_port = 0;   // 0: any free port
  std::vector<PeerAddress> peers;  // to begin with; see Transport::set_peers
  TransportTuning tuning{};
};

// Returned (destroyed) when the message has been dealt with.
class Credit {
 public:
  Credit() = default;
  explicit Credit(std::shared_ptr<void> hold) : hold_(std::move(hold)) {}

 private:
  std::shared_ptr<void> hold_;
};

struct Received {
  PublicKey from;
  MessageClass message_class = MessageClass::vote;
  Bytes payload;
  Credit credit;
};

struct Handlers {
  std::function<void(Received)> on_message{};
  std::function<void(const PublicKey&)> on_connected{};
  // Messages of an ended session that had not gone out are gone. A link that is replaced by a newer one of
  // the same peer shows as disconnected, then connected.
  std::function<void(const PublicKey&, const std::string& reason)> on_disconnected{};
  // An inbound connection that was not let in; for logs (any stranger can cause as many as it likes).
  std::function<void(const std::string& address, const std::string& reason)> on_refused{};
};

struct PeerState {
  PublicKey key;
  std::string name;
  bool connected = false;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t messages_sent = 0;
  std::uint64_t messages_received = 0;
  std::uint64_t refused_sends = 0;  // including messages that made room for higher classes
  std::uint64_t broken_frames = 0;  // each cost a session
  std::uint64_t penalties = 0;
  std::string last_error;  // why the link is down, in words
};

class Transport {
 public:
  virtual ~Transport() = default;  // closes all links and joins its thread

  // The payload is shared among the peers it goes to. False if the peer is not linked or its queue is full.
  virtual bool send(const PublicKey& peer, MessageClass message_class, std::shared_ptr<const Bytes> payload) = 0;
  // To every linked peer; the number of peers that took it.
  virtual std::size_t broadcast(MessageClass message_class, std::shared_ptr<const Bytes> payload) = 0;
  // Ends the session and refuses the key for kPeerPenalty (a bad signature, a non-canonical encoding).
  virtual void penalise(const PublicKey& peer, const std::string& reason) = 0;
  // From now on these are the peers: dialled, and the only keys that are let in; the node's own is passed over. The
  // links of peers that stay stay, also if their address is another; those of the others end. config_invalid names
  // what is wrong with the list, and nothing changes then.
  virtual Status set_peers(const std::vector<PeerAddress>& peers) = 0;
  [[nodiscard]] virtual std::vector<PeerState> peers() const = 0;
  [[nodiscard]] virtual std::uint16_t listening_port() const = 0;
};

Result<std::unique_ptr<Transport>> start_transport(const TransportOptions& options, const crypto::SecretKey& key,
                                                   const ChainId& chain, Handlers handlers);

}  // namespace tally::p2p
