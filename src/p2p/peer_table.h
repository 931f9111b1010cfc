// Purpose: the peers of a transport, which may change while it runs. A reader gets the peers of one moment; a link
// lives on as long as somebody holds it, but once it is marked as removed nothing more is sent or delivered over it.
// Thread rule: thread-safe.
// Errors: config_invalid, naming peers[i]; the table is then as it was.
#pragma once

#include <unordered_map>

#include "p2p/peer_link.h"

namespace tally::p2p {

using PeerLinkPtr = std::shared_ptr<PeerLink>;

struct PeerChanges {
  std::vector<PeerLinkPtr> added;
  std::vector<PeerLinkPtr> removed;
  // The peer stands under another address or name from now on.
  std::vector<std::pair<PeerLinkPtr, PeerAddress>> moved;
};

// Distinct valid keys, and a host for each that is dialled.
Status check_peers(const std::vector<PeerAddress>& peers);

class PeerTable {
 public:
  PeerTable() : peers_(std::make_shared<const Peers>()) {}

  // Required: check_peers. `own_key` is passed over; `seed` is for the links' backoff.
  PeerChanges set(const std::vector<PeerAddress>& peers, const PublicKey& own_key, const TransportTuning& tuning,
                  std::uint64_t seed);

  // In the order in which they were given. Keep the pointer while going through them.
  [[nodiscard]] std::shared_ptr<const std::vector<PeerLinkPtr>> all() const;
  [[nodiscard]] PeerLinkPtr find(const PublicKey& key) const;  // null: no peer

 private:
  struct Peers {
    std::vector<PeerLinkPtr> in_order;
    std::unordered_map<PublicKey, PeerLinkPtr> by_key;
  };
  [[nodiscard]] std::shared_ptr<const Peers> now() const;

  mutable std::mutex mutex_;
  std::shared_ptr<const Peers> peers_;
};

}  // namespace tally::p2p
