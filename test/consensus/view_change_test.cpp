// VIEW-CHANGE and NEW-VIEW: Castro & Liskov, OSDI 1999, section 4.4; rules 7 to 9.
#include "consensus/view_change.h"

#include <catch2/catch.hpp>

#include "consensus/cluster.h"
#include "consensus/single.h"

namespace tally::consensus::test {

namespace {

const Digest kBatch = digest_of_text("batch");

SignedViewChange change_of(const Keyring& keys, std::uint32_t replica, ViewChange body) {
  const auto signature =
      MockSigner(keys.validators().members[replica].key).sign(crypto::kViewChangeDomain, digest_of(body));
  return {std::move(body), ReplicaIndex{replica}, signature};
}
SignedViewChange change_of(const Keyring& keys, std::uint32_t replica, std::uint64_t view,
                           std::vector<PreparedCertificate> prepared = {}) {
  return change_of(keys, replica, ViewChange{Epoch{}, View{view}, {}, std::nullopt, std::move(prepared)});
}

SignedNewView new_view_of(const Keyring& keys, std::uint32_t replica, std::uint64_t view,
                          const std::vector<SignedViewChange>& changes,
                          const std::vector<std::pair<std::uint64_t, Digest>>& proposals) {
  NewView body{Epoch{}, View{view}, {}, {}};
  for (const auto& change : changes) body.view_changes.push_back({change.replica, digest_of(change.body)});
  for (const auto& [seq, digest] : proposals)
    body.pre_prepares.push_back(keys.vote(replica, Phase::pre_prepare, view, seq, digest));
  const auto signature = MockSigner(keys.validators().members[replica].key)
                             .sign(crypto::kNewViewDomain, crypto::digest_of(crypto::kNewViewDomain, body));
  return {std::move(body), ReplicaIndex{replica}, signature};
}

// Somewhere above everything executed so far, all live honest replicas become final together.
void require_progress(Cluster& cluster, std::uint32_t rounds) {
  std::uint64_t highest = 0;
  for (std::uint32_t i = 0; i < cluster.size(); ++i)
    highest = std::max<std::uint64_t>(highest, cluster.node(i).blocks.size());
  for (std::uint32_t round = 0; round < rounds && !cluster.all_final(highest + 3); ++round) cluster.run_with_work(1);
  std::string state;
  for (std::uint32_t i = 0; i < cluster.size(); ++i) {
    if (!cluster.alive(i)) continue;
    const Replica& replica = cluster.replica(i);
    state += "\n  replica " + std::to_string(i) + ": view " + std::to_string(replica.view().value) +
             (replica.changing_view() ? " changing" : "") + ", stable " + std::to_string(replica.stable().value) +
             ", executed " + std::to_string(replica.last_executed().value);
  }
  INFO("highest " << highest << state << "\n" << cluster.breaches());
  REQUIRE(cluster.all_final(highest + 3));
  REQUIRE(cluster.breaches().empty());
}

}  // namespace

TEST_CASE("A dead primary is replaced within two time-outs, and what was prepared survives") {
  for (const std::uint32_t n : {4U, 5U, 7U, 10U}) {
    Cluster cluster({.n = n, .view_timeout_ticks = 10});
    cluster.propose(0, "first");
    cluster.deliver_all();
    REQUIRE(cluster.all_final(1));
    cluster.crash(0);
    cluster.set_work(true);
    cluster.run(11);
    CHECK(cluster.replica(1).view() == View{1});
    CHECK(cluster.replica(1).can_propose());
    cluster.run_with_work(9);
    CHECK(cluster.replica(1).stable() > BlockHeight{3});
    CHECK(cluster.breaches().empty());
  }
}

TEST_CASE("10: f bad primaries in a row are passed over") {
  Cluster cluster({.n = 7, .view_timeout_ticks = 10});
  cluster.crash(0);
  cluster.crash(1);
  require_progress(cluster, 60);
  CHECK(cluster.replica(2).view() == View{2});
}

TEST_CASE("11: with the quorum lost for an hour views do not run away, and healing is quick") {
  Cluster cluster({.n = 4, .view_timeout_ticks = 10});
  cluster.crash(0);
  cluster.crash(3);
  cluster.run_with_work(4000);
  CHECK(cluster.replica(1).view() == View{1});
  cluster.restart(3);
  require_progress(cluster, 60);
}

TEST_CASE("An idle chain changes no view") {
  Cluster cluster({.n = 4, .view_timeout_ticks = 5});
  cluster.run(200);
  for (std::uint32_t i = 0; i < 4; ++i) CHECK(cluster.replica(i).view() == View{0});
}

TEST_CASE("1: what one node committed before it was cut off with its primary is proposed again") {
  Cluster cluster({.n = 4, .view_timeout_ticks = 10});
  REQUIRE(cluster.propose(0, "batch"));
  const auto deliver_every = [&](const std::string& kind) {
    while (cluster.deliver([&](const Envelope& e) { return kind_of(e.message) == kind; })) {
    }
  };
  deliver_every("proposal");
  deliver_every("prepare");
  while (cluster.deliver([](const Envelope& e) { return kind_of(e.message) == "commit" && e.to.value == 1; })) {
  }
  CHECK(cluster.node(1).blocks.size() == 1);
  CHECK(cluster.node(2).blocks.empty());
  cluster.network().clear();
  cluster.crash(0);
  cluster.set_isolated(1, true);
  cluster.set_work(true);
  cluster.run(60);
  // Two of four cannot make a view; the primary comes back.
  cluster.restart(0);
  for (int round = 0; round < 200 && cluster.replica(2).stable() < BlockHeight{4}; ++round) cluster.run_with_work(1);
  REQUIRE(cluster.replica(2).stable() >= BlockHeight{4});
  CHECK(cluster.node(2).blocks.front().batch == cluster.node(1).blocks.front().batch);
  cluster.set_isolated(1, false);
  require_progress(cluster, 200);
}

TEST_CASE("Under loss, duplication, crashes and view changes agreement holds, and healing finishes") {
  std::uint64_t views = 0;
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    Random draw(seed);
    const std::uint32_t n = 1 + static_cast<std::uint32_t>(draw.below(7));
    Cluster cluster({.n = n, .window = 2 + draw.below(8), .seed = seed, .view_timeout_ticks = 4});
    cluster.set_work(true);
    const Cluster::Chaos chaos{
        .lose = draw.below(31), .duplicate = draw.below(51), .crash = draw.below(2) * draw.below(40), .propose = 5};
    for (int step = 0; step < 2500; ++step) cluster.step_random(chaos);
    INFO("seed " << seed << ", n " << n << "\n" << cluster.breaches());
    REQUIRE(cluster.breaches().empty());
    for (std::uint32_t i = 0; i < n; ++i) {
      if (!cluster.alive(i)) cluster.restart(i);
      cluster.node(i).crash_plan.next = CrashPoint::none;
    }
    require_progress(cluster, 400);
    views += cluster.replica(0).view().value;
  }
  CHECK(views > 50);
}

TEST_CASE("8: one node's huge view moves nothing, and is kept once") {
  Single single(1);
  const auto& keys = single.keys();
  for (std::uint64_t view = 1; view < 1000; ++view) single.step(change_of(keys, 3, view * 1'000'000'007));
  single.step(change_of(keys, 3, (1ULL << 63) - 1));
  CHECK(single->view() == View{0});
  CHECK(single->footprint().view_changes == 1);
}

TEST_CASE("9: f+1 VIEW-CHANGEs above the own view, equal or not, are joined at the smallest") {
  Single single(2);
  const auto& keys = single.keys();
  CHECK(single.step(change_of(keys, 3, 7)).send.empty());
  const Ready ready = single.step(change_of(keys, 0, 3));
  const auto own = sent<SignedViewChange>(ready);
  REQUIRE(own.size() == 1);
  CHECK(own.front().body.new_view == View{3});
  CHECK(persisted<ViewChangeRecord>(ready).size() == 1);
  CHECK(single->changing_view());
}

TEST_CASE("2: of certificates of two views the higher wins, gaps become the null batch, in any order of V") {
  const Keyring keys(make_validators(4));
  const Digest old_digest = digest_of_text("old");
  std::vector<SignedViewChange> v{
      change_of(keys, 0, 3, {keys.prepared_certificate({1, 2}, 0, 1, old_digest)}),
      change_of(keys, 1, 3,
                {keys.prepared_certificate({0, 2}, 1, 1, kBatch), keys.prepared_certificate({0, 2}, 1, 3, kBatch)}),
      change_of(keys, 2, 3)};
  const std::vector<ReProposal> expected{{SeqNum{1}, kBatch}, {SeqNum{2}, kNullBatch}, {SeqNum{3}, kBatch}};
  for (int i = 0; i < 3; ++i) {
    std::rotate(v.begin(), v.begin() + 1, v.end());
    CHECK(compute_new_view(v).proposals == expected);
  }
}

TEST_CASE("6: an O with an entry dropped, swapped, added or nulled is refused, the right one is entered") {
  const Keyring keys(make_validators(4));
  const std::vector<SignedViewChange> v{change_of(keys, 1, 1, {keys.prepared_certificate({1, 2}, 0, 1, kBatch)}),
                                        change_of(keys, 2, 1), change_of(keys, 3, 1)};
  const Digest other = digest_of_text("other");
  const std::vector<std::vector<std::pair<std::uint64_t, Digest>>> wrong{
      {}, {{1, other}}, {{1, kNullBatch}}, {{1, kBatch}, {2, other}}, {{2, kBatch}}};
  for (const auto& proposals : wrong) {
    Single single(0);
    for (const auto& change : v) single.step(change);
    single.step(new_view_of(keys, 1, 1, v, proposals));
    CHECK(single->counters().dropped_bad_new_view == 1);
    CHECK(single->changing_view());
  }
  Single single(0);
  for (const auto& change : v) single.step(change);
  single.step(new_view_of(keys, 1, 1, v, {{1, kBatch}}));
  CHECK_FALSE(single->changing_view());
  CHECK(single->view() == View{1});
}

// Seed 40039663: with three replicas, a primary that proposed again what it did not hold made a certificate whose batch
// one replica alone had, and when that one died the other two could not go on.
TEST_CASE("A primary leads once it holds every batch that its O names, and asks for what it lacks") {
  Single single(1);
  const auto& keys = single.keys();
  single.step(change_of(keys, 2, 1, {keys.prepared_certificate({2, 3}, 0, 2, kBatch)}));
  CHECK(sent<SignedNewView>(single.step(change_of(keys, 3, 1))).empty());
  REQUIRE(single->changing_view());
  const auto reports = sent<StatusReport>(single.tick(5));
  REQUIRE(reports.size() == 1);
  REQUIRE(reports[0].slots.size() == 1);
  CHECK(reports[0].slots[0].wanted == kBatch);
  // Another batch is not the one.
  CHECK(sent<SignedNewView>(single.step(keys.proposal_of(0, 0, 2, "other"))).empty());
  const Ready ready = single.step(keys.proposal_of(0, 0, 2, "batch"));
  const auto views = sent<SignedNewView>(ready);
  REQUIRE(views.size() == 1);
  REQUIRE(views[0].body.pre_prepares.size() == 2);
  CHECK(views[0].body.pre_prepares[0].vote.digest == kNullBatch);
  CHECK(views[0].body.pre_prepares[1].vote.digest == kBatch);
  CHECK_FALSE(persisted<BodyRecord>(ready).empty());
  CHECK_FALSE(single->changing_view());
}

TEST_CASE("7: V of mixed views is refused") {
  const Keyring keys(make_validators(4));
  const std::vector<SignedViewChange> v{change_of(keys, 1, 1), change_of(keys, 2, 1), change_of(keys, 3, 2)};
  Single single(0);
  for (const auto& change : v) single.step(change);
  single.step(new_view_of(keys, 1, 1, v, {}));
  CHECK(single->counters().dropped_bad_new_view == 1);
  CHECK(single->changing_view());
}

TEST_CASE("13: a NEW-VIEW for a view that was left is late") {
  const Keyring keys(make_validators(4));
  Single single(0);
  const std::vector<SignedViewChange> v{change_of(keys, 1, 1), change_of(keys, 2, 1), change_of(keys, 3, 1)};
  for (const auto& change : v) single.step(change);
  single.step(change_of(keys, 2, 2));
  single.step(change_of(keys, 3, 2));
  REQUIRE(single->view() == View{2});
  single.step(new_view_of(keys, 1, 1, v, {}));
  CHECK(single->view() == View{2});
  CHECK(single->counters().dropped_view_change == 1);
}

TEST_CASE("14: no vote leaves between VIEW-CHANGE and NEW-VIEW") {
  Single single(2);
  const auto& keys = single.keys();
  single.step(change_of(keys, 1, 1));
  single.step(change_of(keys, 3, 1));
  REQUIRE(single->changing_view());
  const Ready ready = single.accept(0, 1, "batch");
  CHECK(sent<SignedVote>(ready).empty());
}

TEST_CASE("33: a restart on the last block of the epoch votes for nothing above it that the view proposes again") {
  const Keyring keys(make_validators(4));
  const std::vector v{
      change_of(keys, 1, 1,
                {keys.prepared_certificate({1, 2}, 0, 1, kBatch), keys.prepared_certificate({1, 2}, 0, 2, kBatch)}),
      change_of(keys, 2, 1), change_of(keys, 3, 1)};
  for (const bool ended : {false, true}) {
    Restored restored{{}, BlockHeight{1}, digest_of_text("header"), ended};
    restored.records.emplace_back(ViewRecord{Epoch{}, View{1}, false});
    restored.records.emplace_back(NewViewRecord{new_view_of(keys, 1, 1, v, {{1, kBatch}, {2, kBatch}}), v});
    const ByteView bytes = as_bytes("batch");
    for (const std::uint64_t seq : {1, 2}) {
      restored.records.emplace_back(BodyRecord{SeqNum{seq}, kBatch, Bytes(bytes.begin(), bytes.end())});
      restored.records.emplace_back(PreparedRecord{keys.prepared_certificate({1, 2}, 0, seq, kBatch)});
    }
    Single single(3, 4, 8, restored);
    const auto prepares = sent_votes(single->take_ready(), Phase::prepare);
    REQUIRE(prepares.size() == (ended ? 1 : 2));
    CHECK(prepares[0].vote.seq == SeqNum{1});
  }
}

// Seed 60021903: after a power cut two of four had executed the epoch's last block and nobody could prove it. The third
// waited in the next view for blocks before it, the fourth was silent, and the two waited for ever.
TEST_CASE("33: whoever cannot prove the epoch's last block asks for a new view") {
  const bool proven = GENERATE(false, true);
  Single single(2);
  const auto& keys = single.keys();
  single.accept(0, 1, "batch");
  single.step(keys.commit_certificate({0, 1, 3}, 0, 1, kBatch));
  single->executed(BlockHeight{1}, digest_of_text("header"), true);
  if (proven) single.step(keys.checkpoint_certificate({0, 1, 3}, 1, digest_of_text("header")));
  const auto changes = sent<SignedViewChange>(single.tick(1000));
  CHECK(changes.empty() == proven);
}

// Rule 12: what was signed a moment before the epoch ended is void, so it need not leave.
TEST_CASE("33: votes above the epoch's last block that have not left are dropped") {
  const bool ends = GENERATE(false, true);
  Single single(2);
  const auto& keys = single.keys();
  const auto accept = [&](std::uint64_t seq, std::string_view batch) {
    const Proposal proposal = keys.proposal(0, seq, batch);
    single->step(authentic(proposal, keys.validators()));
    single->batch_checked(proposal.pre_prepare.vote.digest, true);
  };
  accept(1, "batch");
  accept(2, "void");
  single->executed(BlockHeight{1}, digest_of_text("header"), ends);
  std::vector<SeqNum> left;
  for (const auto& vote : sent_votes(single->take_ready(), Phase::prepare)) left.push_back(vote.vote.seq);
  CHECK(left == (ends ? std::vector{SeqNum{1}} : std::vector{SeqNum{1}, SeqNum{2}}));
}

TEST_CASE("Two VIEW-CHANGEs of one replica for one view are evidence") {
  Single single(1);
  const auto& keys = single.keys();
  single.step(change_of(keys, 3, 5));
  const Ready ready = single.step(change_of(keys, 3, 5, {keys.prepared_certificate({1, 2}, 0, 1, kBatch)}));
  REQUIRE(ready.evidence.size() == 1);
  CHECK(ready.evidence.front().replica == ReplicaIndex{3});
}

TEST_CASE("19: a replica whose votes a peer proves lost signs nothing until enough is stable") {
  Single single(1, 4, 4);
  const auto& keys = single.keys();
  const Ready shown = single.step(keys.vote(1, Phase::prepare, 0, 1, kBatch));
  CHECK(shown.votes_lost);
  CHECK(persisted<LostRecord>(shown).size() == 1);
  CHECK(single->recovering());
  CHECK(sent<SignedVote>(single.accept(0, 1, "batch")).empty());
  // Asked, all others say they are at genesis: 2L blocks on, it votes again.
  for (const std::uint32_t peer : {0U, 2U, 3U})
    single.step(StatusReport{Epoch{}, {}, ReplicaIndex{peer}, {}, {}, {}, {}});
  for (std::uint64_t height = 1; height <= 8; ++height) {
    CHECK(single->recovering());
    single->installed(keys.checkpoint_certificate({0, 2, 3}, height, kBatch));
    static_cast<void>(single->take_ready());
  }
  CHECK_FALSE(single->recovering());
  CHECK(sent_votes(single.accept(0, 9, "batch"), Phase::prepare).size() == 1);
}

TEST_CASE("38: a directory with a mark of loss does not vote after a restart") {
  Restored restored;
  restored.records.emplace_back(LostRecord{Epoch{}, std::nullopt});
  restored.executed_header = kGenesis;
  Single single(1, 4, 8, restored);
  CHECK(single->recovering());
  CHECK(sent<SignedVote>(single.accept(0, 1, "batch")).empty());
}

}  // namespace tally::consensus::test
