#include "node/snapshot_fetcher.h"

#include <catch2/catch.hpp>

using namespace tally;
using node::SnapshotFetcher;
using node::SnapshotOffer;
using node::SnapshotPiece;

namespace {

constexpr std::size_t kMiB = node::kSnapshotPieceBytes;

PublicKey peer(Byte number) {
  PublicKey key;
  key.bytes.fill(number);
  return key;
}

SnapshotOffer offer(std::uint64_t height, Byte id, std::uint64_t manifest_bytes = 10) {
  return {BlockHeight{height}, Digest{{id}}, manifest_bytes};
}

std::vector<SnapshotFetcher::Request> ticks(SnapshotFetcher& fetcher, unsigned count) {
  std::vector<SnapshotFetcher::Request> out;
  for (unsigned i = 0; i < count; ++i)
    for (auto& request : fetcher.tick()) out.push_back(request);
  return out;
}

SnapshotPiece answer(const SnapshotFetcher::Request& request, std::size_t size) {
  return {request.piece.id, request.piece.part, request.piece.offset, Bytes(size, Byte{7})};
}

// Takes one peer's whole part of one piece.
std::optional<SnapshotFetcher::Part> give(SnapshotFetcher& fetcher, const SnapshotFetcher::Request& request,
                                          std::size_t size) {
  auto part = fetcher.arrived(request.peer, answer(request, size));
  REQUIRE(part.has_value());
  return *part;
}

// One that has a manifest of `sizes` from these peers.
SnapshotFetcher with_manifest(const std::vector<PublicKey>& peers, const std::vector<std::uint64_t>& sizes) {
  SnapshotFetcher fetcher;
  fetcher.want(BlockHeight{100});
  for (const auto& key : peers) fetcher.offered(key, offer(500, 1));
  const auto asked = ticks(fetcher, 10);
  REQUIRE(asked.size() == 1);
  REQUIRE(give(fetcher, asked[0], 10).has_value());
  fetcher.manifest_accepted(sizes);
  return fetcher;
}

}  // namespace

TEST_CASE("SnapshotFetcher: the highest offer is taken, of equal heights the one that most peers make") {
  SnapshotFetcher fetcher;
  fetcher.want(BlockHeight{100});
  CHECK(ticks(fetcher, 20).empty());
  fetcher.offered(peer(1), offer(100, 9));  // not above what is wanted
  fetcher.offered(peer(2), offer(500, 1));
  fetcher.offered(peer(3), offer(500, 2));
  fetcher.offered(peer(4), offer(500, 2));
  fetcher.offered(peer(5), offer(400, 3));
  CHECK(ticks(fetcher, 9).empty());
  const auto asked = ticks(fetcher, 1);
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].peer == peer(3));
  CHECK(asked[0].piece == node::SnapshotPieceRequest{Digest{{2}}, 0, 0});
}

TEST_CASE("SnapshotFetcher: parts go to all who offer the snapshot, larger ones piece by piece") {
  auto fetcher = with_manifest({peer(1), peer(2)}, {5, 2 * kMiB + 3, 5});
  auto asked = fetcher.next();
  REQUIRE(asked.size() == 2);
  CHECK(asked[0].piece.part == 1);
  CHECK(asked[1].piece.part == 2);
  CHECK(fetcher.next().empty());
  REQUIRE_FALSE(give(fetcher, asked[1], kMiB).has_value());
  const auto more = fetcher.next();
  REQUIRE(more.size() == 1);
  CHECK(more[0].piece.offset == kMiB);
  REQUIRE_FALSE(give(fetcher, more[0], kMiB).has_value());
  const auto rest = fetcher.next();
  REQUIRE(rest.size() == 1);
  const auto part = give(fetcher, rest[0], 3);
  REQUIRE(part.has_value());
  CHECK(part->bytes.size() == 2 * kMiB + 3);
  fetcher.chunk_accepted();
  REQUIRE(give(fetcher, asked[0], 5).has_value());
  fetcher.chunk_accepted();
  CHECK_FALSE(fetcher.complete());
  asked = fetcher.next();
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].piece.part == 3);
  REQUIRE(give(fetcher, asked[0], 5).has_value());
  fetcher.chunk_accepted();
  CHECK(fetcher.complete());
}

TEST_CASE("SnapshotFetcher: who gives a false part is never asked again, and the part comes from another") {
  auto fetcher = with_manifest({peer(1), peer(2)}, {5});
  const auto asked = fetcher.next();
  REQUIRE(asked.size() == 1);
  REQUIRE(give(fetcher, asked[0], 5).has_value());
  fetcher.refused(asked[0].peer, 1);
  const auto again = fetcher.next();
  REQUIRE(again.size() == 1);
  CHECK(again[0].peer != asked[0].peer);
  CHECK(again[0].piece.part == 1);
  fetcher.offered(asked[0].peer, offer(900, 4));
  REQUIRE(give(fetcher, again[0], 5).has_value());
  fetcher.refused(again[0].peer, 1);
  CHECK_FALSE(fetcher.target().has_value());
  CHECK(ticks(fetcher, 50).empty());
}

TEST_CASE("SnapshotFetcher: more bytes than were asked for are a lie") {
  auto fetcher = with_manifest({peer(1), peer(2)}, {5});
  const auto asked = fetcher.next();
  const auto refused = fetcher.arrived(asked[0].peer, answer(asked[0], 6));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().field == "snapshot_piece.bytes");
  const auto again = fetcher.next();
  REQUIRE(again.size() == 1);
  CHECK(again[0].peer != asked[0].peer);
}

TEST_CASE("SnapshotFetcher: answers that nobody asked for change nothing") {
  auto fetcher = with_manifest({peer(1), peer(2)}, {5, 5});
  const auto asked = fetcher.next();
  REQUIRE(asked.size() == 2);
  auto other = answer(asked[0], 5);
  other.part = 2;
  CHECK_FALSE(fetcher.arrived(asked[0].peer, other)->has_value());
  other = answer(asked[0], 5);
  other.id = Digest{{8}};
  CHECK_FALSE(fetcher.arrived(asked[0].peer, other)->has_value());
  other = answer(asked[0], 5);
  other.offset = 3;
  CHECK_FALSE(fetcher.arrived(asked[0].peer, other)->has_value());
  CHECK_FALSE(fetcher.arrived(peer(7), answer(asked[0], 5))->has_value());
  CHECK(give(fetcher, asked[0], 5).has_value());
  CHECK_FALSE(fetcher.arrived(asked[0].peer, answer(asked[0], 5))->has_value());
}

TEST_CASE("SnapshotFetcher: a peer that stalls is passed over, one that has gone is not asked") {
  auto fetcher = with_manifest({peer(1), peer(2)}, {5, 5});
  const auto asked = fetcher.next();
  REQUIRE(asked.size() == 2);
  REQUIRE(give(fetcher, asked[1], 5).has_value());
  fetcher.chunk_accepted();
  const auto again = ticks(fetcher, 150);
  REQUIRE(again.size() == 1);
  CHECK(again[0].peer == asked[1].peer);
  CHECK(again[0].piece.part == asked[0].piece.part);
  fetcher.peer_gone(again[0].peer);
  // The one that stalled is all that is left: it is waited for.
  REQUIRE(fetcher.target().has_value());
  const auto last = ticks(fetcher, 300);
  REQUIRE(last.size() == 1);
  CHECK(last[0].peer == asked[0].peer);
}

TEST_CASE("SnapshotFetcher: with nobody left to give it, another snapshot is taken") {
  auto fetcher = with_manifest({peer(1)}, {5, 5});
  const auto asked = fetcher.next();
  REQUIRE(asked.size() == 1);
  fetcher.offered(peer(2), offer(450, 3));
  // An empty piece: not held any more.
  CHECK_FALSE(give(fetcher, asked[0], 0).has_value());
  CHECK_FALSE(fetcher.target().has_value());
  const auto other = ticks(fetcher, 10);
  REQUIRE(other.size() == 1);
  CHECK(other[0].piece == node::SnapshotPieceRequest{Digest{{3}}, 0, 0});
}

TEST_CASE("SnapshotFetcher: what is no longer wanted is dropped") {
  auto fetcher = with_manifest({peer(1)}, {5, 5});
  fetcher.want(BlockHeight{300});
  CHECK(fetcher.target().has_value());
  fetcher.want(BlockHeight{500});
  CHECK_FALSE(fetcher.target().has_value());
  fetcher = with_manifest({peer(1)}, {5, 5});
  fetcher.leave();
  CHECK_FALSE(fetcher.wanting());
  CHECK(ticks(fetcher, 100).empty());
}
