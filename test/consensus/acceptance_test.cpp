// Which messages are accepted: rules 3, 4 and 11 as tables; scenarios 25, 26 and 28.
#include <catch2/catch.hpp>
#include <functional>

#include "consensus/single.h"

namespace tally::consensus::test {

namespace {

using Counter = std::uint64_t Replica::Counters::*;
const Digest kBatch = digest_of_text("batch");

}  // namespace

TEST_CASE("Rule 3: which PRE-PREPARE a backup accepts") {
  struct Row {
    const char* what;
    std::function<Proposal(const Keyring&)> proposal;
    Counter dropped;  // nullptr: accepted
  };
  // Replica 1, view 0, window (0, 8]; (0, 1) has accepted "first" already.
  const Row rows[] = {
      {"the next number", [](const Keyring& k) { return k.proposal(0, 2, "batch"); }, nullptr},
      {"a later number inside the window", [](const Keyring& k) { return k.proposal(0, 5, "batch"); }, nullptr},
      {"28: n = h + L", [](const Keyring& k) { return k.proposal(0, 8, "batch"); }, nullptr},
      {"28: n = h + L + 1", [](const Keyring& k) { return k.proposal(0, 9, "batch"); },
       &Replica::Counters::dropped_out_of_window},
      {"28: n far beyond", [](const Keyring& k) { return k.proposal(0, ~0ULL, "batch"); },
       &Replica::Counters::dropped_out_of_window},
      {"n = h", [](const Keyring& k) { return k.proposal(0, 0, "batch"); }, &Replica::Counters::dropped_out_of_window},
      {"the same again", [](const Keyring& k) { return k.proposal(0, 1, "first"); },
       &Replica::Counters::dropped_duplicate},
      {"another digest for (v, n)", [](const Keyring& k) { return k.proposal(0, 1, "other"); },
       &Replica::Counters::dropped_conflict},
      {"not the primary", [](const Keyring& k) { return k.proposal_of(2, 0, 2, "batch"); },
       &Replica::Counters::dropped_not_primary},
      {"the next view", [](const Keyring& k) { return k.proposal(2, 2, "batch"); },
       &Replica::Counters::dropped_wrong_view},
      {"the last view there is", [](const Keyring& k) { return k.proposal(~0ULL, 2, "batch"); },
       &Replica::Counters::dropped_wrong_view},
  };
  for (const Row& row : rows) {
    Single single(1);
    REQUIRE(sent_votes(single.accept(0, 1, "first"), Phase::prepare).size() == 1);
    const Proposal proposal = row.proposal(single.keys());
    const Ready ready = single.step(proposal);
    INFO(row.what);
    if (row.dropped == nullptr) {
      REQUIRE(ready.check.size() == 1);
      CHECK(ready.check[0].seq == proposal.pre_prepare.vote.seq);
      CHECK(ready.check[0].proposer == ReplicaIndex{0});
      CHECK(ready.check[0].body->bytes == proposal.batch);
      CHECK(ready.send.empty());  // the body comes first
    } else {
      CHECK(ready.check.empty());
      CHECK(ready.send.empty());
      CHECK((*single).counters().*row.dropped == 1);
    }
  }
}

TEST_CASE("A PREPARE follows the verdict on the body, once") {
  Single single(2);
  single.step(single.keys().proposal(0, 1, "batch"));
  single->batch_checked(digest_of_text("unknown"), true);
  CHECK(single->take_ready().empty());
  single->batch_checked(kBatch, true);
  const Ready ready = single->take_ready();
  const auto prepares = sent_votes(ready, Phase::prepare);
  REQUIRE(prepares.size() == 1);
  CHECK(prepares[0].vote == Vote{Epoch{}, Phase::prepare, View{}, SeqNum{1}, kBatch});
  CHECK(persisted<BodyRecord>(ready).size() == 1);
  CHECK(persisted<AcceptedRecord>(ready).size() == 1);
  CHECK(persisted<VoteRecord>(ready).size() == 1);
  single->batch_checked(kBatch, true);
  single->batch_checked(kBatch, false);
  CHECK(single->take_ready().empty());
}

TEST_CASE("A refused body is never voted for, but does not stop what a quorum committed") {
  Single single(2);
  const auto& keys = single.keys();
  single.step(keys.proposal(0, 1, "batch"));
  single->batch_checked(kBatch, false);
  single->batch_checked(kBatch, true);
  CHECK(single->take_ready().empty());
  CHECK(single->counters().dropped_bad_body == 1);
  Ready ready =
      single.step_all({keys.vote(1, Phase::prepare, 0, 1, kBatch), keys.vote(3, Phase::prepare, 0, 1, kBatch)});
  CHECK(ready.persist.empty());
  CHECK(ready.send.empty());
  ready = single.step_all({keys.vote(0, Phase::commit, 0, 1, kBatch), keys.vote(1, Phase::commit, 0, 1, kBatch),
                           keys.vote(3, Phase::commit, 0, 1, kBatch)});
  CHECK(ready.send.empty());
  CHECK(ready.execute.size() == 1);
}

TEST_CASE("Rule 11: which votes are kept") {
  struct Row {
    const char* what;
    std::function<SignedVote(const Keyring&)> vote;
    Counter dropped;  // nullptr: kept
  };
  const auto prepare = [](std::uint32_t from, std::uint64_t view, std::uint64_t seq, const Digest& digest = kBatch) {
    return [=](const Keyring& k) { return k.vote(from, Phase::prepare, view, seq, digest); };
  };
  const auto commit = [](std::uint32_t from, std::uint64_t view, std::uint64_t seq, const Digest& digest = kBatch) {
    return [=](const Keyring& k) { return k.vote(from, Phase::commit, view, seq, digest); };
  };
  // Replica 1, view 0, window (0, 8]; holds PREPARE(0, 1) of replica 2.
  const Row rows[] = {
      {"before its PRE-PREPARE", prepare(3, 0, 1), nullptr},
      {"commit before PREPARE", commit(3, 0, 1), nullptr},
      {"the primary's COMMIT", commit(0, 0, 1), nullptr},
      {"the next view", prepare(3, 1, 1), nullptr},
      {"the view after the next", prepare(3, 2, 1), &Replica::Counters::dropped_wrong_view},
      {"the last view there is", prepare(3, ~0ULL, 1), &Replica::Counters::dropped_wrong_view},
      {"n = h + L", prepare(3, 0, 8), nullptr},
      {"n = h + L + 1", prepare(3, 0, 9), &Replica::Counters::dropped_out_of_window},
      {"n = 0", commit(3, 0, 0), &Replica::Counters::dropped_out_of_window},
      {"n far beyond", commit(3, 0, ~0ULL), &Replica::Counters::dropped_out_of_window},
      {"the same again", prepare(2, 0, 1), &Replica::Counters::dropped_duplicate},
      {"another digest in the same place", prepare(2, 0, 1, digest_of_text("other")),
       &Replica::Counters::dropped_conflict},
      {"rule 4: the primary's PREPARE", prepare(0, 0, 1), &Replica::Counters::dropped_primary_prepare},
      {"our own, come back", commit(1, 0, 1), &Replica::Counters::dropped_own},
  };
  for (const Row& row : rows) {
    Single single(1);
    single.step(single.keys().vote(2, Phase::prepare, 0, 1, kBatch));
    const std::size_t before = single->footprint().votes;
    INFO(row.what);
    single.step(row.vote(single.keys()));
    if (row.dropped == nullptr) {
      CHECK(single->footprint().votes == before + 1);
    } else {
      CHECK(single->footprint().votes == before);
      CHECK((*single).counters().*row.dropped == 1);
    }
  }
}

TEST_CASE("26: old values and the null batch move nothing") {
  Single single(1);
  const auto& keys = single.keys();
  // The null batch is ordered by a new view only.
  CHECK(single.step(keys.vote(0, Phase::pre_prepare, 0, 1, kNullBatch)).empty());
  CHECK(single->counters().dropped_bad_body == 1);
  // After height 1 is stable, whatever concerned it is old.
  single.accept(0, 1, "batch");
  single.step(keys.commit_certificate({0, 2, 3}, 0, 1, kBatch));
  single.executed(1, kGenesis);
  const Ready ready = single.step(keys.checkpoint_certificate({0, 2, 3}, 1, kGenesis));
  REQUIRE(ready.finalised.size() == 1);
  CHECK(single->stable() == BlockHeight{1});
  const auto before = single->footprint();
  CHECK(single.step(keys.proposal(0, 1, "batch")).empty());
  CHECK(single.step(keys.vote(2, Phase::prepare, 0, 1, kBatch)).empty());
  CHECK(single.step(keys.commit_certificate({0, 2, 3}, 0, 1, kBatch)).empty());
  CHECK(single.step(keys.checkpoint(2, 1, kGenesis)).empty());
  CHECK(single.step(keys.checkpoint_certificate({0, 2, 3}, 1, kGenesis)).empty());
  CHECK(single->counters().dropped_out_of_window == 5);
  CHECK(single->footprint() == before);
}

TEST_CASE("28: the window moves with the stable checkpoint, and only then") {
  Single single(0);
  const auto& keys = single.keys();
  for (int i = 1; i <= 8; ++i) {
    REQUIRE(single->can_propose());
    single.propose("batch " + std::to_string(i));
  }
  CHECK_FALSE(single->can_propose());
  CHECK(single->next_seq() == SeqNum{9});
  for (std::uint64_t seq = 1; seq <= 2; ++seq) {
    const Digest digest = digest_of_text("batch " + std::to_string(seq));
    single.step_all(
        {keys.proposal(0, seq, "batch " + std::to_string(seq)), keys.commit_certificate({1, 2, 3}, 0, seq, digest)});
    single.executed(seq, digest);
  }
  CHECK_FALSE(single->can_propose());
  single.step_all({keys.checkpoint(1, 2, digest_of_text("batch 2")), keys.checkpoint(2, 2, digest_of_text("batch 2"))});
  CHECK(single->stable() == BlockHeight{2});
  CHECK(single->can_propose());
}

TEST_CASE("25: a flood of well-signed messages does not grow memory") {
  Single single(1, 4, 8);
  const auto& keys = single.keys();
  std::size_t drops = 0;
  Replica::Footprint most;
  for (std::uint64_t round = 0; round < 400; ++round) {
    for (std::uint64_t seq = 0; seq < 40; ++seq) {
      const Digest digest = digest_of_text(std::to_string(round % 7) + "/" + std::to_string(seq));
      const std::uint64_t view = round % 5;
      const std::uint32_t liar = 2 + static_cast<std::uint32_t>(seq % 2);
      single.step(keys.vote(liar, Phase::prepare, view, seq, digest));
      single.step(keys.vote(liar, Phase::commit, view, seq, digest));
      single.step(keys.vote(keys.validators().primary(View{view}).value, Phase::pre_prepare, view, seq, digest));
      single.step(keys.checkpoint(liar, seq * 1000003, digest));
      single.step(keys.checkpoint(liar, seq, digest));
      single.step(keys.proposal(view, seq, std::to_string(round) + std::string(1000, 'x')));
      StatusReport report{Epoch{}, View{view}, ReplicaIndex{liar}, {}, BlockHeight{seq}, {}, {}};
      drops += single.step(report).send.size();
    }
    const auto now = single->footprint();
    if (round == 10) most = now;
    if (round > 10) REQUIRE(now == most);
  }
  CHECK(most.slots == 8);
  CHECK(most.votes <= 8 * 4 * 4);
  CHECK(most.bodies <= 8);
  CHECK(most.body_bytes < 16 * 1024);
  CHECK(most.checkpoint_votes <= (8 + 1) * 4);
  CHECK(drops < 200);
}

}  // namespace tally::consensus::test
