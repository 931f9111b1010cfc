// Durable records and restarts: rule 10; scenarios 35 and 36.
#include <catch2/catch.hpp>

#include "consensus/cluster.h"
#include "consensus/durable.h"
#include "consensus/single.h"

namespace tally::consensus::test {

namespace {

const Digest kBatch = digest_of_text("batch");
const Digest kHeader = digest_of_text("header");

Restored restored_from(const std::vector<Ready>& readies, std::uint64_t executed = 0, const Digest& header = kGenesis) {
  std::map<Bytes, DurableRecord> disk;
  for (const auto& ready : readies) {
    for (const auto& record : ready.persist) disk.insert_or_assign(storage_key(record), record);
  }
  Restored out{{}, BlockHeight{executed}, header};
  for (const auto& [key, record] : disk) out.records.push_back(record);
  return out;
}

StatusReport blank_status(std::uint32_t from) {
  return {Epoch{}, View{}, ReplicaIndex{from}, BlockHeight{}, BlockHeight{}, {}, {}};
}

}  // namespace

TEST_CASE("Storage keys: one per thing recorded, one prefix per sequence number, pruned by a range") {
  const Keyring keys(make_validators(4));
  const auto vote = [&](Phase phase, std::uint64_t view, std::uint64_t seq) {
    return storage_key(VoteRecord{keys.vote(1, phase, view, seq, kBatch)});
  };
  const auto prepared = [&](std::uint64_t view, std::uint64_t seq) {
    return storage_key(PreparedRecord{keys.prepared_certificate({2, 3}, view, seq, kBatch)});
  };
  const std::vector<Bytes> of_seven = {
      storage_key(BodyRecord{SeqNum{7}, kBatch, {}}),
      storage_key(BodyRecord{SeqNum{7}, kHeader, {}}),
      vote(Phase::pre_prepare, 0, 7),
      vote(Phase::prepare, 0, 7),
      vote(Phase::commit, 0, 7),
      vote(Phase::commit, 1, 7),
      storage_key(AcceptedRecord{keys.vote(0, Phase::pre_prepare, 0, 7, kBatch)}),
      storage_key(AcceptedRecord{keys.vote(1, Phase::pre_prepare, 1, 7, kBatch)}),
      prepared(0, 7),
      storage_key(OwnCheckpointRecord{keys.checkpoint(1, 7, kHeader)}),
  };
  std::set<Bytes> distinct(of_seven.begin(), of_seven.end());
  CHECK(distinct.size() == of_seven.size());
  const Bytes prefix = {0, 0, 0, 0, 0, 0, 0, 7};
  for (const auto& key : of_seven) {
    CHECK(Bytes(key.begin(), key.begin() + 8) == prefix);
    CHECK(key < storage_prune_end(BlockHeight{7}));
    CHECK_FALSE(key < storage_prune_end(BlockHeight{6}));
  }
  // The prepared certificate of a later view takes the place of the earlier.
  CHECK(prepared(0, 7) == prepared(1, 7));
  // What concerns no sequence number is never pruned, and replaces itself.
  const Bytes view = storage_key(ViewRecord{{}, View{3}, true});
  CHECK(view == storage_key(ViewRecord{{}, View{4}, false}));
  const Bytes stable = storage_key(StableRecord{keys.checkpoint_certificate({0, 1, 2}, 7, kHeader)});
  CHECK(stable == storage_key(StableRecord{keys.checkpoint_certificate({0, 1, 2}, 8, kHeader)}));
  CHECK(view != stable);
  CHECK_FALSE(view < storage_prune_end(BlockHeight{~0ULL}));
  CHECK_FALSE(stable < storage_prune_end(BlockHeight{~0ULL}));
}

TEST_CASE("Records of another epoch, replica or window, and rotten bodies, are left out") {
  const Keyring keys(make_validators(4));
  const Keyring old_keys(make_validators(4, Epoch{7}));
  Configuration configuration;
  configuration.validators = keys.validators();
  configuration.self = ReplicaIndex{1};
  configuration.window = 8;
  const std::vector<DurableRecord> records = {VoteRecord{keys.vote(1, Phase::prepare, 0, 5, kBatch)},
                                              VoteRecord{keys.vote(1, Phase::prepare, 0, 2, kBatch)},
                                              VoteRecord{keys.vote(1, Phase::prepare, 0, 11, kBatch)},
                                              VoteRecord{keys.vote(2, Phase::prepare, 0, 5, kBatch)},
                                              VoteRecord{old_keys.vote(1, Phase::prepare, 0, 5, kBatch)},
                                              BodyRecord{SeqNum{5}, kBatch, {'b', 'a', 't', 'c', 'h'}},
                                              BodyRecord{SeqNum{6}, kBatch, {'b', 'a', 't', 'c', 'h', '!'}},
                                              OwnCheckpointRecord{keys.checkpoint(1, 3, kHeader)},
                                              OwnCheckpointRecord{keys.checkpoint(1, 1, kHeader)},
                                              StableRecord{keys.checkpoint_certificate({0, 1, 2}, 2, kHeader)},
                                              ViewRecord{{}, View{0}, false}};
  const DurableState state = sort_records(records, configuration);
  REQUIRE(state.own_votes.size() == 1);
  CHECK(state.own_votes[0].vote.seq == SeqNum{5});
  CHECK(state.bodies.size() == 1);
  CHECK(state.body(SeqNum{5}, kBatch) != nullptr);
  CHECK(state.body(SeqNum{6}, kBatch) == nullptr);
  CHECK(state.own_checkpoints.size() == 1);
  CHECK(state.stable->vote.height == BlockHeight{2});
}

TEST_CASE("A restarted backup sends the identical PREPARE again and refuses another digest") {
  Single before(1);
  const Ready accepted = before.accept(0, 1, "batch");
  const auto prepare = sent_votes(accepted, Phase::prepare).at(0);

  Single after(1, 4, 8, restored_from({accepted}));
  const auto& keys = after.keys();
  CHECK(after->take_ready().execute.empty());
  // The primary now shows another batch for the same place.
  Ready ready = after.step(keys.proposal(0, 1, "other"));
  CHECK(ready.check.empty());
  CHECK(ready.evidence.size() == 1);
  after->batch_checked(digest_of_text("other"), true);
  CHECK(sent_votes(after->take_ready(), Phase::prepare).empty());
  // Retransmission.
  after.tick(10);
  ready = after.step(blank_status(2));
  REQUIRE(sent_votes(ready, Phase::prepare).size() == 1);
  CHECK(sent_votes(ready, Phase::prepare)[0] == prepare);
  CHECK(ready.persist.empty());
  // And it goes on to COMMIT with what it knew.
  ready = after.step(keys.vote(2, Phase::prepare, 0, 1, kBatch));
  CHECK(sent_votes(ready, Phase::commit).size() == 1);
}

TEST_CASE("Even if the record of the PRE-PREPARE is lost, the PREPARE binds") {
  Single before(1);
  Ready accepted = before.accept(0, 1, "batch");
  const auto prepare = sent_votes(accepted, Phase::prepare).at(0);
  std::erase_if(accepted.persist, [](const auto& record) { return !std::holds_alternative<VoteRecord>(record); });
  Single after(1, 4, 8, restored_from({accepted}));
  const Ready ready = after.step(after.keys().proposal(0, 1, "other"));
  CHECK(ready.check.empty());
  CHECK(after->counters().dropped_conflict == 1);
  // The batch that was voted for is accepted again, checked again, and the same vote stands.
  after.accept(0, 1, "batch");
  after.tick(10);
  CHECK(sent_votes(after.step(blank_status(3)), Phase::prepare).at(0) == prepare);
}

TEST_CASE("A restarted primary sends its PRE-PREPARE again and goes on behind its highest number") {
  Single before(0);
  std::vector<Ready> readies;
  readies.push_back(before.propose("one"));
  readies.push_back(before.propose("two"));
  Single after(0, 4, 8, restored_from(readies));
  CHECK(after->next_seq() == SeqNum{3});
  after.tick(10);
  const auto proposals = sent<Proposal>(after.step(blank_status(1)));
  REQUIRE(proposals.size() == 2);
  CHECK(proposals[0] == sent<Proposal>(readies[0]).at(0));
  CHECK(proposals[1] == sent<Proposal>(readies[1]).at(0));
  CHECK(sent<Proposal>(after.propose("three")).at(0).pre_prepare.vote.seq == SeqNum{3});
}

TEST_CASE("A restart between the prepared certificate and the COMMIT sends the COMMIT") {
  Single before(1);
  std::vector<Ready> readies = {before.accept(0, 1, "batch")};
  readies.push_back(before.step(before.keys().vote(2, Phase::prepare, 0, 1, kBatch)));
  REQUIRE(persisted<PreparedRecord>(readies[1]).size() == 1);
  const auto commit = sent_votes(readies[1], Phase::commit).at(0);
  SECTION("the COMMIT's own record is there") {
    Single after(1, 4, 8, restored_from(readies));
    CHECK(after->take_ready().send.empty());
    after.tick(10);
    const Ready ready = after.step(blank_status(3));
    CHECK(sent_votes(ready, Phase::commit).at(0) == commit);
    // The other's PREPARE, kept in the certificate, is passed on when it is our turn; never anything unsigned.
    for (const auto& vote : sent_votes(ready, Phase::prepare))
      CHECK(authenticate(vote, after.keys().validators(), MockVerifier{}).has_value());
  }
  SECTION("only the certificate's record is there") {
    std::erase_if(readies[1].persist, [](const auto& record) { return std::holds_alternative<VoteRecord>(record); });
    Single after(1, 4, 8, restored_from(readies));
    const Ready ready = after->take_ready();
    CHECK(sent_votes(ready, Phase::commit).at(0) == commit);
    CHECK(persisted<VoteRecord>(ready).size() == 1);
  }
}

TEST_CASE("A crash between executing a block and its CHECKPOINT: the restart votes, after persisting") {
  Single after(1, 4, 8, Restored{{}, BlockHeight{1}, kHeader});
  const Ready ready = after->take_ready();
  REQUIRE(sent<SignedCheckpoint>(ready).size() == 1);
  CHECK(sent<SignedCheckpoint>(ready)[0].vote == CheckpointVote{Epoch{}, BlockHeight{1}, kHeader});
  CHECK(persisted<OwnCheckpointRecord>(ready).size() == 1);
  CHECK(after->last_executed() == BlockHeight{1});
  // Executed blocks are not handed over again.
  after.step(after.keys().proposal(0, 1, "batch"));
  CHECK(after.step(after.keys().commit_certificate({0, 2, 3}, 0, 1, kBatch)).execute.empty());
}

TEST_CASE("A ledger that lost final blocks is reported as behind, and hands nothing over meanwhile") {
  const Keyring keys(make_validators(4));
  Single after(1, 4, 8,
               Restored{{StableRecord{keys.checkpoint_certificate({0, 1, 2}, 5, kHeader)}}, BlockHeight{3}, kGenesis});
  CHECK(after->stable() == BlockHeight{5});
  CHECK(after->last_executed() == BlockHeight{3});
  after.step(keys.proposal(0, 6, "batch"));
  CHECK(after.step(keys.commit_certificate({0, 2, 3}, 0, 6, kBatch)).execute.empty());
  CHECK(after.tick(20).behind == BlockHeight{5});
  after->installed(keys.checkpoint_certificate({0, 1, 2}, 5, kHeader));
  const Ready ready = after->take_ready();
  REQUIRE(ready.execute.size() == 1);
  CHECK(ready.execute[0].seq == SeqNum{6});
}

TEST_CASE("What was vouched for but lost by the ledger is not final here until it is executed again") {
  const Keyring keys(make_validators(4));
  Single after(1, 4, 8, Restored{{OwnCheckpointRecord{keys.checkpoint(1, 1, kHeader)}}, BlockHeight{0}, kGenesis});
  CHECK(after.step(keys.checkpoint_certificate({0, 2, 3}, 1, kHeader)).finalised.empty());
  CHECK(after->stable() == BlockHeight{0});
  after.step(keys.proposal(0, 1, "batch"));
  REQUIRE(after.step(keys.commit_certificate({0, 2, 3}, 0, 1, kBatch)).execute.size() == 1);
  const Ready ready = after.executed(1, kHeader);
  CHECK(ready.finalised.size() == 1);
  CHECK(persisted<OwnCheckpointRecord>(ready).empty());
}

TEST_CASE("36: a power cut of the whole cluster after one node commits loses nothing") {
  Cluster cluster;
  REQUIRE(cluster.propose(0, "a"));
  const auto deliver_kind = [&](std::string_view kind) {
    while (cluster.deliver([&](const Envelope& envelope) { return kind_of(envelope.message) == kind; })) {
    }
  };
  deliver_kind("proposal");
  deliver_kind("prepare");
  while (cluster.deliver([](const Envelope& e) { return kind_of(e.message) == "commit" && e.to.value == 2; })) {
  }
  REQUIRE(cluster.node(2).blocks.size() == 1);
  REQUIRE(cluster.node(0).blocks.empty());
  for (std::uint32_t i = 0; i < 4; ++i) cluster.crash(i);
  cluster.network().clear();
  for (std::uint32_t i = 0; i < 4; ++i) cluster.restart(i);
  cluster.run(20);
  CHECK(cluster.all_final(1));
  for (std::uint32_t i = 0; i < 4; ++i) CHECK(cluster.node(i).blocks.at(0).batch == digest_of_text("a"));
  CHECK(cluster.breaches().empty());
}

// Catch-up executes and syncs many blocks before the votes hear of their certificates; a crash may come between.
TEST_CASE("A restart whose blocks lie beyond the window of its votes goes on from the certificate of the last") {
  const Digest wrong = digest_of_text("another header");
  for (const bool as_votes : {false, true}) {
    Single single(1, 4, 8, {{}, BlockHeight{20}, kHeader});
    CHECK(single->stable() == BlockHeight{});
    // Of a height between there is nothing to compare with.
    single.step(single.keys().checkpoint_certificate({0, 2, 3}, 12, wrong));
    CHECK(single->stable() == BlockHeight{});
    Ready ready;
    if (as_votes)
      for (const std::uint32_t replica : {0, 2, 3}) ready = single.step(single.keys().checkpoint(replica, 20, kHeader));
    else
      ready = single.step(single.keys().checkpoint_certificate({0, 2, 3}, 20, kHeader));
    CHECK(single->stable() == BlockHeight{20});
    REQUIRE(ready.finalised.size() == 1);
    CHECK(ready.finalised.front().vote.height == BlockHeight{20});
    // It votes again.
    CHECK(sent_votes(single.accept(0, 21, "next"), Phase::prepare).size() == 1);
  }
  Single diverged(1, 4, 8, {{}, BlockHeight{20}, kHeader});
  CHECK(diverged.step(diverged.keys().checkpoint_certificate({0, 2, 3}, 20, wrong)).diverged);
}

TEST_CASE("35: a crash at every step of every Ready, at each replica in turn") {
  for (std::uint32_t victim = 0; victim < 4; ++victim) {
    for (const CrashPoint point :
         {CrashPoint::before_persist, CrashPoint::after_persist, CrashPoint::after_send, CrashPoint::after_execute}) {
      for (int nth = 0; nth < 6; ++nth) {
        Cluster cluster;
        int handled = 0;
        for (int i = 0; i < 3; ++i) {
          cluster.propose(0, "batch " + std::to_string(i));
          while (!cluster.network().empty()) {
            if (cluster.network().front().to.value == victim && handled++ == nth)
              cluster.node(victim).crash_plan.next = point;
            cluster.deliver([](const Envelope&) { return true; });
            if (!cluster.alive(victim)) cluster.restart(victim);
          }
        }
        const std::uint64_t last = cluster.replica(0).next_seq().value - 1;
        for (int round = 0; round < 60 && !cluster.all_final(last); ++round) cluster.run(1);
        INFO("victim " << victim << ", point " << static_cast<int>(point) << ", message " << nth << "\n"
                       << cluster.breaches());
        CHECK(last >= 2);
        CHECK(cluster.all_final(last));
        CHECK(cluster.breaches().empty());
      }
    }
  }
}

}  // namespace tally::consensus::test
