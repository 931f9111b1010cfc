#include "node/vote_store.h"

#include <catch2/catch.hpp>

namespace {

using namespace tally;
using namespace tally::consensus;

VoteRecord vote(std::uint64_t seq, Phase phase) {
  return {SignedVote{{Epoch{0}, phase, View{0}, SeqNum{seq}, Digest{{Byte(seq)}}}, ReplicaIndex{1}, Signature{}}};
}
StableRecord stable(std::uint64_t height) {
  return {CheckpointCertificate{{Epoch{0}, BlockHeight{height}, {}}, {}}};
}

std::size_t count(storage::Store& store) {
  return node::VoteStore(store).load()->size();
}

TEST_CASE("what is persisted is loaded, byte for byte") {
  const auto store = storage::make_memory_store();
  node::VoteStore votes(*store);
  REQUIRE(votes.load()->empty());
  const std::vector<DurableRecord> records = {BodyRecord{SeqNum{1}, Digest{{9}}, {1, 2, 3}}, vote(1, Phase::prepare),
                                              vote(1, Phase::commit), ViewRecord{{}, View{0}, false}};
  REQUIRE(votes.persist(records).has_value());
  const auto loaded = node::VoteStore(*store).load();
  REQUIRE(loaded->size() == records.size());
  for (const auto& record : records) {
    const auto same = [&](const DurableRecord& other) { return encode(other) == encode(record); };
    CHECK(std::any_of(loaded->begin(), loaded->end(), same));
  }
}

TEST_CASE("a stable checkpoint prunes what lies at or below it, also after a restart, and nothing above") {
  const auto store = storage::make_memory_store();
  {
    node::VoteStore votes(*store);
    REQUIRE(votes.load().has_value());
    for (std::uint64_t seq = 1; seq <= 5; ++seq)
      REQUIRE(
          votes.persist({BodyRecord{SeqNum{seq}, Digest{{Byte(seq)}}, {7}}, vote(seq, Phase::prepare)}).has_value());
  }
  CHECK(count(*store) == 10);
  node::VoteStore votes(*store);
  REQUIRE(votes.load().has_value());
  REQUIRE(votes.persist({stable(3)}).has_value());
  CHECK(count(*store) == 5);  // two of height 4, two of height 5, the stable record
  REQUIRE(votes.persist({vote(6, Phase::prepare), stable(6)}).has_value());
  CHECK(count(*store) == 1);
}

TEST_CASE("a damaged record is an error that says so, never skipped") {
  const auto store = storage::make_memory_store();
  storage::WriteBatch batch;
  batch.put(storage::Column::votes, as_bytes("x"), as_bytes("damaged"));
  REQUIRE(store->write(batch, storage::Sync::no).has_value());
  const auto loaded = node::VoteStore(*store).load();
  REQUIRE_FALSE(loaded.has_value());
  CHECK(loaded.error().code == ErrorCode::storage_failed);
}

}  // namespace
