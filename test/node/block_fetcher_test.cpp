#include "node/block_fetcher.h"

#include <catch2/catch.hpp>

namespace {

using namespace tally;
using node::BlockFetcher;

PublicKey peer(Byte number) {
  PublicKey key;
  key.bytes[0] = number;
  return key;
}

std::optional<BlockFetcher::Request> ticks(BlockFetcher& fetcher, unsigned count) {
  for (unsigned i = 0; i < count; ++i)
    if (auto request = fetcher.tick()) return request;
  return std::nullopt;
}

TEST_CASE("a node at the head asks nobody") {
  BlockFetcher fetcher;
  fetcher.executed(BlockHeight{9});
  fetcher.peer_reports(peer(1), BlockHeight{9});
  CHECK_FALSE(ticks(fetcher, 200));
}

TEST_CASE("a node that is behind asks a peer that is ahead, once at a time") {
  BlockFetcher fetcher;
  fetcher.executed(BlockHeight{9});
  fetcher.peer_reports(peer(1), BlockHeight{5});
  fetcher.peer_reports(peer(2), BlockHeight{20});
  const auto request = ticks(fetcher, 10);
  REQUIRE(request);
  CHECK(request->peer == peer(2));
  CHECK(request->from == BlockHeight{10});
  CHECK(fetcher.awaits(peer(2), BlockHeight{10}));
  CHECK_FALSE(ticks(fetcher, 10));
  fetcher.executed(BlockHeight{15});
  fetcher.succeeded(peer(2));
  CHECK(fetcher.next()->from == BlockHeight{16});
}

TEST_CASE("while blocks are installed the next are fetched, not further") {
  BlockFetcher fetcher;
  fetcher.peer_reports(peer(1), BlockHeight{100});
  fetcher.peer_reports(peer(2), BlockHeight{100});
  const auto first = ticks(fetcher, 10);
  REQUIRE(first);
  CHECK(first->from == BlockHeight{1});
  fetcher.arrived(first->peer, BlockHeight{20});
  const auto second = fetcher.next();
  REQUIRE(second);
  CHECK(second->from == BlockHeight{21});
  CHECK(second->peer != first->peer);
  fetcher.arrived(second->peer, BlockHeight{40});
  CHECK_FALSE(fetcher.next());
  fetcher.executed(BlockHeight{20});
  fetcher.installed();
  const auto third = fetcher.next();
  REQUIRE(third);
  CHECK(third->from == BlockHeight{41});
}

TEST_CASE("an installation that takes long is not held against the peer whose answer it was") {
  BlockFetcher fetcher;
  fetcher.peer_reports(peer(1), BlockHeight{40});
  const auto request = ticks(fetcher, 10);
  REQUIRE(request);
  fetcher.arrived(peer(1), BlockHeight{20});
  CHECK(fetcher.in_flight());
  CHECK_FALSE(ticks(fetcher, 200));
  fetcher.executed(BlockHeight{20});
  fetcher.installed();
  CHECK_FALSE(fetcher.in_flight());
  CHECK(fetcher.next()->from == BlockHeight{21});
}

TEST_CASE("blocks that were not executed in the end are asked for again") {
  BlockFetcher fetcher;
  fetcher.peer_reports(peer(1), BlockHeight{40});
  REQUIRE(ticks(fetcher, 10));
  fetcher.arrived(peer(1), BlockHeight{20});
  CHECK(fetcher.next()->from == BlockHeight{21});
  fetcher.failed(peer(1));
  fetcher.peer_reports(peer(2), BlockHeight{40});
  fetcher.executed(BlockHeight{18});
  fetcher.installed();
  CHECK(fetcher.next()->from == BlockHeight{19});
}

TEST_CASE("progress by votes keeps it from asking") {
  BlockFetcher fetcher;
  fetcher.peer_reports(peer(1), BlockHeight{1000});
  for (std::uint64_t height = 1; height < 100; ++height) {
    fetcher.executed(BlockHeight{height});
    CHECK_FALSE(ticks(fetcher, 3));
  }
}

TEST_CASE("a peer that stalls or lies is passed over for another") {
  BlockFetcher fetcher;
  fetcher.peer_reports(peer(1), BlockHeight{50});
  fetcher.peer_reports(peer(2), BlockHeight{50});
  const auto first = ticks(fetcher, 10);
  REQUIRE(first);
  const auto second = ticks(fetcher, 60);
  REQUIRE(second);
  CHECK(first->peer != second->peer);
  fetcher.failed(second->peer);
  CHECK_FALSE(fetcher.next());
  CHECK(ticks(fetcher, 300));
}

TEST_CASE("a certificate alone proves being behind, but only a peer can be asked") {
  BlockFetcher fetcher;
  fetcher.proved(BlockHeight{7});
  CHECK_FALSE(ticks(fetcher, 50));
  fetcher.peer_reports(peer(3), BlockHeight{7});
  CHECK(ticks(fetcher, 50)->peer == peer(3));
}

}  // namespace
