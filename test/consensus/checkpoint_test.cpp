// Checkpoints, certificates, divergence and catch-up signals: rule 6; scenarios 20 and 29.
#include <catch2/catch.hpp>

#include "consensus/cluster.h"
#include "consensus/evidence.h"
#include "consensus/forge.h"
#include "consensus/single.h"

namespace tally::consensus::test {

namespace {

Digest header(std::uint64_t height) {
  return digest_of_text("header " + std::to_string(height));
}
std::string batch(std::uint64_t seq) {
  return "batch " + std::to_string(seq);
}

// Replica 1 of 4 that has executed heights 1 to `height`, none of them stable.
void execute_to(Single& single, std::uint64_t height) {
  for (std::uint64_t seq = single->last_executed().value + 1; seq <= height; ++seq) {
    single.step(single.keys().proposal(0, seq, batch(seq)));
    const Ready ready = single.step(single.keys().commit_certificate({0, 2, 3}, 0, seq, digest_of_text(batch(seq))));
    REQUIRE(ready.execute.size() == 1);
    single.executed(seq, header(seq));
  }
}

}  // namespace

TEST_CASE("Heights are checkpointed in any order, finality of one implies all below") {
  Single single(1);
  const auto& keys = single.keys();
  execute_to(single, 4);
  CHECK(single.step(keys.checkpoint(0, 3, header(3))).finalised.empty());
  Ready ready = single.step(keys.checkpoint(2, 3, header(3)));
  REQUIRE(ready.finalised.size() == 1);
  CHECK(ready.finalised[0].vote.height == BlockHeight{3});
  CHECK(check_certificate(ready.finalised[0], keys.validators(), MockVerifier{}).has_value());
  CHECK(persisted<StableRecord>(ready).size() == 1);
  CHECK(single->stable() == BlockHeight{3});
  CHECK(single.step(keys.checkpoint(2, 2, header(2))).empty());
  ready = single.step_all({keys.checkpoint(0, 4, header(4)), keys.checkpoint(3, 4, header(4))});
  CHECK(ready.finalised.size() == 1);
  CHECK(single->footprint().slots == 0);
}

TEST_CASE("Certificates that come before their blocks wait, and rise through every height") {
  Single single(1);
  const auto& keys = single.keys();
  for (std::uint64_t height = 1; height <= 3; ++height) {
    for (const std::uint32_t from : {0U, 2U, 3U}) single.step(keys.checkpoint(from, height, header(height)));
  }
  CHECK(single->stable() == BlockHeight{0});
  std::vector<BlockHeight> finalised;
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    single.step(keys.proposal(0, seq, batch(seq)));
    single.step(keys.commit_certificate({0, 2, 3}, 0, seq, digest_of_text(batch(seq))));
    for (const auto& certificate : single.executed(seq, header(seq)).finalised)
      finalised.push_back(certificate.vote.height);
  }
  CHECK(finalised == std::vector<BlockHeight>{BlockHeight{1}, BlockHeight{2}, BlockHeight{3}});
}

TEST_CASE("29: one wrong checkpoint digest changes nothing for the others") {
  Cluster cluster;
  cluster.set_wrong(3);
  REQUIRE(cluster.propose(0, "a"));
  cluster.run(10);
  for (std::uint32_t i = 0; i < 3; ++i) {
    CHECK(cluster.replica(i).stable() == BlockHeight{1});
    CHECK_FALSE(cluster.replica(i).stopped());
    CHECK(cluster.node(i).evidence_held.empty());
  }
  // The one that computed wrongly stops and names both headers.
  const std::string& reason = cluster.node(3).stopped_because;
  CHECK(reason.find("executed block 1 to header " + cluster.node(3).blocks[0].header.hex()) != std::string::npos);
  CHECK(reason.find("certified " + cluster.node(0).blocks[0].header.hex()) != std::string::npos);
  CHECK(cluster.replica(3).stopped());
  REQUIRE(cluster.propose(0, "b"));
  cluster.run(10);
  CHECK(cluster.replica(0).stable() == BlockHeight{2});
  CHECK(cluster.node(3).blocks.size() == 1);
  CHECK(cluster.breaches().empty());
}

TEST_CASE("A certificate that contradicts our block stops us, whichever comes first") {
  for (const bool certificate_first : {false, true}) {
    Single single(1);
    const auto& keys = single.keys();
    const auto certificate = keys.checkpoint_certificate({0, 2, 3}, 1, header(99));
    Ready ready;
    if (certificate_first) single.step(certificate);
    single.step(keys.proposal(0, 1, batch(1)));
    single.step(keys.commit_certificate({0, 2, 3}, 0, 1, digest_of_text(batch(1))));
    ready = single.executed(1, header(1));
    if (!certificate_first) ready = single.step(certificate);
    REQUIRE(ready.diverged);
    CHECK(ready.diverged->own == header(1));
    CHECK(ready.diverged->certificate == certificate);
    CHECK(ready.finalised.empty());
    CHECK(single->stopped());
    CHECK(single->stable() == BlockHeight{0});
    CHECK(single.accept(0, 2, batch(2)).empty());
    CHECK(single->counters().dropped_stopped == 1);
  }
}

TEST_CASE("27: whoever executed another block is shown what was decided here, once, whichever comes first") {
  const bool vote_first = GENERATE(false, true);
  Single single(1);
  const auto& keys = single.keys();
  const SignedCheckpoint other = keys.checkpoint(2, 1, header(7));
  if (vote_first) CHECK(single.step(other).send.empty());
  single.step(keys.proposal(0, 1, batch(1)));
  const CommitCertificate decided = keys.commit_certificate({0, 2, 3}, 0, 1, digest_of_text(batch(1)));
  single.step(decided);
  Ready ready = single.executed(1, header(1));
  if (!vote_first) {
    CHECK(sent<CommitCertificate>(ready).empty());
    ready = single.step(other);
  }
  REQUIRE(sent<CommitCertificate>(ready) == std::vector{decided});
  CHECK(ready.send.back().to == ReplicaIndex{2});
  CHECK(single.step(other).send.empty());
  CHECK(single.step(keys.checkpoint(3, 1, header(1))).send.empty());
}

TEST_CASE("27: a certificate that contradicts a final block names who signed both, and stops us") {
  const bool in_view_change = GENERATE(false, true);
  Single single(1);
  const auto& keys = single.keys();
  execute_to(single, 1);
  single.step(keys.checkpoint_certificate({0, 1, 3}, 1, header(1)));
  REQUIRE(single->stable() == BlockHeight{1});
  single.step(keys.checkpoint_certificate({0, 2, 3}, 1, header(1)));
  CHECK(!single->stopped());
  const CheckpointCertificate other = keys.checkpoint_certificate({0, 2, 3}, 1, header(7));
  const ViewChange change{{}, View{1}, BlockHeight{1}, other, {}};
  const Ready ready =
      single.step(in_view_change ? Message(sign_again(change, {2}, keys.validators().key_of({2}))) : Message(other));
  REQUIRE(ready.evidence.size() == 2);
  CHECK(ready.evidence[0].replica == ReplicaIndex{0});
  CHECK(ready.evidence[1].replica == ReplicaIndex{3});
  for (const auto& evidence : ready.evidence)
    CHECK(check_misconduct(misconduct_of(evidence), keys.validators(), MockVerifier{}).has_value());
  REQUIRE(ready.diverged.has_value());
  CHECK(ready.diverged->own == header(1));
  CHECK(ready.diverged->certificate == other);
  CHECK(single->stopped());
}

TEST_CASE("If no header can reach q any more, replicas halt and name the headers by replica") {
  Single single(1);
  const auto& keys = single.keys();
  execute_to(single, 1);
  CHECK_FALSE(single.step(keys.checkpoint(2, 1, header(2))).halted);
  const Ready ready = single.step(keys.checkpoint(3, 1, header(3)));
  REQUIRE(ready.halted);
  CHECK(ready.halted->height == BlockHeight{1});
  REQUIRE(ready.halted->votes.size() == 3);
  CHECK(ready.halted->votes[0].replica == ReplicaIndex{1});
  CHECK(ready.halted->votes[1].vote.header == header(2));
  CHECK(single->stopped());
  CHECK(single.accept(0, 2, batch(2)).empty());
  CHECK_FALSE(single->can_propose());
  // Said once.
  CHECK_FALSE(single.tick(10).halted);
}

TEST_CASE("f liars cannot make honest replicas halt") {
  Single single(1, 7);
  const auto& keys = single.keys();
  for (std::uint64_t seq = 1; seq <= 1; ++seq) {
    single.step(keys.proposal(0, seq, batch(seq)));
    single.step(keys.commit_certificate({0, 2, 3, 4, 5}, 0, seq, digest_of_text(batch(seq))));
    single.executed(seq, header(seq));
  }
  const Ready ready = single.step_all({keys.checkpoint(5, 1, header(8)), keys.checkpoint(6, 1, header(9)),
                                       keys.checkpoint(2, 1, header(1)), keys.checkpoint(3, 1, header(1)),
                                       keys.checkpoint(5, 1, header(7)), keys.checkpoint(0, 1, header(1)),
                                       keys.checkpoint(4, 1, header(1))});
  CHECK_FALSE(ready.halted);
  CHECK(ready.finalised.size() == 1);
  // Replica 5 signed two headers for one height.
  REQUIRE(ready.evidence.size() == 1);
  CHECK(ready.evidence[0].replica == ReplicaIndex{5});
}

TEST_CASE("Behind: f+1 replicas or a certificate prove a height above the window at once") {
  Single single(1);
  const auto& keys = single.keys();
  CHECK_FALSE(single.step(keys.checkpoint(2, 1000, header(1))).behind);
  CHECK_FALSE(single.step(keys.checkpoint(2, ~0ULL, header(1))).behind);
  CHECK(single.step(keys.checkpoint(3, 500, header(1))).behind == BlockHeight{500});
  CHECK_FALSE(single.step(keys.checkpoint(3, 400, header(1))).behind);
  CHECK(single.step(keys.checkpoint_certificate({0, 2, 3}, 700, header(700))).behind == BlockHeight{700});
  // Repeated while it holds.
  CHECK(single.tick(5).behind == BlockHeight{700});
  CHECK(single.tick(5).behind == BlockHeight{700});
  single->installed(keys.checkpoint_certificate({0, 2, 3}, 700, header(700)));
  const Ready ready = single->take_ready();
  CHECK(ready.finalised.size() == 1);
  CHECK(persisted<StableRecord>(ready).size() == 1);
  CHECK(single->stable() == BlockHeight{700});
  CHECK(single->last_executed() == BlockHeight{700});
  CHECK_FALSE(single.tick(20).behind);
  CHECK(single.accept(0, 701, "batch").send.size() == 1);
}

TEST_CASE("Behind within the window: commits that may be on their way are waited for") {
  Single single(1);
  const auto& keys = single.keys();
  single.step(keys.checkpoint_certificate({0, 2, 3}, 2, header(2)));
  CHECK_FALSE(single.tick(4).behind);
  SECTION("they come") {
    execute_to(single, 2);
    CHECK(single->stable() == BlockHeight{2});
    CHECK_FALSE(single.tick(30).behind);
  }
  SECTION("they do not come") {
    CHECK(single.tick(20).behind == BlockHeight{2});
  }
}

TEST_CASE("Installing a block drops batches that were to be executed below it") {
  Single single(1);
  const auto& keys = single.keys();
  single.step(keys.proposal(0, 1, batch(1)));
  single.step(keys.proposal(0, 3, batch(3)));
  single->step(authentic(keys.commit_certificate({0, 2, 3}, 0, 1, digest_of_text(batch(1))), keys.validators()));
  single->step(authentic(keys.commit_certificate({0, 2, 3}, 0, 3, digest_of_text(batch(3))), keys.validators()));
  single->installed(keys.checkpoint_certificate({0, 2, 3}, 2, header(2)));
  const Ready ready = single->take_ready();
  REQUIRE(ready.execute.size() == 1);
  CHECK(ready.execute[0].seq == SeqNum{3});
}

TEST_CASE("CHECKPOINTs above the window count once the window moves") {
  Single single(1, 4, 2);
  const auto& keys = single.keys();
  for (const std::uint32_t from : {0U, 2U, 3U}) single.step(keys.checkpoint(from, 4, header(4)));
  execute_to(single, 2);
  single.step(keys.checkpoint_certificate({0, 2, 3}, 2, header(2)));
  CHECK(single->stable() == BlockHeight{2});
  execute_to(single, 4);
  CHECK(single->stable() == BlockHeight{4});
}

TEST_CASE("31: a replica that lost everything else still catches up on an idle chain") {
  Cluster cluster;
  cluster.set_isolated(3, true);
  for (int i = 0; i < 30; ++i) {
    REQUIRE(cluster.propose(0, "batch " + std::to_string(i)));
    cluster.deliver_all();
  }
  CHECK(cluster.replica(3).last_executed() == BlockHeight{0});
  cluster.set_isolated(3, false);
  cluster.run(20);
  CHECK(cluster.replica(3).stable() == BlockHeight{30});
  CHECK(cluster.breaches().empty());
}

}  // namespace tally::consensus::test
