#include "p2p/peer_table.h"

#include <set>

namespace tally::p2p {

Status check_peers(const std::vector<PeerAddress>& peers) {
  std::set<PublicKey> seen;
  for (std::size_t i = 0; i < peers.size(); ++i) {
    const PeerAddress& peer = peers[i];
    const std::string field = "peers[" + std::to_string(i) + "]";
    if (!crypto::valid_public_key(peer.key))
      return make_error(ErrorCode::config_invalid, field + ".key", peer.key.hex() + " is no Ed25519 public key",
                        "64 hexadecimal digits of a public key");
    if (!seen.insert(peer.key).second)
      return make_error(ErrorCode::config_invalid, field + ".key", peer.key.short_hex() + " is listed twice",
                        "each peer once");
    if (peer.port != 0 && peer.host.empty())
      return make_error(ErrorCode::config_invalid, field + ".host", "is empty", "a host name or an IP address");
  }
  return {};
}

std::shared_ptr<const PeerTable::Peers> PeerTable::now() const {
  const std::lock_guard lock(mutex_);
  return peers_;
}

std::shared_ptr<const std::vector<PeerLinkPtr>> PeerTable::all() const {
  auto peers = now();
  return {peers, &peers->in_order};
}

PeerLinkPtr PeerTable::find(const PublicKey& key) const {
  const auto peers = now();
  const auto found = peers->by_key.find(key);
  return found == peers->by_key.end() ? nullptr : found->second;
}

PeerChanges PeerTable::set(const std::vector<PeerAddress>& peers, const PublicKey& own_key,
                           const TransportTuning& tuning, std::uint64_t seed) {
  PeerChanges changes;
  auto next = std::make_shared<Peers>();
  const std::lock_guard lock(mutex_);
  for (const PeerAddress& peer : peers) {
    if (peer.key == own_key) continue;
    PeerLinkPtr link;
    if (const auto held = peers_->by_key.find(peer.key); held != peers_->by_key.end()) {
      link = held->second;
      const std::lock_guard guard(link->mutex);
      if (link->listed != peer) changes.moved.emplace_back(link, peer);
      link->listed = peer;
      link->state.name = peer.name;
    } else {
      link = std::make_shared<PeerLink>(peer, tuning, seed ^ std::hash<PublicKey>{}(peer.key));
      changes.added.push_back(link);
    }
    next->in_order.push_back(link);
    next->by_key.emplace(peer.key, std::move(link));
  }
  for (const PeerLinkPtr& link : peers_->in_order) {
    if (next->by_key.contains(link->key)) continue;
    link->removed = true;
    const std::lock_guard guard(link->mutex);
    link->state.connected = false;
    changes.removed.push_back(link);
  }
  peers_ = std::move(next);
  return changes;
}

}  // namespace tally::p2p
