// Purpose: whom a node links with: the peers of its own settings, the members of this epoch and of the one before
// (who must still be served, or still serve), and the nodes that governance named on chain. Nothing is agreed upon
// by this list: it only says who is let in and who is called.
// Thread rule: pure function.
// Invariants: each key once. An address in the settings wins over one on chain. Whoever has no usable address is let
// in and not called.
#pragma once

#include "consensus/quorum.h"
#include "p2p/transport.h"

namespace tally::node {

struct PeerSources {
  std::vector<p2p::PeerAddress> settings;
  std::vector<p2p::PeerAddress> on_chain;
  consensus::ValidatorSet current;
  std::optional<consensus::ValidatorSet> previous;
};

std::vector<p2p::PeerAddress> peers_of(const PeerSources& sources);

// A node's address as it stands on chain, "host:port"; port 0 if it is no such address.
p2p::PeerAddress chain_peer(const PublicKey& key, const std::string& name, const std::string& address);

}  // namespace tally::node
