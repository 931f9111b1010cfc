#include "p2p/transport.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <map>
#include <thread>
#include <unordered_map>

#include "common/invariant.h"
#include "crypto/digest.h"
#include "p2p/half_open.h"
#include "p2p/peer_table.h"
#include "p2p/session.h"

namespace tally::p2p {

namespace {

// After the system refuses to hand out a connection (no descriptors left), so that the loop does not spin.
constexpr std::chrono::milliseconds kAcceptPause{100};
// A link that lived this long was a good one: the next dial is soon.
constexpr std::chrono::milliseconds kGoodLink{5000};

std::string address_text(const std::string& host, std::uint16_t port) {
  return host + ":" + std::to_string(port);
}

// A coroutine of the transport itself must not throw: its end would be a node that silently stops dialling.
void stop_on_exception(const std::exception_ptr& thrown) {
  if (thrown) std::rethrow_exception(thrown);
}

class AsioTransport final : public Transport, private LinkOwner {
 public:
  AsioTransport(const TransportOptions& options, const crypto::SecretKey& key, const ChainId& chain, Handlers handlers,
                TlsContext context);
  ~AsioTransport() override;

  Status listen(const std::string& host, std::uint16_t port);
  void run();

  bool send(const PublicKey& peer, MessageClass message_class, std::shared_ptr<const Bytes> payload) override;
  std::size_t broadcast(MessageClass message_class, std::shared_ptr<const Bytes> payload) override;
  void penalise(const PublicKey& peer, const std::string& reason) override;
  Status set_peers(const std::vector<PeerAddress>& peers) override;
  [[nodiscard]] std::vector<PeerState> peers() const override;
  [[nodiscard]] std::uint16_t listening_port() const override { return port_; }

 private:
  LinkOwner& owner() { return *this; }
  std::shared_ptr<PeerLink> link_of(const PublicKey& key) override { return peers_.find(key); }
  std::string refusal_of(const PeerLink& link) override;
  bool adopt(const std::shared_ptr<Session>& session) override;
  void ended(Session& session, const std::string& reason) override;
  void deliver(Received message) noexcept override;

  bool push(const PeerLinkPtr& link, MessageClass message_class, std::shared_ptr<const Bytes> payload);
  Task<void> accept_loop();
  void admit(Socket socket);
  Task<void> welcome(std::shared_ptr<Session> session, std::uint64_t id, std::string address);
  void apply(const PeerChanges& changes);
  void remove(PeerLink& link);
  Task<void> dial_loop(PeerLinkPtr link);
  Task<std::string> dial(PeerLink& link);
  Clock::time_point next_dial(const PeerLink& link);
  void connected(const PublicKey& key) noexcept;
  void disconnected(const PublicKey& key, const std::string& reason) noexcept;
  void refused(const std::string& address, const std::string& reason) noexcept;

  LinkSettings settings_;
  Handlers handlers_;
  PeerTable peers_;
  std::mutex changes_mutex_;  // changes of the peers are applied in the order in which they were made
  HalfOpenTable half_open_{limits::kHalfOpenMax, limits::kHalfOpenPerAddressMax};
  std::map<std::uint64_t, std::weak_ptr<Session>> half_open_sessions_;
  std::uint64_t connections_ = 0;
  std::uint64_t adoptions_ = 0;
  std::uint16_t port_ = 0;

  // Declared after everything that suspended coroutines refer to: it destroys them.
  asio::io_context io_{1};
  std::optional<Acceptor> acceptor_;
  std::thread thread_;
};

AsioTransport::AsioTransport(const TransportOptions& options, const crypto::SecretKey& key, const ChainId& chain,
                             Handlers handlers, TlsContext context)
    : settings_(options.tuning, std::move(context)), handlers_(std::move(handlers)) {
  settings_.own_key = key.public_key();
  settings_.chain = chain;
  std::array<Byte, sizeof settings_.boot> random{};
  crypto::fill_random(random);
  std::memcpy(&settings_.boot, random.data(), random.size());
  apply(peers_.set(options.peers, settings_.own_key, options.tuning, settings_.boot));
}

AsioTransport::~AsioTransport() {
  settings_.stopping = true;
  io_.stop();
  if (thread_.joinable()) {
    invariant(thread_.get_id() != std::this_thread::get_id(),
              "a transport is destroyed by another thread than its own");
    thread_.join();
  }
  const auto links = peers_.all();
  for (const auto& link : *links) {
    // Credits may live on; they must not post to an io_context that is gone.
    link->account->detach();
    link->session.reset();
    link->dial_timer.reset();
  }
}

Status AsioTransport::listen(const std::string& host, std::uint16_t port) {
  const std::string text = address_text(host, port);
  error_code error;
  Resolver resolver(io_);
  const auto found = resolver.resolve(host, std::to_string(port), Resolver::passive, error);
  if (error || found.empty())
    return make_error(ErrorCode::config_invalid, "listen_host", "\"" + host + "\" is no address of this machine",
                      "an IP address or a host name");
  const tcp::endpoint endpoint = found.begin()->endpoint();
  acceptor_.emplace(io_);
  acceptor_->open(endpoint.protocol(), error);
  if (!error) acceptor_->set_option(Acceptor::reuse_address(true), error);
  if (!error) acceptor_->bind(endpoint, error);
  if (!error) acceptor_->listen(Acceptor::max_listen_connections, error);
  if (!error) port_ = acceptor_->local_endpoint(error).port();
  if (error)
    return make_error(ErrorCode::io_failed, "listen_port", "cannot listen on " + text + ": " + error.message(),
                      "an address of this machine and a free port");
  return {};
}

void AsioTransport::run() {
  asio::co_spawn(io_, accept_loop(), stop_on_exception);
  thread_ = std::thread([this] {
    // The accept loop never ends, so neither does this until stop().
    io_.run();
  });
}

bool AsioTransport::push(const PeerLinkPtr& link, MessageClass message_class, std::shared_ptr<const Bytes> payload) {
  bool post = false;
  {
    const std::lock_guard lock(link->mutex);
    if (!link->state.connected || payload->size() > *payload_bytes_max(static_cast<Byte>(message_class))) {
      ++link->state.refused_sends;
      return false;
    }
    const auto pushed = link->queue.push(message_class, std::move(payload));
    link->state.refused_sends += pushed.refused;
    if (!pushed.taken) return false;
    post = !std::exchange(link->flush_posted, true);
  }
  if (post)
    asio::post(io_, [link] {
      if (link->session) link->session->flush();
    });
  return true;
}

bool AsioTransport::send(const PublicKey& peer, MessageClass message_class, std::shared_ptr<const Bytes> payload) {
  const auto link = peers_.find(peer);
  return link != nullptr && push(link, message_class, std::move(payload));
}

std::size_t AsioTransport::broadcast(MessageClass message_class, std::shared_ptr<const Bytes> payload) {
  std::size_t taken = 0;
  const auto links = peers_.all();
  for (const auto& link : *links) taken += push(link, message_class, payload) ? 1 : 0;
  return taken;
}

void AsioTransport::penalise(const PublicKey& peer, const std::string& reason) {
  const auto link = peers_.find(peer);
  if (link == nullptr) return;
  {
    const std::lock_guard lock(link->mutex);
    link->penalised_until = Clock::now() + settings_.tuning.penalty;
    link->penalty_reason = printable(reason);
    link->state.connected = false;
    link->state.last_error = "penalised: " + link->penalty_reason;
    ++link->state.penalties;
    link->penalised = true;
  }
  asio::post(io_, [link, text = "penalised: " + printable(reason)] {
    if (link->session) link->session->close(text);
  });
}

Status AsioTransport::set_peers(const std::vector<PeerAddress>& peers) {
  if (Status good = check_peers(peers); !good) return good;
  const std::lock_guard lock(changes_mutex_);
  auto changes = peers_.set(peers, settings_.own_key, settings_.tuning, settings_.boot);
  asio::post(io_, [this, changes = std::move(changes)] { apply(changes); });
  return {};
}

// On the transport's thread, or before it runs.
void AsioTransport::apply(const PeerChanges& changes) {
  for (const auto& link : changes.removed) remove(*link);
  for (const auto& [link, address] : changes.moved) {
    link->address = address;
    link->backoff.reset();
    link->next_dial = Clock::now();
    link->dial_timer->cancel();
  }
  for (const auto& link : changes.added) {
    settings_.allowed.insert(link->key);
    link->dial_timer.emplace(io_);
    asio::co_spawn(io_, dial_loop(link), stop_on_exception);
  }
}

void AsioTransport::remove(PeerLink& link) {
  settings_.allowed.erase(link.key);
  link.account->detach();
  if (const auto session = link.session) session->close("it is no peer any more");
  link.dial_timer->cancel();
}

std::vector<PeerState> AsioTransport::peers() const {
  std::vector<PeerState> out;
  const auto links = peers_.all();
  for (const auto& link : *links) {
    const std::lock_guard lock(link->mutex);
    out.push_back(link->state);
    out.back().bytes_received = link->bytes_received;
    out.back().messages_received = link->messages_received;
    out.back().broken_frames = link->broken_frames;
  }
  return out;
}

std::string AsioTransport::refusal_of(const PeerLink& link) {
  if (link.removed) return "it is no peer any more";
  const std::lock_guard lock(link.mutex);
  const auto left = link.penalised_until - Clock::now();
  if (left <= Clock::duration::zero()) return {};
  return "refused for another " + std::to_string(std::chrono::ceil<std::chrono::seconds>(left).count()) +
         " s: " + link.penalty_reason;
}

bool AsioTransport::adopt(const std::shared_ptr<Session>& session) {
  PeerLink& link = session->link();
  if (!refusal_of(link).empty()) return false;
  std::optional<LinkFacts> live;
  if (link.session) live = link.session->facts();
  const bool adopts =
      session->arbiter() ? arbiter_adopts(live, session->facts()) : follower_adopts(live, session->facts());
  if (!adopts) return false;
  if (session->arbiter()) session->facts().adoption = ++adoptions_;
  // A peer that came by itself is there: if this link breaks, the next dial need not wait for long.
  if (!session->facts().opened_here) link.backoff.reset();
  if (link.session) link.session->close("replaced by a newer link");
  {
    const std::lock_guard lock(link.mutex);
    // The peer table takes a link out at any moment.
    if (link.removed) return false;
    link.state.connected = true;
    link.state.last_error.clear();
    link.penalised = false;
  }
  link.session = session;
  session->start();
  connected(link.key);
  return true;
}

void AsioTransport::ended(Session& session, const std::string& reason) {
  PeerLink& link = session.link();
  const auto now = Clock::now();
  if (now - session.facts().since >= kGoodLink) link.backoff.reset();
  link.next_dial = now + link.backoff.next();
  {
    const std::lock_guard lock(link.mutex);
    link.state.connected = false;
    link.state.last_error = reason;
    link.flush_posted = false;
    link.queue.clear();
  }
  link.session.reset();
  link.dial_timer->cancel();
  disconnected(link.key, reason);
}

void AsioTransport::deliver(Received message) noexcept {
  if (handlers_.on_message) handlers_.on_message(std::move(message));
}
void AsioTransport::connected(const PublicKey& key) noexcept {
  if (handlers_.on_connected) handlers_.on_connected(key);
}
void AsioTransport::disconnected(const PublicKey& key, const std::string& reason) noexcept {
  if (handlers_.on_disconnected) handlers_.on_disconnected(key, reason);
}
void AsioTransport::refused(const std::string& address, const std::string& reason) noexcept {
  if (handlers_.on_refused) handlers_.on_refused(address, reason);
}

Task<void> AsioTransport::accept_loop() {
  Timer pause(io_);
  for (;;) {
    error_code error;
    Socket socket(io_);
    co_await acceptor_->async_accept(socket, into(error));
    if (!error) {
      admit(std::move(socket));
      continue;
    }
    pause.expires_after(kAcceptPause);
    co_await pause.async_wait(into(error));
  }
}

void AsioTransport::admit(Socket socket) {
  error_code error;
  const tcp::endpoint remote = socket.remote_endpoint(error);
  if (error) return;  // gone already
  const std::uint64_t id = ++connections_;
  std::string address = remote.address().to_string();
  const auto decision = half_open_.admit(id, address, Clock::now());
  if (decision.dropped)
    if (const auto dropped = half_open_sessions_[*decision.dropped].lock())
      dropped->close("another connection needed the place of this one, which was slow to say who it is");
  if (!decision.admitted) return refused(address, "too many connections that have not yet said who they are");
  auto session = std::make_shared<Session>(std::move(socket), settings_, owner());
  half_open_sessions_[id] = session;
  asio::co_spawn(io_, welcome(std::move(session), id, std::move(address)), stop_on_exception);
}

Task<void> AsioTransport::welcome(std::shared_ptr<Session> session, std::uint64_t id, std::string address) {
  const std::string reason = co_await Session::welcome(session);
  half_open_.remove(id);
  half_open_sessions_.erase(id);
  if (!reason.empty()) refused(address, reason);
}

Clock::time_point AsioTransport::next_dial(const PeerLink& link) {
  if (link.session || link.address.port == 0) return Clock::time_point::max();
  const std::lock_guard lock(link.mutex);
  return std::max(link.next_dial, link.penalised_until);
}

Task<void> AsioTransport::dial_loop(PeerLinkPtr link) {
  while (!link->removed) {
    for (auto at = next_dial(*link); at > Clock::now() && !link->removed; at = next_dial(*link)) {
      error_code ignored;
      link->dial_timer->expires_at(at);
      co_await link->dial_timer->async_wait(into(ignored));
    }
    if (link->removed) break;
    const std::string reason = co_await dial(*link);
    if (reason.empty()) continue;
    link->next_dial = Clock::now() + link->backoff.next();
    const std::lock_guard lock(link->mutex);
    if (!link->state.connected) link->state.last_error = reason;
  }
}

Task<std::string> AsioTransport::dial(PeerLink& link) {
  const PeerAddress address = link.address;
  const std::string place = address_text(address.host, address.port) + ": ";
  error_code error;
  std::vector<tcp::endpoint> endpoints;
  const auto literal = asio::ip::make_address(address.host, error);
  if (!error) {
    endpoints.emplace_back(literal, address.port);
  } else {
    Resolver resolver(io_);
    const auto found = co_await resolver.async_resolve(address.host, std::to_string(address.port), into(error));
    if (error) co_return place + "the name is not known: " + error.message();
    for (const auto& entry : found) endpoints.push_back(entry.endpoint());
  }
  auto session = std::make_shared<Session>(Socket(io_), settings_, owner());
  const std::string reason = co_await Session::dial(std::move(session), std::move(endpoints), address.key);
  if (reason.empty()) co_return reason;
  co_return place + reason;
}

Status check(const TransportOptions& options) {
  if (Status good = check_peers(options.peers); !good) return good;
  const TransportTuning& tuning = options.tuning;
  const auto zero = std::chrono::milliseconds::zero();
  if (tuning.handshake_timeout <= zero || tuning.ping_interval <= zero || tuning.idle_timeout <= tuning.ping_interval ||
      tuning.reconnect_first <= zero || tuning.reconnect_max < tuning.reconnect_first ||
      tuning.messages_per_second_max == 0)
    return make_error(ErrorCode::config_invalid, "tuning", "holds a figure that cannot work",
                      "positive figures, idle_timeout over ping_interval, reconnect_max not under reconnect_first");
  return {};
}

}  // namespace

Result<std::unique_ptr<Transport>> start_transport(const TransportOptions& options, const crypto::SecretKey& key,
                                                   const ChainId& chain, Handlers handlers) {
  if (auto checked = check(options); !checked) return checked.error();
  auto context = make_tls_context(key);
  if (!context) return context.error();
  auto transport =
      std::make_unique<AsioTransport>(options, key, chain, std::move(handlers), std::move(context).value());
  if (auto listening = transport->listen(options.listen_host, options.listen_port); !listening)
    return listening.error();
  transport->run();
  return std::unique_ptr<Transport>(std::move(transport));
}

}  // namespace tally::p2p
