// Statements of Castro & Liskov, "Practical Byzantine Fault Tolerance" (OSDI 1999), one test each.
#include <catch2/catch.hpp>

#include "consensus/cluster.h"
#include "consensus/single.h"

namespace tally::consensus::test {

namespace {
const Digest kBatch = digest_of_text("batch");
}

TEST_CASE("4.2: the primary assigns a sequence number, multicasts PRE-PREPARE and logs it") {
  Single primary(0);
  const Ready ready = primary.propose("batch");
  const auto proposals = sent<Proposal>(ready);
  REQUIRE(proposals.size() == 1);
  CHECK_FALSE(ready.send[0].to.has_value());
  CHECK(proposals[0].pre_prepare.vote == Vote{Epoch{}, Phase::pre_prepare, View{}, SeqNum{1}, kBatch});
  CHECK(persisted<VoteRecord>(ready).size() == 1);
  CHECK(persisted<BodyRecord>(ready).size() == 1);
  CHECK(sent<Proposal>(primary.propose("next"))[0].pre_prepare.vote.seq == SeqNum{2});
}

TEST_CASE("4.2: a backup accepts PRE-PREPARE if it has not accepted one for v and n with another digest") {
  Single backup(1);
  backup.accept(0, 1, "batch");
  CHECK(backup.step(backup.keys().proposal(0, 1, "other")).check.empty());
  CHECK_FALSE(backup.step(backup.keys().proposal(0, 2, "other")).check.empty());
}

TEST_CASE("4.2: having accepted it, the backup enters the prepare phase by multicasting PREPARE") {
  Single backup(3);
  const Ready ready = backup.accept(0, 1, "batch");
  REQUIRE(ready.send.size() == 1);
  CHECK_FALSE(ready.send[0].to.has_value());
  const auto prepare = sent_votes(ready, Phase::prepare).at(0);
  CHECK(prepare.replica == ReplicaIndex{3});
  CHECK(prepare.vote == Vote{Epoch{}, Phase::prepare, View{}, SeqNum{1}, kBatch});
}

TEST_CASE("4.2: prepared(m, v, n, i) needs the request, a PRE-PREPARE and 2f matching PREPAREs of backups") {
  Single replica(1);
  const auto& keys = replica.keys();
  // One PREPARE of another and its own make 2f = 2.
  CHECK(sent_votes(replica.accept(0, 1, "batch"), Phase::commit).empty());
  // The primary's does not count, nor one for another digest, view or sequence number, nor the same again.
  CHECK(sent_votes(replica.step(keys.vote(0, Phase::prepare, 0, 1, kBatch)), Phase::commit).empty());
  CHECK(sent_votes(replica.step(keys.vote(2, Phase::prepare, 1, 1, kBatch)), Phase::commit).empty());
  CHECK(sent_votes(replica.step(keys.vote(2, Phase::prepare, 0, 2, kBatch)), Phase::commit).empty());
  CHECK(sent_votes(replica.step(keys.vote(3, Phase::prepare, 0, 1, digest_of_text("x"))), Phase::commit).empty());
  const Ready ready = replica.step(keys.vote(2, Phase::prepare, 0, 1, kBatch));
  CHECK(sent_votes(ready, Phase::commit).size() == 1);
  const auto certificates = persisted<PreparedRecord>(ready);
  REQUIRE(certificates.size() == 1);
  CHECK(check_certificate(certificates[0].certificate, keys.validators(), MockVerifier{}).has_value());
}

TEST_CASE("4.2: without a PRE-PREPARE no number of PREPAREs or COMMITs makes prepared or committed true") {
  Single replica(1);
  const auto& keys = replica.keys();
  Ready ready =
      replica.step_all({keys.vote(2, Phase::prepare, 0, 1, kBatch), keys.vote(3, Phase::prepare, 0, 1, kBatch),
                        keys.vote(0, Phase::commit, 0, 1, kBatch), keys.vote(2, Phase::commit, 0, 1, kBatch),
                        keys.vote(3, Phase::commit, 0, 1, kBatch)});
  CHECK(ready.empty());
  // They were logged: with the PRE-PREPARE and its body everything follows.
  ready = replica.accept(0, 1, "batch");
  CHECK(sent_votes(ready, Phase::prepare).size() == 1);
  CHECK(sent_votes(ready, Phase::commit).size() == 1);
  CHECK(ready.execute.size() == 1);
}

TEST_CASE("4.2: replicas accept COMMITs that match, and log them, before they are prepared themselves") {
  Single replica(2);
  const auto& keys = replica.keys();
  CHECK(replica.step(keys.vote(0, Phase::commit, 0, 1, kBatch)).empty());
  CHECK(replica.step(keys.vote(1, Phase::commit, 0, 1, kBatch)).empty());
  CHECK(replica.accept(0, 1, "batch").execute.empty());
  // committed-local = prepared + 2f+1 COMMITs, its own included.
  const Ready ready = replica.step(keys.vote(1, Phase::prepare, 0, 1, kBatch));
  CHECK(sent_votes(ready, Phase::commit).size() == 1);
  REQUIRE(ready.execute.size() == 1);
  CHECK(ready.execute[0].seq == SeqNum{1});
  CHECK(ready.execute[0].view == View{0});
}

TEST_CASE("4.2: 2f COMMITs are not enough") {
  Single replica(2);
  const auto& keys = replica.keys();
  replica.accept(0, 1, "batch");
  // Prepared, with its own COMMIT and one more.
  CHECK(replica.step_all({keys.vote(1, Phase::prepare, 0, 1, kBatch), keys.vote(1, Phase::commit, 0, 1, kBatch)})
            .execute.empty());
  CHECK(replica.step(keys.vote(1, Phase::commit, 0, 1, kBatch)).execute.empty());
  CHECK(replica.step(keys.vote(3, Phase::commit, 0, 1, digest_of_text("x"))).execute.empty());
  CHECK(replica.step(keys.vote(0, Phase::commit, 0, 1, kBatch)).execute.size() == 1);
}

TEST_CASE("4.2: requests execute in the order of their sequence numbers, though they commit in any") {
  Single replica(1);
  const auto& keys = replica.keys();
  for (const std::uint64_t seq : {3, 2}) {
    const std::string batch = "batch " + std::to_string(seq);
    replica.accept(0, seq, batch);
    CHECK(replica.step(keys.commit_certificate({0, 2, 3}, 0, seq, digest_of_text(batch))).execute.empty());
  }
  replica.accept(0, 1, "batch 1");
  const Ready ready = replica.step(keys.commit_certificate({0, 2, 3}, 0, 1, digest_of_text("batch 1")));
  REQUIRE(ready.execute.size() == 3);
  for (std::uint64_t i = 0; i < 3; ++i) CHECK(ready.execute[i].seq == SeqNum{i + 1});
}

TEST_CASE("4.3: a checkpoint is stable with 2f+1 CHECKPOINTs of one digest, and the log below is discarded") {
  Single replica(1);
  const auto& keys = replica.keys();
  replica.accept(0, 1, "batch");
  replica.step(keys.commit_certificate({0, 2, 3}, 0, 1, kBatch));
  const Ready executed = replica.executed(1, kGenesis);
  REQUIRE(sent<SignedCheckpoint>(executed).size() == 1);
  CHECK(persisted<OwnCheckpointRecord>(executed).size() == 1);
  CHECK(replica->footprint().slots == 1);
  CHECK(replica.step(keys.checkpoint(2, 1, kGenesis)).finalised.empty());
  const Ready ready = replica.step(keys.checkpoint(3, 1, kGenesis));
  CHECK(ready.finalised.size() == 1);
  CHECK(replica->footprint() == Replica::Footprint{.certificates = 1});
}

TEST_CASE("4.3: the low watermark is the last stable checkpoint, the high watermark h + L") {
  Single replica(1, 4, 4);
  const auto& keys = replica.keys();
  CHECK(replica.step(keys.proposal(0, 5, "batch")).check.empty());
  replica->installed(keys.checkpoint_certificate({0, 2, 3}, 3, kGenesis));
  CHECK(replica.step(keys.proposal(0, 3, "batch")).check.empty());
  CHECK_FALSE(replica.step(keys.proposal(0, 4, "batch")).check.empty());
  CHECK_FALSE(replica.step(keys.proposal(0, 7, "batch")).check.empty());
  CHECK(replica.step(keys.proposal(0, 8, "batch")).check.empty());
}

TEST_CASE("4.2, 13: two conflicting votes of a backup, or PRE-PREPAREs of a primary, are evidence, told once") {
  Single replica(1);
  const auto& keys = replica.keys();
  CHECK(replica.step(keys.vote(2, Phase::commit, 0, 1, kBatch)).evidence.empty());
  const auto other = digest_of_text("other");
  const Ready ready = replica.step(keys.vote(2, Phase::commit, 0, 1, other));
  REQUIRE(ready.evidence.size() == 1);
  CHECK(ready.evidence[0].replica == ReplicaIndex{2});
  const auto& pair = std::get<std::pair<SignedVote, SignedVote>>(ready.evidence[0].votes);
  CHECK(pair.first == keys.vote(2, Phase::commit, 0, 1, kBatch));
  CHECK(pair.second == keys.vote(2, Phase::commit, 0, 1, other));
  CHECK(replica.step(keys.vote(2, Phase::commit, 0, 1, other)).evidence.empty());
  // A backup that votes for another batch than ours is shown what the primary told us.
  replica.accept(0, 1, "batch");
  const Ready shown = replica.step(keys.vote(3, Phase::prepare, 0, 1, other));
  REQUIRE(sent_votes(shown, Phase::pre_prepare).size() == 1);
  CHECK(shown.send[0].to == ReplicaIndex{3});
  CHECK(replica.step(keys.vote(3, Phase::commit, 0, 1, other)).send.empty());
  // It answers with what it was told: evidence against the primary, in whichever order it comes.
  CHECK(replica.step(keys.vote(0, Phase::pre_prepare, 0, 1, other)).evidence.at(0).replica == ReplicaIndex{0});
  Single late(2);
  late.step(keys.vote(0, Phase::pre_prepare, 0, 1, other));
  CHECK(late.accept(0, 1, "batch").evidence.at(0).replica == ReplicaIndex{0});
}

TEST_CASE("27: a fork that more than f liars made is noticed and names f+1 of them") {
  Single replica(1);
  const auto& keys = replica.keys();
  replica.step(keys.commit_certificate({0, 2, 3}, 0, 1, kBatch));
  const Ready ready = replica.step(keys.commit_certificate({0, 2, 3}, 0, 1, digest_of_text("other")));
  CHECK(ready.evidence.size() == 3);
  CHECK(replica->counters().dropped_conflict == 1);
}

}  // namespace tally::consensus::test
