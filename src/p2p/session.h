// Purpose: one TLS connection to a peer: handshake, greeting, then frames both ways until it is closed.
// Thread rule: everything runs on the transport's thread. Sessions are held by shared pointers; every pending
// operation holds one.
// Life: made -> dial() or welcome() -> adopted by the owner, which calls start() -> close(). A session that
// is not adopted closes itself and answers why.
#pragma once

#include <atomic>
#include <memory>
#include <set>
#include <string>

#include "p2p/arbitration.h"
#include "p2p/asio_types.h"
#include "p2p/certificate.h"
#include "p2p/frame.h"
#include "p2p/peer_link.h"

namespace tally::p2p {

// What the sessions of one transport share; constant but for `stopping`, and `allowed`, which belongs to the
// transport's thread.
struct LinkSettings {
  LinkSettings(const TransportTuning& figures, TlsContext context) : tuning(figures), tls(context.release()) {}

  TransportTuning tuning;
  asio::ssl::context tls;
  PublicKey own_key;
  ChainId chain;
  std::uint64_t boot = 0;
  std::set<PublicKey> allowed;
  std::atomic<bool> stopping = false;
};

class LinkOwner {
 public:
  virtual ~LinkOwner() = default;
  // The peer with this key; null if it is none any more.
  virtual std::shared_ptr<PeerLink> link_of(const PublicKey& key) = 0;
  // Why a key is refused at the moment; empty if it is not.
  virtual std::string refusal_of(const PeerLink& link) = 0;
  // Decides between this session and a live one. If this one stays, it is live, started and announced when the
  // call returns, and facts().adoption is set.
  virtual bool adopt(const std::shared_ptr<Session>& session) = 0;
  // A session that was adopted has closed.
  virtual void ended(Session& session, const std::string& reason) = 0;
  virtual void deliver(Received message) noexcept = 0;
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Socket socket, LinkSettings& settings, LinkOwner& owner);

  // Both answer nothing when the session has been adopted, else why not, in words.
  static Task<std::string> dial(std::shared_ptr<Session> self, std::vector<tcp::endpoint> endpoints,
                                PublicKey expected);
  static Task<std::string> welcome(std::shared_ptr<Session> self);

  // Begins to read and write. For the owner, when it adopts the session.
  void start();
  // The peer's queue has something.
  void flush();
  // Closes the connection; a live session is reported as ended before this returns.
  void close(const std::string& reason);

  [[nodiscard]] PeerLink& link() const { return *link_; }
  // Whether this node has the smaller key and so decides which link stays.
  [[nodiscard]] bool arbiter() const { return settings_.own_key < link_->key; }
  LinkFacts& facts() { return facts_; }

 private:
  using Self = std::shared_ptr<Session>;

  static Task<std::string> establish(Self self, asio::ssl::stream_base::handshake_type direction);
  static Task<std::string> greet(Self self);
  static Task<Result<Hello>> read_hello(Self self);
  static Task<void> leave(Self self, std::string reason);
  static Task<void> linger(Self self);
  static Task<void> read_loop(Self self);
  static Task<void> wait_until_allowed(Self self);
  static Task<void> keep_alive(Self self);

  void arm_deadline(std::chrono::milliseconds timeout);
  void set_socket_options();
  void write_more();
  bool take_frames(ByteView& bytes);
  void handle(Frame frame);
  // Ends the session over what the peer sent, and counts it.
  void broken_frame(const std::string& why);
  bool waits_for_credits();
  [[nodiscard]] std::string reason_of(const error_code& error) const;

  LinkSettings& settings_;
  LinkOwner& owner_;
  asio::ssl::stream<Socket> stream_;
  Timer deadline_;
  Timer gate_;  // reading waits here
  Timer pulse_;
  PeerCheck check_;
  std::shared_ptr<PeerLink> link_;
  LinkFacts facts_;
  FrameReader reader_;
  Bytes read_buffer_;
  Bytes write_buffer_;
  Clock::time_point last_read_;
  Clock::time_point last_write_;
  bool live_ = false;
  bool closed_ = false;
  std::string close_reason_;
  bool timed_out_ = false;
  bool writing_ = false;
  bool ping_due_ = false;
  bool paused_ = false;
};

}  // namespace tally::p2p
