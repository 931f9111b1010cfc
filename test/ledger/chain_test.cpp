#include <catch2/catch.hpp>

#include "chain_fixture.h"

namespace tally::ledger {

using namespace tally::test;

TEST_CASE("A chain starts at height 0 with the genesis operations applied, and opens again") {
  const Genesis genesis = toy_genesis();
  auto store = std::shared_ptr<storage::Store>(storage::make_memory_store());
  Digest digest;
  {
    ToyChain chain(genesis, store);
    CHECK(chain->head().header.height.value == 0);
    CHECK(chain->head().header.time == kStartTime);
    CHECK(chain->head().header.parent.is_zero());
    CHECK(chain->final_view()->height.value == 0);
    CHECK(chain.total(1) == 100);
    digest = chain->head().digest;
  }
  ToyChain again(genesis, store);
  CHECK(again->head().digest == digest);
  CHECK(again->final_view() != nullptr);

  Genesis other = genesis;
  other.name = "another";
  ToyExecutor executor;
  const auto verifier = crypto::make_verifier(chain_id(other));
  const auto refused = Chain::open(*store, other, executor, *verifier);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::wrong_chain);
  CHECK_THAT(refused.error().text(), Catch::Contains(chain_id(genesis).hex()));
}

TEST_CASE("A refused genesis operation is named and leaves the store empty") {
  Genesis genesis = toy_genesis();
  genesis.operations.push_back(toy_fail());
  ToyExecutor executor;
  const auto verifier = crypto::make_verifier(chain_id(genesis));
  const auto store = storage::make_memory_store();
  const auto refused = Chain::open(*store, genesis, executor, *verifier);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text() == "genesis.operations[2]: is refused (rule_off) by rule toy: always fails");
  CHECK_FALSE(store->get(storage::Column::state, toy_counter_key(1)).value());
}

TEST_CASE("Blocks follow one another and are kept with receipts and places") {
  ToyChain chain(toy_genesis());
  TransactionMaker maker{chain->id()};
  const auto transaction = maker.make({toy_add(1, 5), toy_add(3, 7)});
  const auto first = chain.apply(batch_of({transaction}, kStartTime.plus(500)));
  CHECK(first.header.height.value == 1);
  CHECK(first.header.time == kStartTime.plus(500));
  CHECK(first.header.proposer == ReplicaIndex{0});
  CHECK(first.receipts.receipts[0].code == ErrorCode::ok);
  CHECK(chain.total(1) == 105);
  CHECK(chain.total(3) == 7);

  const auto second = chain.apply_null();
  CHECK(second.header.parent == first.digest);
  CHECK(second.header.time == first.header.time.next());
  CHECK_FALSE(second.header.proposer);
  CHECK(second.header.batch.is_zero());
  CHECK(second.header.state_root == first.header.state_root);
  // A proposed time that is not later than the parent's gives way.
  CHECK(chain.apply(batch_of({}, kStartTime)).header.time == second.header.time.next());

  CHECK(chain->header(BlockHeight{1}).value() == first.header);
  CHECK(chain->receipts(BlockHeight{1}).value() == first.receipts);
  CHECK(chain->place_of(id_of(transaction.body)).value() == TransactionPlace{BlockHeight{1}, 0});
  CHECK_FALSE(chain->header(BlockHeight{9}).value());
  CHECK_FALSE(chain->place_of({}).value());

  const auto wrong = chain->apply(SeqNum{7}, nullptr, {}, consensus::kNullBatch);
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().text() == "height: is 7; expected 4");
}

TEST_CASE("A certificate makes its block final, and only then is its state shown") {
  const Genesis genesis = toy_genesis();
  auto store = std::shared_ptr<storage::Store>(storage::make_memory_store());
  consensus::CheckpointCertificate second;
  {
    ToyChain chain(genesis, store);
    TransactionMaker maker{chain->id()};
    for (int i = 0; i < 3; ++i) chain.apply(batch_of({maker.make({toy_add(1, 1)})}));
    CHECK(chain->final_height().value == 0);
    second = certify(*chain->header(BlockHeight{2}).value(), chain->id());
    REQUIRE(chain->record_certificate(second));
    CHECK(chain->final_height().value == 2);
    const auto view = chain->final_view();
    CHECK(view->height.value == 2);
    CHECK(view->certificate == second);
    const auto shown = view->reader->get(storage::Column::state, toy_counter_key(1)).value();
    CHECK(toy_counter(shown).total == 102);
    CHECK(chain.total(1) == 103);
    CHECK(chain->certificate(BlockHeight{2}).value() == second);
    CHECK(block_at(chain, 2).certificate == second);
    CHECK_FALSE(block_at(chain, 1).certificate);
    // An older one is kept, and moves nothing back.
    REQUIRE(chain->record_certificate(certify(*chain->header(BlockHeight{1}).value(), chain->id())));
    CHECK(chain->final_height().value == 2);
    CHECK(block_at(chain, 1).certificate);

    auto foreign = second;
    foreign.vote.header.bytes[0] ^= 1;
    CHECK(chain->record_certificate(foreign).error().code == ErrorCode::broken_chain);
    foreign.vote.height = BlockHeight{9};
    CHECK(chain->record_certificate(foreign).error().code == ErrorCode::not_found);
  }
  // After a restart the head's state waits for a certificate that reaches it.
  ToyChain chain(genesis, store);
  CHECK(chain->final_height().value == 2);
  CHECK(chain->final_view() == nullptr);
  chain.certify_head();
  CHECK(chain->final_view()->height.value == 3);
  // And is final at once when that certificate is on disk.
  ToyChain again(genesis, store);
  CHECK(again->final_height().value == 3);
  CHECK(again->final_view()->height.value == 3);
}

TEST_CASE("Catch-up takes exactly the chain that others made") {
  const Genesis genesis = toy_genesis();
  ToyChain source(genesis);
  TransactionMaker maker{source->id()};
  for (int i = 0; i < 4; ++i) {
    source.apply(batch_of({maker.make({toy_add(1, i), toy_change_and_fail(2)}, Mode::independent)}));
    source.apply_null();
  }
  source.certify_head();

  ToyChain target(genesis);
  for (std::uint64_t height = 1; height <= 8; ++height) {
    const auto applied = target->apply_certified(block_at(source, height));
    if (!applied) FAIL(applied.error().text());
  }
  CHECK(target->head().digest == source->head().digest);
  CHECK(target->final_view()->height.value == 8);
  CHECK(block_at(target, 8) == block_at(source, 8));
}

TEST_CASE("Catch-up refuses a block that differs, says where, and writes nothing") {
  const Genesis genesis = toy_genesis();
  ToyChain source(genesis);
  TransactionMaker maker{source->id()};
  source.apply(batch_of({maker.make({toy_add(1, 5)})}));
  source.certify_head();
  const CertifiedBlock good = block_at(source, 1);
  ToyChain target(genesis);
  const Digest before = target->head().digest;

  const auto refused = [&](CertifiedBlock block, bool certified, ErrorCode code, const std::string& text) {
    block.certificate.reset();
    if (certified) block.certificate = certify(block.header, source->id());
    const auto applied = target->apply_certified(block);
    REQUIRE_FALSE(applied);
    CHECK(applied.error().code == code);
    CHECK_THAT(applied.error().text(), Catch::Contains(text));
    CHECK(target->head().digest == before);
    CHECK(target.total(1) == 100);
  };
  const auto with = [&](auto change) {
    CertifiedBlock block = good;
    change(block);
    return block;
  };
  refused(with([](auto& block) { block.header.height = BlockHeight{2}; }), false, ErrorCode::broken_chain, "height");
  refused(with([](auto& block) { block.header.parent.bytes[5] ^= 1; }), false, ErrorCode::broken_chain, "parent");
  refused(with([](auto& block) { block.batch[60] ^= 1; }), false, ErrorCode::root_mismatch, "block 1.header.batch");
  refused(with([](auto& block) { block.batch.pop_back(); }), false, ErrorCode::invalid_encoding, "block 1.batch");
  refused(with([](auto& block) { block.header.state_root.bytes[0] ^= 1; }), true, ErrorCode::root_mismatch,
          good.header.state_root.hex());
  refused(with([](auto& block) { block.header.receipts_root.bytes[0] ^= 1; }), true, ErrorCode::root_mismatch,
          "header.receipts_root");
  refused(with([](auto& block) { block.header.transactions_root.bytes[0] ^= 1; }), true, ErrorCode::root_mismatch,
          "header.transactions_root");
  refused(with([](auto& block) { block.header.time = block.header.time.next(); }), true, ErrorCode::root_mismatch,
          "header.time");
  refused(with([](auto& block) { block.header.proposer.reset(); }), true, ErrorCode::root_mismatch, "header.proposer");
  refused(with([](auto& block) { block.header.next_validators = {}; }), true, ErrorCode::root_mismatch,
          "header.next_validators");
  refused(with([](auto& block) { block.header.epoch = Epoch{1}; }), false, ErrorCode::root_mismatch, "header.epoch");

  CertifiedBlock block = good;
  block.certificate = certify(block.header, source->id(), 2);
  CHECK(target->apply_certified(block).error().code == ErrorCode::bad_certificate);
  block.certificate = certify(block.header, ChainId{});
  CHECK(target->apply_certified(block).error().code == ErrorCode::bad_certificate);

  REQUIRE(target->apply_certified(good));
  CHECK(target.total(1) == 105);
}

}  // namespace tally::ledger
