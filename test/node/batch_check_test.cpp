#include "node/batch_check.h"

#include <catch2/catch.hpp>

#include "common/limits.h"
#include "consensus/authentic.h"
#include "crypto/digest.h"

namespace {

using namespace tally;

const ChainId kChain{{5}};

ledger::SignedTransaction transaction(Byte number, std::size_t operations = 1) {
  crypto::initialise();
  const auto key = crypto::SecretKey::from_seed({9});
  ledger::SignedTransaction out;
  out.body.chain = kChain;
  out.body.author = key.public_key();
  out.body.client_id = ClientId{{number}};
  out.body.valid_until = TimestampMs{1000};
  out.body.operations.assign(operations, Bytes{1, 2, 3});
  ledger::add_signature(out, key);
  return out;
}

ledger::Batch batch_of(std::vector<ledger::SignedTransaction> transactions) {
  return {ReplicaIndex{1}, TimestampMs{7}, std::move(transactions)};
}

Result<node::BatchPtr> check(const ledger::Batch& batch, bool verified = false) {
  return node::check_batch(encode(batch), ReplicaIndex{1}, kChain,
                           [verified](const TransactionId&, const ledger::SignedTransaction&) { return verified; });
}

TEST_CASE("a good batch passes and comes back decoded") {
  const auto batch = batch_of({transaction(1), transaction(2)});
  const auto checked = check(batch);
  REQUIRE(checked.has_value());
  CHECK(**checked == batch);
  CHECK(check(batch_of({})).has_value());
}

TEST_CASE("a bad batch is refused, naming the transaction and what is wrong") {
  auto batch = batch_of({transaction(1), transaction(2)});
  ErrorCode code = ErrorCode::ok;
  std::string field;
  SECTION("signature") {
    batch.transactions[1].signatures[0].signature.bytes[9] ^= 1;
    code = ErrorCode::bad_signature;
    field = "batch.transactions[1]";
  }
  SECTION("chain") {
    batch.transactions[0].body.chain.bytes[0] ^= 1;
    code = ErrorCode::wrong_chain;
    field = "batch.transactions[0]";
  }
  SECTION("no operations") {
    batch.transactions[0].body.operations.clear();
    code = ErrorCode::missing_field;
    field = "batch.transactions[0]";
  }
  SECTION("another proposer than the one who signed the proposal") {
    batch.proposer = ReplicaIndex{2};
    code = ErrorCode::invalid_field;
    field = "batch.proposer";
  }
  SECTION("too many operations in all") {
    batch.transactions.clear();
    for (Byte i = 0; i < 6; ++i) batch.transactions.push_back(transaction(i, limits::kTransactionOperationsMax));
    code = ErrorCode::too_large;
    field = "batch.transactions";
  }
  const auto checked = check(batch);
  REQUIRE_FALSE(checked.has_value());
  CHECK(checked.error().code == code);
  CHECK(checked.error().field.starts_with(field));
}

TEST_CASE("bytes that are no batch, and too many of them, are refused") {
  const auto nothing = [](const TransactionId&, const ledger::SignedTransaction&) { return false; };
  Bytes bytes = encode(batch_of({transaction(1)}));
  bytes.push_back(0);
  CHECK(node::check_batch(bytes, ReplicaIndex{1}, kChain, nothing).error().code == ErrorCode::invalid_encoding);
  const Bytes large(limits::kBatchBytesMax + 1);
  CHECK(node::check_batch(large, ReplicaIndex{1}, kChain, nothing).error().code == ErrorCode::too_large);
}

TEST_CASE("what was verified before is not verified again, and nothing else is passed over") {
  auto batch = batch_of({transaction(1)});
  batch.transactions[0].signatures[0].signature.bytes[9] ^= 1;
  CHECK(check(batch, true).has_value());
  CHECK_FALSE(check(batch, false).has_value());
}

TEST_CASE("decoded batches are handed over once") {
  node::DecodedBatches decoded;
  const auto batch = std::make_shared<const ledger::Batch>(batch_of({}));
  decoded.put(Digest{{1}}, batch);
  CHECK(decoded.take(Digest{{2}}) == nullptr);
  CHECK(decoded.take(Digest{{1}}) == batch);
  CHECK(decoded.take(Digest{{1}}) == nullptr);
}

}  // namespace
