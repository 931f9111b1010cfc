#include "p2p/node_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "p2p/frame.h"

namespace tally::p2p::test {

namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}

int accept_any(X509_STORE_CTX*, void*) {
  return 1;
}

}  // namespace

crypto::SecretKey key_number(Byte number) {
  crypto::Seed seed{};
  seed.fill(number);
  return crypto::SecretKey::from_seed(seed);
}

std::vector<crypto::SecretKey> sorted_keys(std::size_t count) {
  std::vector<crypto::SecretKey> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(key_number(static_cast<Byte>(i + 1)));
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.public_key() < b.public_key(); });
  return out;
}

ChainId chain_number(Byte number) {
  ChainId out;
  out.bytes.fill(number);
  return out;
}

std::shared_ptr<const Bytes> payload_of(std::size_t size, std::uint32_t number) {
  Bytes out(std::max(size, sizeof number), static_cast<Byte>(number));
  std::memcpy(out.data(), &number, sizeof number);
  return std::make_shared<const Bytes>(std::move(out));
}

std::uint32_t number_in(const Bytes& payload) {
  std::uint32_t out = 0;
  REQUIRE(payload.size() >= sizeof out);
  std::memcpy(&out, payload.data(), sizeof out);
  return out;
}

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  REQUIRE(::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(socket);
  return ntohs(address.sin_port);
}

void Node::start(std::vector<PeerAddress> others, std::uint16_t port, const TransportTuning& tuning, Byte chain) {
  TransportOptions options;
  options.listen_port = port;
  options.peers = std::move(others);
  options.tuning = tuning;
  Handlers handlers;
  handlers.on_message = [this](Received received) {
    const std::lock_guard lock(mutex);
    if (hold_credits) held.push_back(received.credit);
    messages.push_back({received.from, received.message_class, std::move(received.payload)});
    changed.notify_all();
  };
  handlers.on_connected = [this](const PublicKey&) {
    const std::lock_guard lock(mutex);
    ++connects;
    changed.notify_all();
  };
  handlers.on_disconnected = [this](const PublicKey&, const std::string& reason) {
    const std::lock_guard lock(mutex);
    ends.push_back(reason);
    changed.notify_all();
  };
  handlers.on_refused = [this](const std::string&, const std::string& reason) {
    const std::lock_guard lock(mutex);
    refusals.push_back(reason);
    changed.notify_all();
  };
  auto started = start_transport(options, key, chain_number(chain), std::move(handlers));
  if (!started) FAIL(started.error().text());
  transport = std::move(started).value();
}

PeerAddress Node::address(bool dialled) const {
  const std::uint16_t port = dialled && transport ? transport->listening_port() : std::uint16_t{0};
  return {id(), "node " + id().short_hex(), "127.0.0.1", port};
}

PeerState Node::state_of(const Node& other) const {
  for (const PeerState& state : transport->peers())
    if (state.key == other.id()) return state;
  return {};
}

RawListener::RawListener(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  const timeval patience{kPatience.count(), 0};
  const int on = 1;
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = loopback(port);
  REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(socket_, 16) == 0);
}

RawListener::~RawListener() {
  ::close(socket_);
}

bool RawListener::refuse_one() const {
  const int caller = ::accept(socket_, nullptr, nullptr);
  if (caller >= 0) ::close(caller);
  return caller >= 0;
}

RawClient::RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  const timeval patience{kPatience.count(), 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const sockaddr_in address = loopback(port);
  REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

RawClient::~RawClient() {
  if (tls_ != nullptr) SSL_free(tls_);
  if (socket_ >= 0) ::close(socket_);
}

bool RawClient::handshake(const std::optional<crypto::SecretKey>& key) {
  context_ = make_tls_context(key.value_or(key_number(99))).value();
  SSL_CTX_set_cert_verify_callback(context_.get(), accept_any, nullptr);
  tls_ = SSL_new(context_.get());
  if (!key) SSL_certs_clear(tls_);
  SSL_set_fd(tls_, socket_);
  return SSL_connect(tls_) == 1;
}

bool RawClient::greet(const PublicKey& own, const PublicKey& node, const ChainId& chain) {
  const Bytes hello = hello_frame({kLinkProtocol, chain, 7, own < node ? 1U : 0U});
  // The side with the larger key speaks first.
  if (own > node && !write(hello)) return false;
  const Bytes answer = read();
  if (answer.size() < kFrameHeaderBytes || answer[4] != kHelloClass) return false;
  return own > node || write(hello);
}

bool RawClient::write(ByteView bytes) {
  return SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size());
}

bool RawClient::write_plain(ByteView bytes) const {
  return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

Bytes RawClient::read() {
  Bytes out(64 * limits::kKiB);
  const int count = tls_ != nullptr ? SSL_read(tls_, out.data(), static_cast<int>(out.size()))
                                    : static_cast<int>(::recv(socket_, out.data(), out.size(), 0));
  out.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return out;
}

bool RawClient::closed_by_peer() {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!read().empty())
    if (std::chrono::steady_clock::now() >= deadline) return false;
  return std::chrono::steady_clock::now() < deadline;
}

void RawClient::reset() {
  const linger abrupt{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &abrupt, sizeof abrupt);
  ::close(socket_);
  socket_ = -1;
}

}  // namespace tally::p2p::test
