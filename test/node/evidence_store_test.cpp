#include "node/evidence_store.h"

#include <catch2/catch.hpp>

namespace {

using namespace tally;
using consensus::Misconduct;
using node::EvidenceStore;

Misconduct commits(std::uint32_t replica, std::uint64_t seq, Byte second = 2) {
  consensus::SignedVote one{{{}, consensus::Phase::commit, {}, SeqNum{seq}, Digest{{1}}}, ReplicaIndex{replica}, {}};
  consensus::SignedVote two = one;
  two.vote.digest = Digest{{second}};
  return {{}, ReplicaIndex{replica}, consensus::TwoVotes{one, two}};
}

Misconduct view_changes(std::uint32_t replica, std::uint64_t view) {
  consensus::SignedViewChange one{{{}, View{view}, {}, std::nullopt, {}}, ReplicaIndex{replica}, {}};
  consensus::SignedViewChange two = one;
  two.body.stable = BlockHeight{1};
  return {{}, ReplicaIndex{replica}, consensus::TwoViewChanges{one, two}};
}

std::vector<Misconduct> all_of(const EvidenceStore& evidence) {
  std::vector<Misconduct> out;
  for (const auto& piece : evidence.list({}, 1000, 1U << 30U).value()) out.push_back(piece.misconduct);
  return out;
}

TEST_CASE("evidence outlives a restart, one piece for each place") {
  const auto store = storage::make_memory_store();
  {
    auto evidence = EvidenceStore::open(*store).value();
    CHECK(evidence->keep(commits(1, 7)).value());
    CHECK_FALSE(evidence->keep(commits(1, 7)).value());
    CHECK_FALSE(evidence->keep(commits(1, 7, 9)).value());
    CHECK(evidence->keep(view_changes(1, 3)).value());
    CHECK(evidence->keep(commits(0, 7)).value());
  }
  const auto evidence = EvidenceStore::open(*store).value();
  CHECK(evidence->count() == 3);
  CHECK(all_of(*evidence) == std::vector{commits(0, 7), commits(1, 7), view_changes(1, 3)});
  CHECK_FALSE(evidence->keep(commits(1, 7)).value());
}

TEST_CASE("a replica that lies without end fills its own share only") {
  const auto store = storage::make_memory_store();
  auto evidence = EvidenceStore::open(*store).value();
  for (std::uint64_t i = 0; i < 100; ++i) {
    CHECK(evidence->keep(commits(1, i)).value() == (i < EvidenceStore::kVotesPerReplica));
    CHECK(evidence->keep(view_changes(1, i)).value() == (i < EvidenceStore::kViewsPerReplica));
    if (i == 50) evidence = EvidenceStore::open(*store).value();
  }
  CHECK(evidence->keep(commits(2, 5)).value());
  CHECK(evidence->count() == EvidenceStore::kVotesPerReplica + EvidenceStore::kViewsPerReplica + 1);
}

TEST_CASE("evidence is listed page by page") {
  const auto store = storage::make_memory_store();
  auto evidence = EvidenceStore::open(*store).value();
  for (std::uint64_t i = 0; i < 5; ++i) REQUIRE(evidence->keep(commits(1, i)).value());
  std::vector<Misconduct> seen;
  Bytes cursor;
  for (auto page = evidence->list(cursor, 2, 1000).value(); !page.empty();
       page = evidence->list(cursor, 2, 1000).value()) {
    CHECK(page.size() <= 2);
    for (const auto& piece : page) seen.push_back(piece.misconduct);
    cursor = page.back().key;
  }
  CHECK(seen == all_of(*evidence));
  CHECK(evidence->list({}, 10, 1).value().size() == 1);
}

TEST_CASE("a damaged piece is told, not passed over") {
  const auto store = storage::make_memory_store();
  auto evidence = EvidenceStore::open(*store).value();
  REQUIRE(evidence->keep(commits(1, 7)).value());
  Bytes key = place_key(commits(1, 7));
  storage::WriteBatch batch;
  key.insert(key.begin(), {'e', 'v', 'i', 'd', 'e', 'n', 'c', 'e', '/'});
  batch.put(storage::Column::meta, key, Bytes{9, 9});
  REQUIRE(store->write(batch, storage::Sync::no).has_value());
  CHECK(evidence->list({}, 10, 1000).error().code == ErrorCode::storage_failed);
}

}  // namespace
