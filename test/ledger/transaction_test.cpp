#include "ledger/transaction.h"

#include <catch2/catch.hpp>

#include "chain_fixture.h"

namespace tally::ledger {

using namespace tally::test;

namespace {

const ChainId kChain{{7}};

SignedTransaction good() {
  TransactionMaker maker{kChain};
  return maker.make({toy_add(1, 5)});
}

std::string form_error(const SignedTransaction& transaction) {
  const auto form = check_form(transaction, kChain, encode(transaction).size());
  return form ? "" : std::string(name_of(form.error().code)) + " " + form.error().text();
}

}  // namespace

TEST_CASE("Form errors of a transaction name the field, the problem and what would be right") {
  struct Row {
    std::string expected;
    std::function<void(SignedTransaction&)> change;
  };
  const std::vector<Row> rows = {
      {"", [](auto&) {}},
      {"missing_field operations: has 0; expected 1 to 1000", [](auto& one) { one.body.operations.clear(); }},
      {"too_large operations: has 1001; expected 1 to 1000",
       [](auto& one) { one.body.operations.assign(1001, Bytes{1}); }},
      {"", [](auto& one) { one.body.operations.assign(1000, Bytes{1}); }},
      {"missing_field operations[1]: has 0 bytes; expected 1 to 204800 bytes",
       [](auto& one) { one.body.operations.emplace_back(); }},
      {"too_large operations[0]: has 204801 bytes; expected 1 to 204800 bytes",
       [](auto& one) { one.body.operations[0].resize(204801); }},
      {"too_large has ", [](auto& one) { one.body.operations.assign(3, Bytes(100000)); }},
      {"wrong_chain chain: is 00000000; expected this chain, 07000000", [](auto& one) { one.body.chain = {}; }},
      {"missing_field signatures: has 0; expected 1 to 8", [](auto& one) { one.signatures.clear(); }},
      {"too_large signatures: has 9; expected 1 to 8",
       [](auto& one) { one.signatures.resize(9, one.signatures.front()); }},
      {"invalid_field signatures[0].key: is 00000000; expected the author's key",
       [](auto& one) { one.signatures[0].key = {}; }},
      {"invalid_field signatures[1].key: signs a second time, after signatures[0]; expected distinct signers",
       [](auto& one) { one.signatures.push_back(one.signatures.front()); }},
  };
  for (const auto& row : rows) {
    SignedTransaction transaction = good();
    row.change(transaction);
    INFO(row.expected);
    const std::string error = form_error(transaction);
    CHECK((row.expected.empty() ? error.empty() : error.starts_with(row.expected)));
    CAPTURE(error);
  }
}

TEST_CASE("Signatures cover the whole body and the chain, and are no part of the id") {
  SignedTransaction transaction = good();
  const TransactionId id = id_of(transaction.body);
  REQUIRE(check_signatures(transaction, id));
  add_signature(transaction, key_of("endorser"));
  CHECK(id_of(transaction.body) == id);
  REQUIRE(check_signatures(transaction, id));
  CHECK(transaction.signatures[0].key == transaction.body.author);
  CHECK(form_error(transaction).empty());

  const Bytes body = encode(transaction.body);
  for (std::size_t i = 0; i < body.size(); ++i) {
    Bytes altered = body;
    altered[i] ^= 1;
    const auto decoded = decode<Transaction>(altered);
    if (!decoded) continue;
    SignedTransaction forged{*decoded, transaction.signatures};
    CHECK_FALSE(check_signatures(forged, id_of(forged.body)));
  }
  transaction.signatures[1].signature.bytes[3] ^= 1;
  const auto bad = check_signatures(transaction, id);
  REQUIRE_FALSE(bad);
  CHECK(bad.error().code == ErrorCode::bad_signature);
  CHECK_THAT(bad.error().text(), Catch::Contains("signatures[1]: does not verify for key"));
}

TEST_CASE("The author's signature stands first, whoever signed first") {
  SignedTransaction transaction = good();
  transaction.signatures.clear();
  add_signature(transaction, key_of("endorser"));
  add_signature(transaction, key_of("author"));
  CHECK(form_error(transaction).empty());
}

TEST_CASE("A batch keeps its limits") {
  TransactionMaker maker{kChain};
  const auto check = [&](const Batch& batch) {
    const auto checked = check_batch(batch, encode(batch).size(), kChain, consensus::Quorum{4});
    return checked ? "" : std::string(name_of(checked.error().code)) + " " + checked.error().text();
  };
  CHECK(check(batch_of({good(), maker.make({toy_fail()})})).empty());
  CHECK(check(batch_of({})).empty());

  Batch batch = batch_of({});
  batch.proposer = ReplicaIndex{4};
  CHECK(check(batch) == "invalid_field batch.proposer: is 4; expected a replica below 4");

  batch = batch_of({});
  for (int i = 0; i < 5; ++i) batch.transactions.push_back(maker.make(std::vector<Bytes>(1000, Bytes{1})));
  CHECK(check(batch).empty());
  batch.transactions.push_back(maker.make({Bytes{1}}));
  CHECK(check(batch) == "too_large batch: has 5001 operations; expected at most 5000");

  batch = batch_of({});
  for (int i = 0; i < 6; ++i) batch.transactions.push_back(maker.make({Bytes(190000)}));
  CHECK_THAT(check(batch), Catch::StartsWith("too_large batch: has 11"));

  batch = batch_of({good(), good()});
  batch.transactions[1].body.operations.clear();
  CHECK(check(batch) == "missing_field batch.transactions[1].operations: has 0; expected 1 to 1000");
}

TEST_CASE("A genesis is checked field by field") {
  struct Row {
    std::string expected;
    std::function<void(Genesis&)> change;
  };
  const std::vector<Row> rows = {
      {"", [](auto&) {}},
      {"", [](auto& genesis) { genesis.validators.resize(1); }},
      {"protocol: is 2; expected version 1", [](auto& genesis) { genesis.protocol = 2; }},
      {"name: has 0 bytes; expected 1 to 512", [](auto& genesis) { genesis.name.clear(); }},
      {"clock: is test, for a chain whose purpose is production; expected real, or purpose development",
       [](auto& genesis) {
         genesis.purpose = Purpose::production;
         genesis.clock = ClockMode::test;
       }},
      {"window: is 0; expected 1 to 1024 blocks (32 is usual)", [](auto& genesis) { genesis.window = 0; }},
      {"validators: has 0; expected 1 to 128", [](auto& genesis) { genesis.validators.clear(); }},
      {"validators[2].key: is also the key of validators[0]; expected distinct keys",
       [](auto& genesis) { genesis.validators[2].key = genesis.validators[0].key; }},
      {"validators[1].key: is 0000000000000000000000000000000000000000000000000000000000000000; expected an Ed25519 "
       "public key",
       [](auto& genesis) { genesis.validators[1].key = {}; }},
      {"validators[3].name: is \"validator 1\", as validators[1] is; expected distinct names",
       [](auto& genesis) { genesis.validators[3].name = genesis.validators[1].name; }},
      {"operations[1]: has 0 bytes; expected 1 to 204800 bytes", [](auto& genesis) { genesis.operations[1].clear(); }},
  };
  for (const auto& row : rows) {
    Genesis genesis = toy_genesis();
    row.change(genesis);
    const auto checked = check_genesis(genesis);
    CHECK((checked ? "" : checked.error().text()) == row.expected);
  }
}

}  // namespace tally::ledger
