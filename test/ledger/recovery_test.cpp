// After a halt the members end the epoch at its last certified block: documents, undoing, and what auditors and
// latecomers make of it (consensus rule 6).
#include <catch2/catch.hpp>

#include "chain_fixture.h"
#include "ledger/audit.h"
#include "ledger/rebuild.h"

namespace tally::ledger {

using namespace tally::test;
using consensus::EpochRecovery;

namespace {

consensus::SignedCheckpoint checkpoint_of(const ChainId& chain, Epoch epoch, std::uint64_t height,
                                          std::uint32_t replica, Byte header) {
  const auto signer = crypto::make_signer(key_of("validator " + std::to_string(replica)), chain);
  const consensus::CheckpointVote vote{epoch, BlockHeight{height}, Digest{{header}}};
  return {vote, ReplicaIndex{replica}, consensus::sign_checkpoint(vote, *signer)};
}

void sign(EpochRecovery& recovery, const ChainId& chain, std::uint32_t replica) {
  const auto signer = crypto::make_signer(key_of("validator " + std::to_string(replica)), chain);
  add_signature(recovery, ReplicaIndex{replica}, sign_recovery(recovery.statement, *signer));
}

// That the epoch ended after the block at `height`: two replicas computed one header of the next, two another.
EpochRecovery recovery_at(const Chain& chain, Epoch epoch, std::uint64_t height, std::uint32_t signers = 3) {
  EpochRecovery out;
  out.statement = {epoch, BlockHeight{height}, digest_of(*chain.header(BlockHeight{height}).value())};
  out.certificate = chain.certificate(BlockHeight{height}).value();
  for (std::uint32_t replica = 0; replica < 4; ++replica)
    out.halt.push_back(checkpoint_of(chain.id(), epoch, height + 1, replica, static_cast<Byte>(1 + replica / 2)));
  for (std::uint32_t replica = 0; replica < signers; ++replica) sign(out, chain.id(), replica);
  return out;
}

// Blocks 1 and 2 are final; block 3 was executed, and the network halted.
struct Halted {
  std::shared_ptr<storage::Store> store = std::shared_ptr<storage::Store>(storage::make_memory_store());
  ToyChain chain{toy_genesis(), store};
  TransactionMaker maker{chain->id()};
  std::unique_ptr<crypto::Verifier> verifier = crypto::make_verifier(chain->id());
  EpochRecovery recovery;

  Halted() {
    chain.apply(batch_of({maker.make({toy_add(1, 1)})}));
    chain.apply(batch_of({maker.make({toy_add(1, 10)})}));
    chain.certify_head();
    recovery = recovery_at(*chain, Epoch{0}, 2);
    chain.apply(batch_of({maker.make({toy_add(1, 1000)})}));
  }
  std::shared_ptr<storage::Store> rebuilt() {
    auto out = std::shared_ptr<storage::Store>(storage::make_memory_store());
    ToyExecutor executor;
    const Status done = rebuild_until(*store, *out, toy_genesis(), executor, *verifier, recovery);
    if (!done) FAIL(done.error().text());
    return out;
  }
};

const ToyCounter kBefore{111, 3, {}};

AuditVerdict audit(const std::vector<CertifiedBlock>& blocks) {
  ToyExecutor executor;
  Auditor auditor(toy_genesis(), executor);
  for (const auto& block : blocks)
    if (!auditor.feed(block)) break;
  return auditor.finish();
}

}  // namespace

TEST_CASE("A recovery begins the next epoch after its block, with the same members, and survives a restart") {
  Halted halted;
  const auto store = halted.rebuilt();
  for (int restarts = 0; restarts < 2; ++restarts) {
    ToyChain chain(toy_genesis(), store);
    CHECK(chain->head().header.height == BlockHeight{2});
    CHECK(chain->final_height() == BlockHeight{2});
    CHECK(chain.total(1) == kBefore.total);
    CHECK(chain->validators() == consensus::ValidatorSet{Epoch{1}, BlockHeight{2}, toy_genesis().validators});
    CHECK(chain->ending() == validator_set(toy_genesis()));
    CHECK(chain->recovery_of(Epoch{1}).value() == halted.recovery);
    CHECK_FALSE(chain->recovery_of(Epoch{2}).value());
    CHECK(chain->begin_epoch(halted.recovery).has_value());
  }
  ToyChain chain(toy_genesis(), store);
  const auto third = chain.apply(batch_of({halted.maker.make({toy_add(1, 5)})}));
  CHECK(third.header.epoch == Epoch{1});
  chain.certify_head();
  CHECK(chain.total(1) == kBefore.total + 5);
  CHECK(block_at(chain, 3).recoveries == std::vector{halted.recovery});
  CHECK(block_at(chain, 2).recoveries.empty());
  ToyChain again(toy_genesis(), store);
  CHECK_FALSE(again->ending());
  CHECK(again->validators().epoch == Epoch{1});
}

TEST_CASE("A chain refuses a recovery that it cannot follow, and nothing changes") {
  Halted halted;
  const auto refused = [](ToyChain& chain, const EpochRecovery& recovery, ErrorCode code, const std::string& text) {
    const Status begun = chain->begin_epoch(recovery);
    REQUIRE_FALSE(begun);
    CHECK(begun.error().code == code);
    CHECK_THAT(begun.error().text(), Catch::Contains(text));
    CHECK(chain->validators().epoch == Epoch{0});
    CHECK_FALSE(chain->recovery_of(Epoch{1}).value());
  };
  refused(halted.chain, halted.recovery, ErrorCode::broken_chain, "has executed block 3");
  ToyChain early(toy_genesis());
  refused(early, halted.recovery, ErrorCode::broken_chain, "the blocks up to there first");
  ToyChain chain(toy_genesis());
  for (std::uint64_t height = 1; height <= 2; ++height)
    REQUIRE(chain->apply_certified(block_at(halted.chain, height)).has_value());
  SECTION("signatures of fewer than q members") {
    halted.recovery.signatures.pop_back();
    refused(chain, halted.recovery, ErrorCode::bad_certificate, "signatures: has 2 of 4 members; expected at least 3");
  }
  SECTION("another header") {
    halted.recovery.statement.header.bytes[0] ^= 1;
    refused(chain, halted.recovery, ErrorCode::broken_chain, "statement.header");
  }
  SECTION("no halt") {
    halted.recovery.halt.pop_back();
    refused(chain, halted.recovery, ErrorCode::invalid_field, "shows no halt: 3 of 4 replicas may still agree");
  }
}

TEST_CASE("Undoing refuses what it cannot make again") {
  Halted halted;
  ToyExecutor executor;
  SECTION("blocks that are not held") {
    halted.recovery.statement.height = BlockHeight{7};
    const auto to = storage::make_memory_store();
    const Status done = rebuild_until(*halted.store, *to, toy_genesis(), executor, *halted.verifier, halted.recovery);
    REQUIRE_FALSE(done);
    CHECK_THAT(done.error().text(), Catch::Contains("holds the blocks below 4 only"));
  }
  SECTION("a stored block whose batch says something else") {
    storage::WriteBatch damage;
    const Batch other = batch_of({halted.maker.make({toy_add(2, 7)})});
    auto header = *halted.chain->header(BlockHeight{2}).value();
    header.batch = consensus::batch_digest(encode(other));
    put_block(damage, header, encode(other), {});
    REQUIRE(halted.store->write(damage, storage::Sync::no).has_value());
    const auto to = storage::make_memory_store();
    const Status done = rebuild_until(*halted.store, *to, toy_genesis(), executor, *halted.verifier, halted.recovery);
    REQUIRE_FALSE(done);
    CHECK_THAT(done.error().text(), Catch::Contains("block 2"));
  }
}

TEST_CASE("Latecomers and auditors follow a recovery by its document, and by nothing else") {
  Halted halted;
  ToyChain chain(toy_genesis(), halted.rebuilt());
  chain.apply(batch_of({halted.maker.make({toy_add(1, 5)})}));
  chain.certify_head();
  std::vector<CertifiedBlock> blocks;
  for (std::uint64_t height = 1; height <= 3; ++height) blocks.push_back(block_at(chain, height));

  SECTION("as it is") {
    ToyChain late(toy_genesis());
    for (const auto& block : blocks) REQUIRE(late->apply_certified(block).has_value());
    CHECK(late->validators().epoch == Epoch{1});
    CHECK(late->head().digest == chain->head().digest);
    const auto verdict = audit(blocks);
    INFO((verdict.failure ? verdict.failure->what : ""));
    CHECK(verdict.passed);
    CHECK(verdict.epochs.size() == 2);
  }
  SECTION("the certificate of the last block may stand in the document alone") {
    blocks[1].certificate.reset();
    CHECK(audit(blocks).passed);
  }
  SECTION("without it") {
    blocks[2].recoveries.clear();
    const auto verdict = audit(blocks);
    REQUIRE(verdict.failure);
    CHECK(verdict.failure->height == BlockHeight{3});
    ToyChain late(toy_genesis());
    REQUIRE(late->apply_certified(blocks[0]).has_value());
    REQUIRE(late->apply_certified(blocks[1]).has_value());
    CHECK_FALSE(late->apply_certified(blocks[2]));
  }
  SECTION("with a signature that is not the member's") {
    blocks[2].recoveries[0].signatures[1].signature.bytes[5] ^= 1;
    const auto verdict = audit(blocks);
    REQUIRE(verdict.failure);
    CHECK(verdict.failure->height == BlockHeight{3});
    CHECK_THAT(verdict.failure->what, Catch::Contains("recoveries.signatures[1]"));
  }
  SECTION("at another block") {
    blocks[1].recoveries = std::exchange(blocks[2].recoveries, {});
    const auto verdict = audit(blocks);
    REQUIRE(verdict.failure);
    CHECK(verdict.verified_until < BlockHeight{3});
  }
}

TEST_CASE("An epoch that halts before its first block is recovered as well, also at the genesis") {
  auto store = std::shared_ptr<storage::Store>(storage::make_memory_store());
  std::vector<EpochRecovery> recoveries;
  {
    ToyChain chain(toy_genesis(), store);
    recoveries.push_back(recovery_at(*chain, Epoch{0}, 0));
    REQUIRE(chain->begin_epoch(recoveries[0]).has_value());
    recoveries.push_back(recovery_at(*chain, Epoch{1}, 0));
    REQUIRE(chain->begin_epoch(recoveries[1]).has_value());
  }
  ToyChain chain(toy_genesis(), store);
  CHECK(chain->validators() == consensus::ValidatorSet{Epoch{2}, BlockHeight{0}, toy_genesis().validators});
  chain.apply_null();
  chain.certify_head();
  const auto block = block_at(chain, 1);
  CHECK(block.recoveries == recoveries);
  const auto verdict = audit({block});
  INFO((verdict.failure ? verdict.failure->what : ""));
  CHECK(verdict.passed);
  ToyChain late(toy_genesis());
  CHECK(late->apply_certified(block).has_value());
  CHECK(late->validators().epoch == Epoch{2});
}

}  // namespace tally::ledger
