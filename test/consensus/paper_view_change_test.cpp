// Statements of Castro & Liskov, "Practical Byzantine Fault Tolerance" (OSDI 1999), sections 4.4 and 4.5, one test
// each.
#include <catch2/catch.hpp>

#include "consensus/new_view.h"
#include "consensus/single.h"

namespace tally::consensus::test {

namespace {

const Digest kBatch = digest_of_text("batch");
const Digest kNext = digest_of_text("next");
constexpr int kTimeout = 40;  // ticks, as configured by default

SignedViewChange change_of(const Keyring& keys, std::uint32_t replica, ViewChange body) {
  return {body, ReplicaIndex{replica},
          MockSigner(keys.validators().members[replica].key).sign(crypto::kViewChangeDomain, digest_of(body))};
}
SignedViewChange change_of(const Keyring& keys, std::uint32_t replica, std::uint64_t view) {
  return change_of(keys, replica, ViewChange{Epoch{}, View{view}, {}, std::nullopt, {}});
}

SignedNewView new_view_of(const Keyring& keys, std::uint32_t primary, const std::vector<SignedViewChange>& v) {
  NewView body{Epoch{}, v[0].body.new_view, {}, {}};
  for (const auto& change : v) body.view_changes.push_back({change.replica, digest_of(change.body)});
  for (const auto& proposal : compute_new_view(v).proposals)
    body.pre_prepares.push_back(
        keys.vote(primary, Phase::pre_prepare, body.view.value, proposal.seq.value, proposal.digest));
  const Digest digest = crypto::digest_of(crypto::kNewViewDomain, body);
  return {std::move(body), ReplicaIndex{primary},
          MockSigner(keys.validators().members[primary].key).sign(crypto::kNewViewDomain, digest)};
}

// Prepared for `kBatch` at 1, and waiting for its primary.
struct Waiting : Single {
  explicit Waiting(std::uint32_t self) : Single(self) {
    accept(0, 1, "batch");
    step(keys().vote(self == 2 ? 3 : 2, Phase::prepare, 0, 1, kBatch));
    operator*().pending_work({.waiting = true});
  }
};

}  // namespace

TEST_CASE("4.4: if the timer of a backup expires it multicasts VIEW-CHANGE with P, what it has prepared above n") {
  Waiting backup(3);
  CHECK(sent<SignedViewChange>(backup.tick(kTimeout - 1)).empty());
  const Ready ready = backup.tick(2);
  const auto changes = sent<SignedViewChange>(ready);
  REQUIRE(changes.size() == 1);
  const ViewChange& body = changes[0].body;
  CHECK(body.new_view == View{1});
  CHECK(body.stable == BlockHeight{0});
  REQUIRE(body.prepared.size() == 1);
  CHECK(body.prepared[0].pre_prepare == Vote{Epoch{}, Phase::pre_prepare, View{}, SeqNum{1}, kBatch});
  CHECK(check_certificate(body.prepared[0], backup.keys().validators(), MockVerifier{}).has_value());
  CHECK(persisted<ViewChangeRecord>(ready).size() == 1);
}

TEST_CASE("4.4: it then stops accepting messages other than CHECKPOINT, VIEW-CHANGE and NEW-VIEW") {
  Waiting backup(3);
  backup.tick(kTimeout + 1);
  REQUIRE(backup->changing_view());
  CHECK(backup.accept(0, 2, "next").send.empty());
  CHECK(backup.step(backup.keys().vote(1, Phase::prepare, 0, 1, kBatch)).send.empty());
  for (const std::uint32_t replica : {0U, 1U, 2U})
    CHECK(sent<SignedVote>(backup.step(backup.keys().vote(replica, Phase::commit, 0, 1, kBatch))).empty());
  backup.executed(1, kNext);
  CHECK(backup.step_all({backup.keys().checkpoint(0, 1, kNext), backup.keys().checkpoint(1, 1, kNext)})
            .finalised.size() == 1);
}

TEST_CASE("4.4: C proves the last stable checkpoint, and P holds nothing at or below it") {
  Waiting backup(3);
  backup.step_all(
      {backup.keys().vote(1, Phase::commit, 0, 1, kBatch), backup.keys().vote(2, Phase::commit, 0, 1, kBatch)});
  backup.executed(1, kNext);
  backup.step_all({backup.keys().checkpoint(0, 1, kNext), backup.keys().checkpoint(1, 1, kNext)});
  REQUIRE(backup->stable() == BlockHeight{1});
  const auto changes = sent<SignedViewChange>(backup.tick(2 * kTimeout));
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].body.stable == BlockHeight{1});
  REQUIRE(changes[0].body.stable_certificate);
  CHECK(changes[0].body.stable_certificate->vote.header == kNext);
  CHECK(changes[0].body.prepared.empty());
}

TEST_CASE(
    "4.4: with 2f VIEW-CHANGEs of others the primary of v+1 multicasts NEW-VIEW, and O redoes what was prepared") {
  Waiting primary(1);
  const auto& keys = primary.keys();
  CHECK(sent<SignedNewView>(primary.step(change_of(keys, 2, 1))).empty());
  const Ready ready = primary.step(change_of(keys, 3, 1));
  const auto views = sent<SignedNewView>(ready);
  REQUIRE(views.size() == 1);
  CHECK(views[0].body.view == View{1});
  CHECK(views[0].body.view_changes.size() == 3);
  REQUIRE(views[0].body.pre_prepares.size() == 1);
  CHECK(views[0].body.pre_prepares[0].vote == Vote{Epoch{}, Phase::pre_prepare, View{1}, SeqNum{1}, kBatch});
  CHECK_FALSE(primary->changing_view());
  CHECK(primary->next_seq() == SeqNum{2});
}

TEST_CASE("4.4: O runs from min-s, the last stable checkpoint in V, to max-s, and has the null request in between") {
  const Keyring keys(make_validators(4));
  ViewChange ahead{Epoch{}, View{1}, BlockHeight{4}, keys.checkpoint_certificate({0, 1, 2}, 4, kNext), {}};
  ahead.prepared.push_back(keys.prepared_certificate({1, 2}, 0, 7, kBatch));
  ViewChange behind{Epoch{}, View{1}, {}, std::nullopt, {keys.prepared_certificate({1, 2}, 0, 3, kNext)}};
  const auto content =
      compute_new_view(std::vector{change_of(keys, 1, ahead), change_of(keys, 2, behind), change_of(keys, 3, 1)});
  CHECK(content.stable == BlockHeight{4});
  CHECK(content.proposals ==
        std::vector<ReProposal>{{SeqNum{5}, kNullBatch}, {SeqNum{6}, kNullBatch}, {SeqNum{7}, kBatch}});
}

TEST_CASE("4.4: a backup that finds V valid and O correct multicasts PREPARE for each message of O, and enters v+1") {
  Single backup(0);
  const auto& keys = backup.keys();
  const ViewChange prepared{Epoch{}, View{1}, {}, std::nullopt, {keys.prepared_certificate({1, 2}, 0, 2, kBatch)}};
  const std::vector v{change_of(keys, 1, prepared), change_of(keys, 2, 1), change_of(keys, 3, 1)};
  for (const auto& change : v) backup.step(change);
  const Ready ready = backup.step(new_view_of(keys, 1, v));
  CHECK(backup->view() == View{1});
  CHECK_FALSE(backup->changing_view());
  // The null request can be prepared at once; the batch is not held here and is asked for by its digest.
  const auto prepares = sent_votes(ready, Phase::prepare);
  REQUIRE(prepares.size() == 1);
  CHECK(prepares[0].vote == Vote{Epoch{}, Phase::prepare, View{1}, SeqNum{1}, kNullBatch});
  const Ready with_body = backup.step(keys.proposal_of(1, 1, 2, "batch"));
  const auto second = sent_votes(with_body, Phase::prepare);
  REQUIRE(second.size() == 1);
  CHECK(second[0].vote == Vote{Epoch{}, Phase::prepare, View{1}, SeqNum{2}, kBatch});
}

TEST_CASE("4.5.2: a view change is waited for with q messages of it, then the time-out doubles") {
  Waiting backup(3);
  const auto& keys = backup.keys();
  backup.tick(kTimeout + 1);
  REQUIRE(backup->view() == View{1});
  // Alone it waits for ever: only others can make the view.
  backup.tick(20 * kTimeout);
  CHECK(backup->view() == View{1});
  backup.step_all({change_of(keys, 0, 1), change_of(keys, 2, 1)});
  CHECK(backup->view_timeout_ticks() == 2 * kTimeout);
  backup.tick(2 * kTimeout - 1);
  CHECK(backup->view() == View{1});
  backup.tick(2);
  CHECK(backup->view() == View{2});
}

TEST_CASE("4.5.2: VIEW-CHANGEs of f+1 others are joined at the smallest view, though no timer has expired") {
  Single backup(3);
  const auto& keys = backup.keys();
  CHECK(sent<SignedViewChange>(backup.step(change_of(keys, 1, 5))).empty());
  const auto joined = sent<SignedViewChange>(backup.step(change_of(keys, 2, 3)));
  REQUIRE(joined.size() == 1);
  CHECK(joined[0].body.new_view == View{3});
}

TEST_CASE("4.5.2: f faulty replicas cannot force view changes") {
  Single backup(3);
  const auto& keys = backup.keys();
  for (std::uint64_t view = 1; view < 50; ++view) backup.step(change_of(keys, 2, view));
  backup.tick(10 * kTimeout);
  CHECK(backup->view() == View{0});
  CHECK_FALSE(backup->changing_view());
}

}  // namespace tally::consensus::test
