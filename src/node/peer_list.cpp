#include "node/peer_list.h"

#include "node/config.h"

namespace tally::node {

p2p::PeerAddress chain_peer(const PublicKey& key, const std::string& name, const std::string& address) {
  p2p::PeerAddress out{key, name, {}, 0};
  if (const auto parsed = parse_host_port(address)) {
    out.host = parsed->host;
    out.port = parsed->port;
  }
  return out;
}

std::vector<p2p::PeerAddress> peers_of(const PeerSources& sources) {
  std::vector<p2p::PeerAddress> out;
  const auto add = [&out](const p2p::PeerAddress& peer) {
    const auto held = std::find_if(out.begin(), out.end(), [&](const auto& other) { return other.key == peer.key; });
    if (held == out.end())
      out.push_back(peer);
    else if (held->port == 0 && held->host.empty() && peer.port != 0)
      *held = peer;
  };
  for (const auto& peer : sources.settings) add(peer);
  for (const auto& peer : sources.on_chain) add(peer);
  for (const auto& member : sources.current.members) add({member.key, member.name, {}, 0});
  if (sources.previous)
    for (const auto& member : sources.previous->members) add({member.key, member.name, {}, 0});
  return out;
}

}  // namespace tally::node
