// A block that changes the membership ends its epoch (consensus rule 12), and the protocol version changes at the
// height that was voted for.
#include <catch2/catch.hpp>

#include "chain_fixture.h"
#include "ledger/audit.h"
#include "ledger/governed.h"

namespace tally::ledger {

using namespace tally::test;

namespace {

// Validators 0 to 3 and a fifth office.
std::vector<consensus::Validator> five() {
  auto members = toy_genesis().validators;
  members.push_back({"validator 4", key_of("validator 4").public_key()});
  return members;
}

// Block 2 appoints a fifth member; blocks 3 and 4 are of epoch 1.
struct Grown {
  std::shared_ptr<storage::Store> store = std::shared_ptr<storage::Store>(storage::make_memory_store());
  ToyChain chain{toy_genesis(), store};
  TransactionMaker maker{chain->id()};

  Grown() {
    chain.apply(batch_of({maker.make({toy_add(1, 1)})}));
    chain.apply(batch_of({maker.make({toy_set_members(five())})}));
  }
  void go_on() {
    chain.apply(batch_of({maker.make({toy_add(1, 1)})}));
    chain.apply(batch_of({maker.make({toy_add(2, 1)})}));
    REQUIRE(chain->record_certificate(of_new_set(4)));
  }
  [[nodiscard]] consensus::CheckpointCertificate of_new_set(std::uint64_t height) {
    return certify_by(*chain->header(BlockHeight{height}).value(), chain->id(),
                      {{0, "validator 0"}, {1, "validator 1"}, {2, "validator 2"}, {4, "validator 4"}});
  }
  std::vector<CertifiedBlock> blocks() {
    std::vector<CertifiedBlock> out;
    for (std::uint64_t height = 1; height <= 4; ++height) out.push_back(block_at(chain, height));
    return out;
  }
};

AuditVerdict audit(const std::vector<CertifiedBlock>& blocks) {
  ToyExecutor executor;
  Auditor auditor(toy_genesis(), executor);
  for (const auto& block : blocks)
    if (!auditor.feed(block)) break;
  return auditor.finish();
}

}  // namespace

TEST_CASE("The block that changes the members ends the epoch, and its header names the next set") {
  Grown grown;
  const auto first = *grown.chain->header(BlockHeight{1}).value();
  const auto second = *grown.chain->header(BlockHeight{2}).value();
  CHECK(first.next_validators == digest_of(validator_set(toy_genesis())));
  const consensus::ValidatorSet next{Epoch{1}, BlockHeight{2}, five()};
  CHECK(second.epoch == Epoch{0});
  CHECK(second.next_validators == digest_of(next));
  CHECK(grown.chain->validators() == next);
  CHECK(grown.chain->ending() == validator_set(toy_genesis()));
  CHECK(grown.chain->validators_of(Epoch{0}).value() == validator_set(toy_genesis()));
  CHECK(grown.chain->validators_of(Epoch{1}).value() == next);
  CHECK_FALSE(grown.chain->validators_of(Epoch{2}).value());

  // The same after a restart, on either side of the first block of the new epoch.
  CHECK(ToyChain(toy_genesis(), grown.store)->ending() == validator_set(toy_genesis()));
  grown.chain.certify_head();
  grown.go_on();
  CHECK(grown.chain->header(BlockHeight{3}).value()->epoch == Epoch{1});
  ToyChain again(toy_genesis(), grown.store);
  CHECK_FALSE(again->ending());
  CHECK(again->validators() == next);
}

TEST_CASE("A change of members that is rolled back, or that changes nothing, ends no epoch") {
  Grown grown;
  const auto undone =
      grown.chain.apply(batch_of({grown.maker.make({toy_set_members(toy_genesis().validators), toy_fail()})}));
  CHECK_FALSE(undone.next_epoch);
  const auto same = grown.chain.apply(batch_of({grown.maker.make({toy_set_members(five())})}));
  CHECK_FALSE(same.next_epoch);
  CHECK(grown.chain->validators().epoch == Epoch{1});
}

TEST_CASE("An audit checks each block with the validators of its own epoch") {
  Grown grown;
  grown.chain.certify_head();
  grown.go_on();
  CHECK(audit(grown.blocks()).passed);

  SECTION("certificates of the old set are worth nothing in the new epoch") {
    auto blocks = grown.blocks();
    blocks[3].certificate = certify(blocks[3].header, grown.chain->id());
    const auto verdict = audit(blocks);
    REQUIRE(verdict.failure);
    CHECK(verdict.failure->height == BlockHeight{4});
    CHECK(verdict.failure->code == ErrorCode::bad_certificate);
  }
  SECTION("a set does not vouch for the block that appointed it") {
    auto blocks = grown.blocks();
    blocks[1].certificate.reset();
    const auto verdict = audit(blocks);
    REQUIRE(verdict.failure);
    CHECK(verdict.failure->height == BlockHeight{3});
    CHECK(verdict.failure->what == "certificate");
    CHECK_THAT(verdict.failure->found, Catch::Contains("block 2, the last of its epoch"));
    CHECK(verdict.verified_until == BlockHeight{0});
  }
  SECTION("an epoch that was never begun") {
    auto blocks = grown.blocks();
    blocks[0].header.epoch = Epoch{7};
    const auto verdict = audit(blocks);
    REQUIRE(verdict.failure);
    CHECK_THAT(verdict.failure->what, Catch::Contains("epoch"));
  }
}

TEST_CASE("Members, protocol and named nodes are read back from one moment of the store") {
  Grown grown;
  CHECK(read_members(*grown.store).value().list == five());
  CHECK(read_protocol(*grown.store).value() == ProtocolPlan{1, std::nullopt});
  CHECK(read_nodes(*grown.store).value().list.empty());
  const auto empty = storage::make_memory_store();
  const auto missing = read_nodes(*empty);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::storage_failed);
  CHECK_THAT(missing.error().text(), Catch::Contains("sys/nodes: is missing"));
}

TEST_CASE("A protocol version begins at its height, and software that does not know it stops before") {
  ChainOptions newer;
  newer.protocol_max = 2;
  const auto store = std::shared_ptr<storage::Store>(storage::make_memory_store());
  CertifiedBlock fourth;
  {
    ToyChain chain(toy_genesis(), store, newer);
    TransactionMaker maker{chain->id()};
    chain.apply(batch_of({maker.make({toy_set_protocol(2, BlockHeight{4})})}));
    chain.apply_null();
    chain.apply_null();
    CHECK(decode<ProtocolPlan>(*store->get(storage::Column::state, as_bytes(kProtocolKey)).value()).value().version ==
          1);
  }
  {
    ToyChain older(toy_genesis(), store);
    const auto refused = older->apply(SeqNum{4}, nullptr, {}, consensus::kNullBatch);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::protocol_unsupported);
    CHECK_THAT(refused.error().text(), Catch::Contains("version 2 begins at block 4") && Catch::Contains("up to 1"));
    CHECK(older->head().header.height == BlockHeight{3});
  }
  ToyChain chain(toy_genesis(), store, newer);
  chain.apply_null();
  CHECK(decode<ProtocolPlan>(*store->get(storage::Column::state, as_bytes(kProtocolKey)).value()).value() ==
        ProtocolPlan{2, std::nullopt});
  CHECK(chain.executor().last_protocol == 1);
  TransactionMaker maker{chain->id()};
  maker.next_client_id = 9;
  chain.apply(batch_of({maker.make({toy_add(1, 1)})}));
  CHECK(chain.executor().last_protocol == 2);
}

}  // namespace tally::ledger
