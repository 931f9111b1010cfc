// The checkers of what offices come to: each is shown a short history that keeps its rule, and ones that break it.
#include <catch2/catch.hpp>

#include "sim/checkers/accusations.h"
#include "sim/checkers/agreement.h"
#include "sim/checkers/bounds.h"
#include "sim/checkers/locks.h"
#include "sim/checkers/stops.h"
#include "sim/checkers/transactions.h"
#include "sim/still_office.h"

namespace tally::sim {

using namespace consensus;
using consensus::test::digest_of_text;

namespace {

const Digest kDigest = digest_of_text("batch");
const Digest kOther = digest_of_text("other");

void check_one(const Breaches& breaches, const std::string& text) {
  REQUIRE(breaches.list().size() == 1);
  CHECK_THAT(breaches.list()[0], Catch::Contains(text));
}

}  // namespace

TEST_CASE("Checker of agreement: one block at each height, in whatever order offices come to it") {
  StillOffice it;
  it.holds({batch_of(1), batch_of(2)});
  it.start();
  StillOffice other(2);
  Breaches breaches;
  Agreement agreement(breaches);
  agreement.on_block(it.office, it.blocks[0]);
  agreement.on_block(it.office, it.blocks[1]);
  agreement.on_block(other.office, it.blocks[0]);
  CHECK(breaches.none());
  Block block = it.blocks[1];
  SECTION("another header") {
    block.header = kOther;
    agreement.on_block(other.office, block);
    check_one(breaches, "agreement: office 2 has another block at height 2");
  }
  SECTION("a gap") {
    block.height = BlockHeight{4};
    agreement.on_block(other.office, block);
    check_one(breaches, "office 2 has block 4 before anyone had the one below");
  }
}

TEST_CASE("Checker of agreement: certificates are for executed blocks and verify in their epoch") {
  StillOffice it;
  it.holds({batch_of(1), batch_of(2, 0, {0, 1, 2}), batch_of(3)});
  it.start();
  Breaches breaches;
  Agreement agreement(breaches);
  for (const auto& block : it.blocks) agreement.on_block(it.office, block);
  const auto final = [&](const CheckpointCertificate& certificate) {
    agreement.on_final(it.office, certificate, it.world.verifier());
  };
  SECTION("good") {
    final(it.certificate(1));
    final(it.certificate(2));
    CHECK(breaches.list() == std::vector<std::string>{});
  }
  SECTION("executed by nobody") {
    final(it.keys.checkpoint_certificate({0, 1, 2}, 4, kOther));
    check_one(breaches, "holds block 4 for final, which nobody executed");
  }
  SECTION("another header") {
    final(it.keys.checkpoint_certificate({0, 1, 2}, 1, kOther));
    check_one(breaches, "holds another header of block 1 for final");
  }
  SECTION("too few") {
    final(it.keys.checkpoint_certificate({0, 1}, 1, it.blocks[0].header));
    check_one(breaches, "by a certificate that does not verify in its epoch");
  }
  SECTION("of the epoch before") {
    final(it.certificate(3));
    check_one(breaches, "holds block 3 for final by another epoch's certificate");
  }
}

TEST_CASE("Checker of accusations: evidence proves what it says, and of nobody honest") {
  StillOffice it;
  Breaches breaches;
  Accusations accusations(breaches);
  const auto& keys = it.keys;
  const auto accuse = [&](const Evidence& evidence, bool may_be_guilty) {
    accusations.on_evidence(it.office, evidence, may_be_guilty, it.world.genesis(), it.world.verifier());
  };
  const SignedVote first = keys.vote(3, Phase::commit, 0, 1, kDigest);
  const SignedVote second = keys.vote(3, Phase::commit, 0, 1, kOther);
  SECTION("good") {
    accuse({ReplicaIndex{3}, std::pair(first, second)}, true);
    accuse({ReplicaIndex{3}, std::pair(keys.checkpoint(3, 1, kDigest), keys.checkpoint(3, 1, kOther))}, true);
    CHECK(breaches.list() == std::vector<std::string>{});
  }
  SECTION("of an honest one") {
    accuse({ReplicaIndex{3}, std::pair(first, second)}, false);
    check_one(breaches, "office 1 accuses replica 3 of epoch 0, which is honest");
  }
  SECTION("no contradiction") {
    accuse({ReplicaIndex{3}, std::pair(first, GENERATE_COPY(first, keys.vote(3, Phase::commit, 1, 1, kOther),
                                                            keys.vote(3, Phase::prepare, 0, 1, kOther),
                                                            keys.vote(2, Phase::commit, 0, 1, kOther)))},
           true);
    check_one(breaches, "accuses replica 3 of epoch 0 with what proves nothing");
  }
  SECTION("a forged signature") {
    SignedVote forged = keys.vote(2, Phase::commit, 0, 1, kOther);
    forged.replica = ReplicaIndex{3};
    accuse({ReplicaIndex{3}, std::pair(first, forged)}, true);
    check_one(breaches, "with what proves nothing");
  }
}

TEST_CASE("Checker of bounds: what is held and decided stays within the window") {
  StillOffice it;
  it.start();
  Breaches breaches;
  Bounds bounds(breaches);
  it.office.receive(Parcel(2, Message(it.keys.vote(2, Phase::prepare, 0, 1, kDigest))));
  SECTION("good") {
    bounds.look(it.office, 1);
    bounds.on_decided(it.office, {Epoch{}, SeqNum{16}, View{}, kDigest, nullptr}, 16);
    CHECK(breaches.list() == std::vector<std::string>{});
  }
  SECTION("too much is held") {
    bounds.look(it.office, 0);
    REQUIRE(!breaches.none());
    CHECK(breaches.list()[0] == "memory: office 1 holds 1 slots, more than 0");
  }
  SECTION("decided beyond") {
    bounds.on_decided(it.office, {Epoch{}, SeqNum{17}, View{}, kDigest, nullptr}, 16);
    check_one(breaches, "window: office 1 decided 17, beyond the window above 0");
  }
}

TEST_CASE("Checker of locks: what was decided stands in every later O") {
  StillOffice it;
  it.start();
  Breaches breaches;
  Locks locks(breaches);
  const auto decided = [&](std::uint64_t view, const Digest& digest) {
    locks.on_decided(it.office, {Epoch{}, SeqNum{1}, View{view}, digest, nullptr});
  };
  const auto opens = [&](std::uint32_t replica, std::uint64_t view, const Digest& digest) {
    const NewView body{Epoch{}, View{view}, {}, {it.keys.vote(replica, Phase::pre_prepare, view, 1, digest)}};
    locks.on_new_view(it.office, {body, ReplicaIndex{replica}, {}});
  };
  SECTION("good") {
    decided(0, kDigest);
    opens(1, 1, kDigest);
    decided(1, kDigest);
    // What a liar asks for is no honest office's word.
    opens(2, 2, kOther);
    CHECK(breaches.list() == std::vector<std::string>{});
  }
  SECTION("decided twice") {
    decided(0, kDigest);
    decided(1, kOther);
    check_one(breaches, "locks: office 1 decided another batch at number 1 of epoch 0");
  }
  SECTION("left out of O") {
    decided(0, kDigest);
    opens(1, 1, kNullBatch);
    check_one(breaches, "office 1's O of view 1 has another batch at number 1 than was decided in view 0");
  }
  SECTION("the decision becomes known later") {
    opens(1, 1, kOther);
    decided(0, kDigest);
    check_one(breaches, "O of view 1 has another batch at number 1 than was decided in view 0");
  }
}

TEST_CASE("Checker of stops: an honest office stops for a bad disk alone") {
  StillOffice it;
  Breaches breaches;
  Stops stops(breaches);
  const Error error = make_error(ErrorCode::storage_failed, "votes", "cannot be read");
  SECTION("good") {
    it.office.disk.set_full(true);
    CHECK(it.office.disk.write({}, storage::Sync::yes).has_error());
    stops.on_stopped(it.office, error);
    CHECK(breaches.none());
  }
  SECTION("stopped") {
    stops.on_stopped(it.office, error);
    check_one(breaches, "stop: office 1 stopped although its disk did not fail");
  }
  SECTION("halted") {
    stops.on_halted(it.office, "no header can reach a quorum");
    check_one(breaches, "halt: office 1 halted although no more than f lie: no header");
  }
  SECTION("lost votes") {
    stops.on_votes_lost(it.office);
    check_one(breaches, "lost votes: office 1 believes that its votes were lost");
  }
}

TEST_CASE("Checker of transactions: each takes effect once, and only what clients signed") {
  StillOffice it;
  it.holds({batch_of(1), batch_of(1)});
  it.start();
  Breaches breaches;
  Transactions transactions(breaches, [&](const Transaction& transaction) { return it.world.issued(transaction); });
  Block made_up = it.blocks[0];
  SECTION("good, though it was ordered twice") {
    for (const auto& block : it.blocks) transactions.on_block(it.office, block);
    CHECK(breaches.list() == std::vector<std::string>{});
  }
  SECTION("signed by nobody") {
    made_up.body = encode(batch_of(1, StillWorld::kNobody));
    transactions.on_block(it.office, made_up);
    check_one(breaches, "block 1 has a transaction that no client signed");
  }
  SECTION("no batch") {
    made_up.body = {1, 2, 3};
    transactions.on_block(it.office, made_up);
    check_one(breaches, "block 1 has no batch");
  }
  SECTION("twice, or not at all") {
    transactions.on_block(it.office, it.blocks[0]);
    const std::int64_t moved = GENERATE(0, 10);
    transactions.on_state("office 2", BlockHeight{1}, {-moved, moved}, 1);
    check_one(breaches, "a transaction took effect twice or not at all at office 2 after block 1");
  }
  SECTION("the sum") {
    transactions.on_state("office 2", BlockHeight{1}, {-5, 6}, 1);
    check_one(breaches, "conservation: the accounts of office 2 after block 1 do not add up");
  }
}

}  // namespace tally::sim
