#include "ledger/proofs.h"

#include <catch2/catch.hpp>

#include "chain_fixture.h"

namespace tally::ledger {

using namespace tally::test;

TEST_CASE("State evidence convinces with the validator set alone, and no altered byte does") {
  ToyChain chain(toy_genesis());
  CHECK(prove_state(*chain->final_view(), toy_counter_key(1)).error().code == ErrorCode::not_final);
  TransactionMaker maker{chain->id()};
  std::vector<Bytes> operations;
  for (std::uint32_t i = 0; i < 300; ++i) operations.push_back(toy_add(i, i));
  chain.apply(batch_of({maker.make(std::move(operations))}));
  chain.certify_head();
  chain.apply(batch_of({maker.make({toy_add(7, 1000)})}));  // not final

  const auto validators = validator_set(toy_genesis());
  const auto verifier = crypto::make_verifier(chain->id());
  const auto view = chain->final_view();
  for (const std::uint32_t counter : {7U, 5000U}) {
    const Bytes key = toy_counter_key(counter);
    const auto evidence = prove_state(*view, key).value();
    CHECK(evidence.value.has_value() == (counter == 7));
    if (evidence.value) CHECK(toy_counter(evidence.value).total == 7);
    REQUIRE(verify_state_evidence(evidence, key, validators, *verifier));
    CHECK_FALSE(verify_state_evidence(evidence, toy_counter_key(8), validators, *verifier));
    CHECK_FALSE(verify_state_evidence(evidence, key, validators, *crypto::make_verifier(ChainId{})));
    const Bytes bytes = encode(evidence);
    CHECK(bytes.size() < 4096);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      Bytes altered = bytes;
      altered[i] ^= 0x10;
      const auto decoded = decode<StateEvidence>(altered);
      if (decoded && verify_state_evidence(*decoded, key, validators, *verifier)) FAIL("byte " << i << " was altered");
    }
  }
}

TEST_CASE("Receipt evidence convinces, directly or through later headers") {
  ToyChain chain(toy_genesis());
  TransactionMaker maker{chain->id()};
  chain.apply(batch_of({maker.make({toy_add(1, 1)}), maker.make({toy_fail()}), maker.make({toy_add(1, 2)})}));
  CHECK(chain->prove_receipt(BlockHeight{1}, 0).error().code == ErrorCode::not_final);
  chain.apply_null();
  chain.apply_null();
  chain.certify_head();

  const auto validators = validator_set(toy_genesis());
  const auto verifier = crypto::make_verifier(chain->id());
  for (const std::size_t later : {2U, 0U}) {
    for (std::uint32_t index = 0; index < 3; ++index) {
      const auto evidence = chain->prove_receipt(BlockHeight{1}, index).value();
      CHECK(evidence.later.size() == later);
      CHECK(evidence.receipt.code == (index == 1 ? ErrorCode::rule_off : ErrorCode::ok));
      REQUIRE(verify_receipt_evidence(evidence, validators, *verifier));
      const Bytes bytes = encode(evidence);
      for (std::size_t i = 0; i < bytes.size(); ++i) {
        Bytes altered = bytes;
        altered[i] ^= 0x01;
        const auto decoded = decode<ReceiptEvidence>(altered);
        if (decoded && verify_receipt_evidence(*decoded, validators, *verifier)) FAIL("byte " << i << " was altered");
      }
    }
    REQUIRE(chain->record_certificate(certify(*chain->header(BlockHeight{1}).value(), chain->id())));
  }
  CHECK(chain->prove_receipt(BlockHeight{1}, 3).error().text() ==
        "index: is 3; expected a transaction of block 1, below 3");
  CHECK(chain->prove_receipt(BlockHeight{4}, 0).error().code == ErrorCode::not_found);
}

}  // namespace tally::ledger
