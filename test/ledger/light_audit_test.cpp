// The light pass: what it accepts, each lie that it can catch, and those that only a full audit catches.
#include "ledger/light_audit.h"

#include <catch2/catch.hpp>

#include "chain_fixture.h"

namespace tally::ledger {

using namespace tally::test;

namespace {

// Eight blocks; every second has its own certificate; block 3 is null.
struct History {
  std::vector<CertifiedBlock> blocks;
  ChainId chain;

  History() {
    ToyChain toy(toy_genesis());
    chain = toy->id();
    TransactionMaker maker{chain};
    for (std::uint64_t i = 1; i <= 8; ++i) {
      if (i == 3)
        toy.apply_null();
      else
        toy.apply(batch_of({maker.make({toy_add(1, 1)}), maker.make({toy_add(2, 1)})}));
      if (i % 2 == 0) toy.certify_head();
    }
    for (std::uint64_t i = 1; i <= 8; ++i) blocks.push_back(block_at(toy, i));
  }
  // As a quorum that lies would make it: the batch changed, header and certificate to match.
  void forge(std::size_t at, const std::function<void(Batch&)>& change) {
    Batch batch = decode<Batch>(blocks[at].batch).value();
    change(batch);
    blocks[at].batch = encode(batch);
    blocks[at].header.batch = consensus::batch_digest(blocks[at].batch);
    blocks[at].header.transactions_root = crypto::merkle_root(transaction_leaves(batch));
    certify_again(at);
  }
  void certify_again(std::size_t at, std::size_t signers = 3) {
    blocks[at].certificate = certify(blocks[at].header, chain, signers);
  }
};

LightVerdict pass(const std::vector<CertifiedBlock>& blocks, LightOptions options = {}) {
  ToyExecutor executor;
  LightAuditor auditor(toy_genesis(), executor, {}, options);
  for (const auto& block : blocks)
    if (!auditor.feed(block)) break;
  return auditor.finish();
}

}  // namespace

TEST_CASE("A light pass over an honest chain counts what it looked at") {
  const History history;
  const auto verdict = pass(history.blocks, {history.chain, 5, 1});
  CHECK_FALSE(verdict.failure);
  CHECK(verdict.passed);
  CHECK(verdict.blocks == 8);
  CHECK(verdict.certificates == 4);
  CHECK(verdict.validator_signatures == 12);
  CHECK(verdict.batches == 8);
  CHECK(verdict.transactions == 14);
  CHECK(verdict.sampled_transactions == 5);
  CHECK(verdict.client_signatures == 5);
  CHECK(verdict.verified_until == BlockHeight{8});
  CHECK(pass(history.blocks, {history.chain, 100, 1}).sampled_transactions == 14);
  CHECK(pass({}).passed);
}

TEST_CASE("A light pass catches each lie that it can at its height") {
  struct Row {
    const char* name;
    std::function<void(History&)> lie;
    std::uint64_t height;
    ErrorCode code;
    const char* what;
  };
  const std::vector<Row> rows = {
      {"signed by q-1", [](History& it) { it.certify_again(3, 2); }, 4, ErrorCode::bad_certificate,
       "certificate.signatures"},
      {"a certificate of another block", [](History& it) { it.blocks[3].certificate = it.blocks[1].certificate; }, 4,
       ErrorCode::bad_certificate, "certificate.height"},
      {"no certificate at the end", [](History& it) { it.blocks[7].certificate.reset(); }, 8,
       ErrorCode::bad_certificate, "certificate"},
      {"a root changed without a certificate", [](History& it) { it.blocks[4].header.state_root.bytes[0] ^= 1; }, 6,
       ErrorCode::broken_chain, "header.parent"},
      {"a block left out", [](History& it) { it.blocks.erase(it.blocks.begin() + 4); }, 5, ErrorCode::broken_chain,
       "header.height"},
      {"a block twice", [](History& it) { it.blocks.insert(it.blocks.begin() + 4, it.blocks[3]); }, 5,
       ErrorCode::broken_chain, "header.height"},
      {"an epoch that nobody began", [](History& it) { it.blocks[4].header.epoch = Epoch{1}; }, 5,
       ErrorCode::broken_chain, "epoch"},
      {"another batch under the header", [](History& it) { it.blocks[4].batch.back() ^= 1; }, 5,
       ErrorCode::root_mismatch, "header.batch"},
      {"a batch in a null block", [](History& it) { it.blocks[2].batch = it.blocks[1].batch; }, 3,
       ErrorCode::root_mismatch, "header.batch"},
      {"a transactions root of other transactions",
       [](History& it) {
         it.blocks[7].header.transactions_root.bytes[0] ^= 1;
         it.certify_again(7);
       },
       8, ErrorCode::root_mismatch, "header.transactions_root"},
      {"a client's signature forged by a quorum",
       [](History& it) {
         it.forge(7, [](Batch& batch) { batch.transactions[1].signatures[0].signature.bytes[0] ^= 1; });
       },
       8, ErrorCode::bad_signature, "batch.transactions[1].signatures[0]"},
      {"a transaction of another chain",
       [](History& it) { it.forge(7, [](Batch& batch) { batch.transactions[0].body.chain = ChainId{}; }); }, 8,
       ErrorCode::wrong_chain, "batch.transactions[0].body.chain"},
  };
  for (const auto& row : rows) {
    History history;
    row.lie(history);
    const auto verdict = pass(history.blocks, {history.chain, 100, 7});
    INFO(row.name);
    CHECK_FALSE(verdict.passed);
    REQUIRE(verdict.failure);
    INFO(verdict.failure->found);
    CHECK(verdict.failure->height.value == row.height);
    CHECK(verdict.failure->code == row.code);
    CHECK(verdict.failure->what == row.what);
    CHECK(verdict.verified_until.value < row.height);
  }
  CHECK(pass(History().blocks, {ChainId{}, 1, 1}).failure->code == ErrorCode::wrong_chain);
}

TEST_CASE("What a quorum says that executed wrongly passes the light pass") {
  History history;
  history.blocks[7].header.state_root.bytes[0] ^= 1;
  history.certify_again(7);
  CHECK(pass(history.blocks).passed);
}

TEST_CASE("Without batches a light pass asks for a sample and judges what it is served") {
  const History history;
  ToyExecutor executor;
  LightAuditor auditor(toy_genesis(), executor, {}, {history.chain, 3, 11});
  for (const auto& block : history.blocks) REQUIRE(auditor.feed(CertifiedHeader{block.header, block.certificate}));
  REQUIRE(auditor.wanted().size() == 3);
  for (const auto& header : auditor.wanted()) {
    auto served = history.blocks[header.height.value - 1];
    CHECK(auditor.sample(header, served).value().has_value());
    served.batch.back() ^= 1;
    CHECK(auditor.sample(header, served).error().code == ErrorCode::root_mismatch);
    CHECK(auditor.sample(header, history.blocks[2]).error().code == ErrorCode::broken_chain);
  }
  const auto verdict = auditor.finish();
  CHECK(verdict.passed);
  CHECK(verdict.sampled_transactions == 3);
  CHECK(verdict.batches == 3);
}

TEST_CASE("A choice from a stream is bounded and repeats with its seed") {
  const auto chosen = [](std::uint64_t seed) {
    Reservoir<int> reservoir(10, seed);
    for (int i = 0; i < 1000; ++i) reservoir.offer([&] { return i; });
    return reservoir.items();
  };
  CHECK(chosen(1).size() == 10);
  CHECK(chosen(1) == chosen(1));
  CHECK(chosen(1) != chosen(2));
  const auto items = chosen(1);
  CHECK(std::count_if(items.begin(), items.end(), [](int item) { return item >= 10; }) > 5);
}

}  // namespace tally::ledger
