// The checkers of what honest offices sign: each is shown a short history that keeps its rule, and ones that break it.
#include <catch2/catch.hpp>

#include "consensus/new_view.h"
#include "sim/checkers/epochs.h"
#include "sim/checkers/proposals.h"
#include "sim/checkers/recoveries.h"
#include "sim/checkers/views.h"
#include "sim/checkers/votes.h"
#include "sim/still_office.h"

namespace tally::sim {

using namespace consensus;
using consensus::test::digest_of_text;
using consensus::test::MockSigner;

namespace {

constexpr auto kOwn = 1U;

const Batch kBatch = batch_of(1);
const Bytes kBytes = encode(kBatch);
const Digest kDigest = batch_digest(kBytes);
const Digest kOther = digest_of_text("other");

// An office whose disk holds what a PREPARE and a COMMIT at number 1 of view 0 rest on.
struct Voting : StillOffice {
  Voting() {
    holds(BodyRecord{SeqNum{1}, kDigest, kBytes});
    holds(AcceptedRecord{keys.vote(0, Phase::pre_prepare, 0, 1, kDigest)});
    holds(PreparedRecord{keys.prepared_certificate({1, 2}, 0, 1, kDigest)});
    start();
  }
  SignedVote signs(Phase phase, std::uint64_t view, std::uint64_t seq, const Digest& digest) {
    const SignedVote vote = keys.vote(kOwn, phase, view, seq, digest);
    holds(VoteRecord{vote});
    return vote;
  }
  SignedViewChange changes(std::uint32_t replica, std::uint64_t view, std::vector<PreparedCertificate> prepared = {}) {
    const ViewChange body{Epoch{}, View{view}, BlockHeight{}, std::nullopt, std::move(prepared)};
    const MockSigner signer(world.everybody().members[replica].key);
    return {body, ReplicaIndex{replica},
            signer.sign(crypto::kViewChangeDomain, crypto::digest_of(crypto::kViewChangeDomain, body))};
  }
  SignedNewView opens(std::uint64_t view, const std::vector<SignedViewChange>& changes,
                      const std::vector<Digest>& proposals) {
    const std::uint32_t primary = world.genesis().primary(View{view}).value;
    NewView body{Epoch{}, View{view}, {}, {}};
    for (const auto& change : changes) body.view_changes.push_back({change.replica, consensus::digest_of(change.body)});
    for (const auto& digest : proposals)
      body.pre_prepares.push_back(keys.vote(primary, Phase::pre_prepare, view, body.pre_prepares.size() + 1, digest));
    const MockSigner signer(world.everybody().members[primary].key);
    return {body, ReplicaIndex{primary},
            signer.sign(crypto::kNewViewDomain, crypto::digest_of(crypto::kNewViewDomain, body))};
  }

  Breaches breaches;
};

void check_one(const Breaches& breaches, const std::string& text) {
  REQUIRE(breaches.list().size() == 1);
  CHECK_THAT(breaches.list()[0], Catch::Contains(text));
}

}  // namespace

TEST_CASE("Checker of votes: what is signed once, on disk with what it rests on, is good") {
  Voting it;
  Votes votes(it.breaches);
  const SignedVote prepare = it.signs(Phase::prepare, 0, 1, kDigest);
  votes.on_sent(it.office, prepare);
  votes.on_sent(it.office, prepare);
  votes.on_sent(it.office, it.signs(Phase::commit, 0, 1, kDigest));
  const SignedViewChange change = it.changes(kOwn, 1);
  it.holds(ViewChangeRecord{change});
  votes.on_sent(it.office, change);
  // What it passes on of others is theirs.
  votes.on_sent(it.office, it.keys.vote(2, Phase::prepare, 0, 1, kOther));
  CHECK(it.breaches.list() == std::vector<std::string>{});
}

TEST_CASE("Checker of votes: two digests for one place are a breach") {
  Voting it;
  Votes votes(it.breaches);
  SECTION("votes") {
    votes.on_sent(it.office, it.signs(Phase::commit, 0, 1, kDigest));
    it.holds(PreparedRecord{it.keys.prepared_certificate({1, 2}, 0, 1, kOther)});
    votes.on_sent(it.office, it.signs(Phase::commit, 0, 1, kOther));
    check_one(it.breaches, "double vote: office 1 signed two digests for COMMIT at epoch 0, view 0, number 1");
  }
  SECTION("VIEW-CHANGEs") {
    for (const auto& prepared :
         {std::vector<PreparedCertificate>{}, std::vector{it.keys.prepared_certificate({1, 2}, 0, 1, kDigest)}}) {
      const SignedViewChange change = it.changes(kOwn, 1, prepared);
      it.holds(ViewChangeRecord{change});
      votes.on_sent(it.office, change);
    }
    check_one(it.breaches, "signed two of VIEW-CHANGE to view 1");
  }
  SECTION("NEW-VIEWs") {
    for (const auto& o : {std::vector<Digest>{}, std::vector{kDigest}}) {
      const SignedNewView view = it.opens(1, {}, o);
      it.holds(NewViewRecord{view, {}});
      votes.on_sent(it.office, view);
    }
    check_one(it.breaches, "signed two of NEW-VIEW of view 1");
  }
  SECTION("and a loss of the disk makes it forget") {
    votes.on_sent(it.office, it.signs(Phase::commit, 0, 1, kDigest));
    votes.forget(kOwn);
    it.holds(PreparedRecord{it.keys.prepared_certificate({1, 2}, 0, 1, kOther)});
    votes.on_sent(it.office, it.signs(Phase::commit, 0, 1, kOther));
    CHECK(it.breaches.none());
  }
}

TEST_CASE("Checker of votes: two CHECKPOINTs of a height, or one of a block that is not there, are a breach") {
  StillOffice it;
  it.holds({kBatch});
  it.start();
  Breaches breaches;
  Votes votes(breaches);
  const auto signs = [&](std::uint64_t height, const Digest& header) {
    const SignedCheckpoint out = it.keys.checkpoint(kOwn, height, header);
    it.holds(OwnCheckpointRecord{out});
    return out;
  };
  votes.on_sent(it.office, signs(1, it.blocks[0].header));
  CHECK(breaches.none());
  SECTION("another header") {
    votes.on_sent(it.office, signs(1, kOther));
    REQUIRE(breaches.list().size() == 2);
    CHECK_THAT(breaches.list()[0], Catch::Contains("double vote: office 1 signed two headers for CHECKPOINT 1"));
  }
  SECTION("not executed") {
    votes.on_sent(it.office, signs(2, kOther));
    check_one(breaches, "CHECKPOINT 2 for a block that it has not executed and synced");
  }
  SECTION("not on disk") {
    it.office.disk.wipe();
    votes.on_sent(it.office, it.keys.checkpoint(kOwn, 1, it.blocks[0].header));
    check_one(breaches, "sent CHECKPOINT 1 before it was on disk");
  }
}

TEST_CASE("Checker of votes: what leaves before it is on disk, or before what it rests on, is a breach") {
  Voting it;
  Votes votes(it.breaches);
  SECTION("a vote") {
    votes.on_sent(it.office, it.keys.vote(kOwn, Phase::prepare, 0, 1, kDigest));
    check_one(it.breaches, "durability: office 1 sent PREPARE at epoch 0, view 0, number 1 before it was on disk");
  }
  SECTION("a vote that is written and not synced") {
    const DurableRecord record = VoteRecord{it.keys.vote(kOwn, Phase::commit, 0, 1, kDigest)};
    storage::WriteBatch write;
    write.put(storage::Column::votes, storage_key(record), encode(record));
    REQUIRE(it.office.disk.write(write, storage::Sync::no).has_value());
    votes.on_sent(it.office, std::get<VoteRecord>(record).vote);
    check_one(it.breaches, "before it was on disk");
  }
  SECTION("a PREPARE without its batch and its PRE-PREPARE") {
    votes.on_sent(it.office, it.signs(Phase::prepare, 0, 2, kDigest));
    REQUIRE(it.breaches.list().size() == 2);
    CHECK_THAT(it.breaches.list()[0], Catch::Contains("before the batch was on disk"));
    CHECK_THAT(it.breaches.list()[1], Catch::Contains("before the PRE-PREPARE it answers was on disk"));
  }
  SECTION("a COMMIT with another digest's certificate") {
    votes.on_sent(it.office, it.signs(Phase::commit, 0, 1, kOther));
    check_one(it.breaches, "before its prepared certificate was on disk");
  }
  SECTION("a VIEW-CHANGE") {
    votes.on_sent(it.office, it.changes(kOwn, 1));
    check_one(it.breaches, "sent VIEW-CHANGE to view 1 before it was on disk");
  }
  SECTION("a NEW-VIEW") {
    votes.on_sent(it.office, it.opens(1, {}, {}));
    check_one(it.breaches, "sent NEW-VIEW of view 1 before it was on disk");
  }
}

TEST_CASE("Checker of proposals: a PREPARE answers the primary, for a batch that clients signed") {
  Voting it;
  Proposals proposals(it.breaches, [&](const Transaction& transaction) { return it.world.issued(transaction); });
  const auto sends = [&](const Message& message) { proposals.on_sent(it.office, message, it.world.verifier()); };
  const Batch made_up = batch_of(1, StillWorld::kNobody);
  const Bytes bytes = encode(made_up);
  SECTION("good") {
    sends(it.keys.vote(kOwn, Phase::prepare, 0, 1, kDigest));
    sends(Proposal{it.keys.vote(kOwn, Phase::pre_prepare, 1, 1, kDigest), kBytes});
    CHECK(it.breaches.list() == std::vector<std::string>{});
  }
  SECTION("proposed by another") {
    it.holds(AcceptedRecord{it.keys.vote(2, Phase::pre_prepare, 0, 1, kDigest)});
    sends(it.keys.vote(kOwn, Phase::prepare, 0, 1, kDigest));
    check_one(it.breaches,
              "number 1 in answer to what replica 2 proposed, which the primary of that view did not sign");
  }
  SECTION("in the primary's name") {
    SignedVote forged = it.keys.vote(2, Phase::pre_prepare, 0, 1, kDigest);
    forged.replica = ReplicaIndex{0};
    it.holds(AcceptedRecord{forged});
    sends(it.keys.vote(kOwn, Phase::prepare, 0, 1, kDigest));
    check_one(it.breaches, "which the primary of that view did not sign");
  }
  SECTION("for another digest than was proposed") {
    it.holds(AcceptedRecord{it.keys.vote(0, Phase::pre_prepare, 0, 1, kOther)});
    sends(it.keys.vote(kOwn, Phase::prepare, 0, 1, kDigest));
    check_one(it.breaches, "proposals: office 1 sent PREPARE");
  }
  SECTION("a batch that nobody signed") {
    it.holds(BodyRecord{SeqNum{1}, batch_digest(bytes), bytes});
    it.holds(AcceptedRecord{it.keys.vote(0, Phase::pre_prepare, 0, 1, batch_digest(bytes))});
    sends(it.keys.vote(kOwn, Phase::prepare, 0, 1, batch_digest(bytes)));
    check_one(it.breaches, "PREPARE at epoch 0, view 0, number 1 for a batch that holds what no client signed");
  }
  SECTION("a proposal of its own that nobody signed") {
    sends(Proposal{it.keys.vote(kOwn, Phase::pre_prepare, 1, 1, batch_digest(bytes)), bytes});
    check_one(it.breaches, "PRE-PREPARE at epoch 0, view 1, number 1 for a batch that holds what no client signed");
  }
}

TEST_CASE("Checker of views: after VIEW-CHANGE nothing is voted below, nor before the NEW-VIEW") {
  Voting it;
  Views views(it.breaches);
  const Proposal proposed{it.signs(Phase::pre_prepare, 0, 4, kDigest), kBytes};
  views.on_sent(it.office, it.keys.vote(kOwn, Phase::prepare, 0, 1, kDigest));
  views.on_sent(it.office, it.changes(kOwn, 2));
  CHECK(it.breaches.none());
  SECTION("its batches it sends still, others' votes too") {
    views.on_sent(it.office, proposed);
    views.on_sent(it.office, it.keys.vote(2, Phase::commit, 0, 1, kDigest));
    it.holds(NewViewRecord{it.opens(2, {}, {}), {}});
    views.on_sent(it.office, it.keys.vote(kOwn, Phase::prepare, 2, 1, kDigest));
    CHECK(it.breaches.list() == std::vector<std::string>{});
  }
  SECTION("a vote in the view that was left") {
    views.on_sent(it.office, it.keys.vote(kOwn, Phase::commit, 0, 1, kDigest));
    check_one(it.breaches, "office 1 sent COMMIT at epoch 0, view 0, number 1 after its VIEW-CHANGE to view 2");
  }
  SECTION("a proposal in a view that was passed over") {
    views.on_sent(it.office, Proposal{it.keys.vote(kOwn, Phase::pre_prepare, 1, 1, kDigest), kBytes});
    check_one(it.breaches, "sent PRE-PREPARE at epoch 0, view 1, number 1 after its VIEW-CHANGE to view 2");
  }
  SECTION("a vote in a view that was not entered") {
    it.holds(NewViewRecord{it.opens(1, {}, {}), {}});
    views.on_sent(it.office, it.keys.vote(kOwn, Phase::prepare, 2, 1, kDigest));
    check_one(it.breaches, "sent PREPARE at epoch 0, view 2, number 1 before the NEW-VIEW of that view");
  }
}

TEST_CASE("Checker of views: a view is entered with the O that its V asks for") {
  Voting it;
  Views views(it.breaches);
  // Number 1 was prepared in view 0 with one batch, in view 1 with another; 2 by nobody; 3 in view 0.
  const auto old = it.keys.prepared_certificate({1, 2}, 0, 1, kOther);
  const auto late = it.keys.prepared_certificate({0, 2}, 1, 1, kDigest);
  const auto third = it.keys.prepared_certificate({1, 2}, 0, 3, kDigest);
  const std::vector changes = {it.changes(0, 2, {old, third}), it.changes(1, 2, {late}), it.changes(3, 2)};
  const auto enters = [&](const std::vector<Digest>& o, const std::vector<SignedViewChange>& v, bool kept = true) {
    const SignedNewView view = it.opens(2, v, o);
    if (kept) it.holds(NewViewRecord{view, v});
    views.on_entered(it.office, view.body, it.world.verifier());
  };
  const std::vector<Digest> right = {kDigest, kNullBatch, kDigest};
  SECTION("right") {
    enters(right, changes);
    CHECK(it.breaches.list() == std::vector<std::string>{});
  }
  SECTION("wrong") {
    enters(GENERATE_COPY(std::vector<Digest>{kOther, kNullBatch, kDigest},               // the lower view's
                         std::vector<Digest>{kDigest, kNullBatch},                       // one dropped
                         std::vector<Digest>{kDigest, kNullBatch, kNullBatch},           // null in its place
                         std::vector<Digest>{kDigest, kDigest, kDigest},                 // where none was prepared
                         std::vector<Digest>{kDigest, kNullBatch, kDigest, kNullBatch},  // one added
                         std::vector<Digest>{}),
           changes);
    check_one(it.breaches, "views: office 1 entered view 2 although its O is not what its V asks for");
  }
  SECTION("V too small") {
    enters(right, {changes[0], changes[1]});
    check_one(it.breaches, "although its NEW-VIEW does not verify");
  }
  SECTION("V of another view") {
    enters(right, {changes[0], changes[1], it.changes(3, 3)});
    check_one(it.breaches, "although its V holds what is no VIEW-CHANGE to it");
  }
  SECTION("V with a forged certificate") {
    auto forged = changes;
    forged[1].body.prepared[0].prepares[0].replica = ReplicaIndex{3};
    enters(right, forged);
    check_one(it.breaches, "although its V holds what is no VIEW-CHANGE to it");
  }
  SECTION("not on disk") {
    enters(right, changes, false);
    check_one(it.breaches, "entered view 2 before it was on disk");
  }
}

TEST_CASE("Checker of epochs: nothing above the last block, and nothing in the next epoch before its certificate") {
  StillOffice it;
  it.holds({batch_of(1), batch_of(2, 0, {0, 1, 2})});
  Breaches breaches;
  Epochs epochs(breaches);
  SECTION("the last block has no certificate yet") {
    it.start();
    epochs.on_sent(it.office, it.keys.vote(kOwn, Phase::commit, 0, 2, kDigest));
    epochs.on_sent(it.office, it.keys.checkpoint(kOwn, 2, it.blocks[1].header));
    epochs.on_sent(it.office, it.keys.vote(2, Phase::commit, 0, 3, kDigest));
    CHECK(breaches.list() == std::vector<std::string>{});
    epochs.on_sent(it.office, it.keys.vote(kOwn, Phase::commit, 0, 3, kDigest));
    check_one(breaches, "office 1 sent COMMIT at epoch 0, view 0, number 3 above block 2, which it has executed");
  }
  SECTION("CHECKPOINT above") {
    it.start();
    epochs.on_sent(it.office, it.keys.checkpoint(kOwn, 3, kOther));
    check_one(breaches, "epochs: office 1 sent CHECKPOINT 3 above block 2");
  }
  SECTION("the next epoch") {
    const bool certified = GENERATE(true, false);
    it.holds({batch_of(3)});
    if (certified) it.holds(StableRecord{it.certificate(2)});
    it.start();
    REQUIRE(it.office.driver()->validators().epoch == Epoch{1});
    const consensus::test::Keyring keys(it.office.driver()->validators());
    epochs.on_sent(it.office, keys.vote(kOwn, Phase::prepare, 0, 4, kDigest));
    if (certified)
      CHECK(breaches.list() == std::vector<std::string>{});
    else
      check_one(breaches, "number 4 before block 2, with which epoch 1 begins, had its certificate");
  }
}

TEST_CASE("Checker of recoveries: who knows that votes were lost signs nothing new until enough is stable") {
  StillOffice it;
  it.start();
  Breaches breaches;
  Recoveries recoveries(breaches, 3);
  const SignedVote before = it.keys.vote(kOwn, Phase::prepare, 0, 1, kDigest);
  const SignedVote after = it.keys.vote(kOwn, Phase::prepare, 0, 2, kDigest);
  recoveries.on_sent(it.office, before);
  recoveries.on_disk_lost(it.office);
  // It cannot know yet.
  recoveries.on_sent(it.office, it.keys.vote(kOwn, Phase::prepare, 0, 1, kOther));
  recoveries.on_votes_lost(it.office);
  recoveries.on_sent(it.office, before);
  recoveries.on_sent(it.office, it.keys.vote(2, Phase::prepare, 0, 2, kDigest));
  CHECK(breaches.list() == std::vector<std::string>{});
  SECTION("it signs") {
    recoveries.on_sent(it.office, after);
    check_one(breaches,
              "office 1 signed something new at stable height 0 although its disk lost what it signed up to 3");
  }
  SECTION("as much as once a height is stable") {
    const bool enough = GENERATE(true, false);
    StillOffice later;
    later.holds({batch_of(1), batch_of(2), batch_of(3)});
    later.holds(StableRecord{later.certificate(enough ? 3 : 2)});
    later.start();
    recoveries.on_sent(later.office, after);
    CHECK(breaches.none() == enough);
  }
  SECTION("the loss of the mark is another loss") {
    recoveries.on_disk_lost(it.office);
    recoveries.on_sent(it.office, after);
    CHECK(breaches.none());
  }
}

}  // namespace tally::sim
