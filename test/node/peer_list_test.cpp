#include "node/peer_list.h"

#include <catch2/catch.hpp>

namespace {

using namespace tally;
using p2p::PeerAddress;

PublicKey key(Byte number) {
  return PublicKey{{number}};
}

consensus::ValidatorSet members(const std::vector<Byte>& numbers) {
  consensus::ValidatorSet out;
  for (const Byte number : numbers) out.members.push_back({"member " + std::to_string(number), key(number)});
  return out;
}

TEST_CASE("peers come from the settings, the chain, and the members of two epochs, each key once") {
  node::PeerSources sources;
  sources.settings = {{key(1), "own name", "10.0.0.1", 7001}};
  sources.on_chain = {{key(2), "named", "10.0.0.2", 7002}};
  sources.current = members({1, 2, 3});
  sources.previous = members({3, 4});
  CHECK(node::peers_of(sources) == std::vector<PeerAddress>{{key(1), "own name", "10.0.0.1", 7001},
                                                            {key(2), "named", "10.0.0.2", 7002},
                                                            {key(3), "member 3", "", 0},
                                                            {key(4), "member 4", "", 0}});
}

TEST_CASE("an address in the settings wins over one on chain") {
  node::PeerSources sources;
  sources.settings = {{key(1), "here", "10.0.0.1", 7001}, {key(2), "observer", "", 0}};
  sources.on_chain = {{key(1), "there", "10.9.9.9", 9}, {key(2), "there", "10.0.0.2", 7002}};
  sources.current = members({1});
  CHECK(node::peers_of(sources) ==
        std::vector<PeerAddress>{{key(1), "here", "10.0.0.1", 7001}, {key(2), "there", "10.0.0.2", 7002}});
}

TEST_CASE("what is no address on chain makes a peer that is let in and not called") {
  CHECK(node::chain_peer(key(1), "bank", "10.0.0.1:7001") == PeerAddress{key(1), "bank", "10.0.0.1", 7001});
  CHECK(node::chain_peer(key(1), "bank", "").port == 0);
  CHECK(node::chain_peer(key(1), "bank", "10.0.0.1").port == 0);
  CHECK(node::chain_peer(key(1), "bank", "10.0.0.1:port").port == 0);
}

}  // namespace
