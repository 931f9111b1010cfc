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
