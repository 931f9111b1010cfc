// STATUS and its answers (rule 15), and what a liar can make of them.
#include <catch2/catch.hpp>

#include "consensus/cluster.h"
#include "consensus/single.h"

namespace tally::consensus::test {

namespace {

const Digest kBatch = digest_of_text("batch");

StatusReport blank_status(std::uint32_t from) {
  return {Epoch{}, View{}, ReplicaIndex{from}, BlockHeight{}, BlockHeight{}, {}, {}};
}

std::size_t bytes_of(const Ready& ready) {
  std::size_t out = 0;
  for (const auto& outgoing : ready.send) out += encode(outgoing.message).size();
  return out;
}

}  // namespace

TEST_CASE("STATUS is sent every few ticks, also on an idle chain, and tells what is held") {
  Single single(1);
  CHECK(sent<StatusReport>(single.tick()).size() == 1);
  CHECK(sent<StatusReport>(single.tick(4)).empty());
  single.accept(0, 2, "batch");
  single.step(single.keys().vote(3, Phase::commit, 0, 2, kBatch));
  const auto reports = sent<StatusReport>(single.tick());
  REQUIRE(reports.size() == 1);
  REQUIRE(reports[0].slots.size() == 1);
  CHECK(reports[0].slots[0] == SlotStatus{SeqNum{2}, true, {0b0010}, {0b1000}});
  CHECK(authenticate(reports[0], single.keys().validators(), MockVerifier{}).has_value());
}

TEST_CASE("A replica of its own sends STATUS for those who observe, and nothing else") {
  Single single(0, 1);
  const Ready ready = single.tick(20);
  CHECK(ready.send.size() == 4);
  CHECK(sent<StatusReport>(ready).size() == 4);
}

TEST_CASE("What was sent lately is not sent again, what stays missing is") {
  Single single(0);
  single.propose("batch");
  CHECK(single.step(blank_status(1)).send.empty());
  single.tick(10);
  const Ready ready = single.step(blank_status(1));
  REQUIRE(sent<Proposal>(ready).size() == 1);
  CHECK(ready.send[0].to == ReplicaIndex{1});
  CHECK(single->counters().retransmitted == 1);
  // Answered once in a few ticks.
  CHECK(single.step(blank_status(1)).send.empty());
  CHECK(single->counters().dropped_status == 1);
  CHECK(sent<Proposal>(single.step(blank_status(2))).size() == 1);
  single.tick(3);
  auto report = blank_status(1);
  report.slots = {{SeqNum{1}, true, {}, {}}};
  CHECK(single.step(report).send.empty());
}

TEST_CASE("A batch that stays missing is sent again after ever longer waits, so that a narrow line is not flooded") {
  Single single(0);
  single.propose("batch");
  std::vector<int> sent_at;
  for (int tick = 1; tick <= 35; ++tick) {
    single.tick(1);
    if (tick % 5 == 0 && !sent<Proposal>(single.step(blank_status(1))).empty()) sent_at.push_back(tick);
  }
  // STATUS comes every 5 ticks; the proposal itself went out at 0.
  CHECK(sent_at == std::vector<int>{10, 30});
}

TEST_CASE("A committed slot is answered with its certificate, a final one with the checkpoint's") {
  Single single(1);
  const auto& keys = single.keys();
  single.accept(0, 1, "batch");
  single.step(keys.commit_certificate({0, 2, 3}, 0, 1, kBatch));
  single.tick(10);
  const auto certificates = sent<CommitCertificate>(single.step(blank_status(2)));
  REQUIRE(certificates.size() == 1);
  CHECK(certificates[0] == keys.commit_certificate({0, 2, 3}, 0, 1, kBatch));
  single.executed(1, kGenesis);
  single.step(keys.checkpoint_certificate({0, 2, 3}, 1, kGenesis));
  single.tick(10);
  const Ready ready = single.step(blank_status(2));
  CHECK(sent<CheckpointCertificate>(ready).size() == 1);
  CHECK(ready.send.size() == 1);
  single.tick(10);
  auto report = blank_status(2);
  report.stable = report.executed = BlockHeight{1};
  CHECK(single.step(report).send.empty());
}

TEST_CASE("12: above the last block of the epoch nothing is sent again") {
  const bool ends = GENERATE(false, true);
  Single single(0);
  single.propose("batch");
  single.propose("void");
  single.step(single.keys().commit_certificate({1, 2, 3}, 0, 1, kBatch));
  single->executed(BlockHeight{1}, digest_of_text("header"), ends);
  single.tick(10);
  std::vector<SeqNum> again;
  for (const auto& proposal : sent<Proposal>(single.step(blank_status(1))))
    again.push_back(proposal.pre_prepare.vote.seq);
  CHECK(again == (ends ? std::vector{SeqNum{1}} : std::vector{SeqNum{1}, SeqNum{2}}));
}

TEST_CASE("A committed digest whose body is missing is taken from whoever has it, and then executed") {
  Single single(1);
  const auto& keys = single.keys();
  // We accepted another batch of an equivocating primary.
  single.accept(0, 1, "other");
  Ready ready = single.step(keys.commit_certificate({0, 2, 3}, 0, 1, kBatch));
  CHECK(ready.execute.empty());
  const auto reports = sent<StatusReport>(single.tick(5));
  REQUIRE(reports.size() == 1);
  CHECK_FALSE(reports[0].slots[0].has_body);
  ready = single.step(keys.proposal(0, 1, "batch"));
  REQUIRE(ready.execute.size() == 1);
  CHECK(ready.execute[0].digest == kBatch);
  CHECK(ready.evidence.size() == 1);
  // It is kept: after a restart a later view may ask for a vote on it.
  CHECK(std::any_of(ready.persist.begin(), ready.persist.end(), [](const DurableRecord& record) {
    const auto* body = std::get_if<BodyRecord>(&record);
    return body != nullptr && body->digest == kBatch;
  }));
  CHECK(sent_votes(ready, Phase::prepare).empty());
}

TEST_CASE("A peer that executed a batch and lost its bytes gets them, for the view that asks for its vote again") {
  Single single(1);
  single.accept(0, 1, "batch");
  single.tick(10);
  auto report = blank_status(2);
  report.executed = BlockHeight{1};
  // It holds nothing of the number: it needs nothing.
  CHECK(sent<Proposal>(single.step(report)).empty());
  single.tick(5);
  report.slots = {{SeqNum{1}, false, {}, {}, kBatch}};
  CHECK(sent<Proposal>(single.step(report)).size() + sent<Proposal>((single.tick(5), single.step(report))).size() == 1);
}

TEST_CASE("An answer is bounded, however much is missing and whatever the report claims") {
  Single single(0, 4, 32);
  const std::string large(300 * 1024, 'x');
  for (int i = 0; i < 32; ++i) single.propose(large + std::to_string(i));
  single.tick(10);
  const Ready ready = single.step(blank_status(1));
  CHECK(bytes_of(ready) > 1024 * 1024);
  CHECK(bytes_of(ready) < 1400 * 1024);
  // The lowest come first, so that the peer can go on.
  CHECK(sent<Proposal>(ready)[0].pre_prepare.vote.seq == SeqNum{1});
  std::size_t total = 0;
  for (int i = 0; i < 100; ++i) total += bytes_of(single.step(blank_status(1)));
  CHECK(total == 0);
  single.tick(5);
  auto odd = blank_status(1);
  odd.stable = odd.executed = BlockHeight{~0ULL};
  CHECK(single.step(odd).send.empty());
  single.tick(5);
  odd.stable = BlockHeight{~0ULL};
  odd.executed = BlockHeight{0};
  odd.view = View{~0ULL};
  CHECK(single.step(odd).send.empty());
}

TEST_CASE("With direct links cut, votes of others travel through those who hold them") {
  // 0 and 1 hear each other; 2 and 3 hear only 1.
  Cluster cluster;
  const auto cut = [](const Envelope& envelope) {
    const auto one = std::min(envelope.from.value, envelope.to.value);
    const auto other = std::max(envelope.from.value, envelope.to.value);
    return (one == 0 && other >= 2) || (one == 2 && other == 3);
  };
  REQUIRE(cluster.propose(0, "a"));
  for (int round = 0; round < 120 && !cluster.all_final(1); ++round) {
    while (!cluster.network().empty()) {
      cluster.drop(cut);
      cluster.deliver([](const Envelope&) { return true; });
    }
    cluster.tick_all();
  }
  CHECK(cluster.all_final(1));
  CHECK(cluster.breaches().empty());
}

}  // namespace tally::consensus::test
