// Chains that lie, each in one way, and what the auditor says. Signatures are real.
#include "ledger/audit.h"

#include <catch2/catch.hpp>
#include <random>
#include <sstream>

#include "chain_fixture.h"
#include "ledger/chain_file.h"

namespace tally::ledger {

using namespace tally::test;

namespace {

// Eight blocks of one history; every second has its own certificate, and the last has.
struct History {
  Genesis genesis = toy_genesis();
  std::vector<CertifiedBlock> blocks;

  explicit History(std::size_t count = 8, const Genesis& of = toy_genesis()) : genesis(of) {
    ToyChain chain(genesis);
    TransactionMaker maker{chain->id()};
    for (std::size_t i = 1; i <= count; ++i) {
      if (i == 3) {
        chain.apply_null();
      } else {
        auto transaction = maker.make({toy_add(1, static_cast<std::int64_t>(i)), toy_fail()}, Mode::independent);
        if (i == 5) add_signature(transaction, key_of("endorser"));
        chain.apply(batch_of({transaction, maker.make({toy_add(2, 1)})}, kStartTime.plus(10 * i)));
      }
      if (i % 2 == 0 || i == count) chain.certify_head();
    }
    for (std::size_t i = 1; i <= count; ++i) blocks.push_back(block_at(chain, i));
  }
};

AuditVerdict audit(const Genesis& genesis, const std::vector<CertifiedBlock>& blocks, AuditOptions options = {}) {
  ToyExecutor executor;
  Auditor auditor(genesis, executor, std::move(options));
  for (const auto& block : blocks)
    if (!auditor.feed(block)) break;
  return auditor.finish();
}

// Signed by q validators who do not care what they sign.
void recertify(CertifiedBlock& block, const Genesis& genesis, std::size_t signers = 3) {
  block.certificate = certify(block.header, chain_id(genesis), signers);
}

std::string file_of(const History& history) {
  std::ostringstream out;
  ChainFileWriter writer(out);
  REQUIRE(writer.begin(history.genesis));
  for (const auto& block : history.blocks) REQUIRE(writer.add(block));
  REQUIRE(writer.finish());
  return out.str();
}

AuditVerdict audit_file(const std::string& bytes, AuditOptions options = {}) {
  std::istringstream in(bytes);
  ToyExecutor executor;
  return audit_chain_file(in, executor, options);
}

}  // namespace

TEST_CASE("An honest chain passes, and the verdict counts what was checked") {
  const History history;
  std::vector<std::uint64_t> progress;
  AuditOptions options;
  options.expected_chain = chain_id(history.genesis);
  options.progress = [&](const AuditVerdict& so_far) { progress.push_back(so_far.blocks); };
  const auto verdict = audit(history.genesis, history.blocks, options);
  CHECK_FALSE(verdict.failure);
  CHECK(verdict.passed);
  CHECK(verdict.chain == chain_id(history.genesis));
  CHECK(verdict.clock == ClockMode::real);
  CHECK(verdict.blocks == 8);
  CHECK(verdict.transactions == 14);
  CHECK(verdict.operations == 21);
  CHECK(verdict.client_signatures == 15);
  CHECK(verdict.certificates == 4);
  CHECK(verdict.validator_signatures == 12);
  CHECK(verdict.verified_until.value == 8);
  CHECK(verdict.state_root == history.blocks.back().header.state_root);
  CHECK(progress == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(audit(history.genesis, {}).passed);
}

TEST_CASE("A chain that lies fails at the height and with the reason") {
  struct Row {
    const char* name;
    std::function<void(History&)> lie;
    std::uint64_t height;
    ErrorCode code;
    const char* what;
  };
  const auto batch_with = [](CertifiedBlock& block, const Genesis& genesis, auto change) {
    Batch batch = decode<Batch>(block.batch).value();
    change(batch);
    block.batch = encode(batch);
    block.header.batch = consensus::batch_digest(block.batch);
    block.header.transactions_root = crypto::merkle_root(transaction_leaves(batch));
    recertify(block, genesis);
  };
  const std::vector<Row> rows = {
      {"signed by q-1", [](History& it) { recertify(it.blocks[3], it.genesis, 2); }, 4, ErrorCode::bad_certificate,
       "certificate.signatures"},
      {"wrong state root, signed by q",
       [](History& it) {
         it.blocks[3].header.state_root.bytes[0] ^= 1;
         recertify(it.blocks[3], it.genesis);
       },
       4, ErrorCode::root_mismatch, "header.state_root"},
      {"wrong receipts root, signed by q",
       [](History& it) {
         it.blocks[3].header.receipts_root.bytes[0] ^= 1;
         recertify(it.blocks[3], it.genesis);
       },
       4, ErrorCode::root_mismatch, "header.receipts_root"},
      {"wrong time, signed by q",
       [](History& it) {
         it.blocks[3].header.time = it.blocks[3].header.time.next();
         recertify(it.blocks[3], it.genesis);
       },
       4, ErrorCode::root_mismatch, "header.time"},
      {"wrong state root without a certificate", [](History& it) { it.blocks[4].header.state_root.bytes[0] ^= 1; }, 5,
       ErrorCode::root_mismatch, "header.state_root"},
      {"another epoch", [](History& it) { it.blocks[4].header.epoch = Epoch{1}; }, 5, ErrorCode::root_mismatch,
       "header.epoch"},
      {"a certificate of another block", [](History& it) { it.blocks[3].certificate = it.blocks[1].certificate; }, 4,
       ErrorCode::bad_certificate, "certificate.height"},
      {"a certificate of another chain",
       [](History& it) { it.blocks[3].certificate = certify(it.blocks[3].header, ChainId{}); }, 4,
       ErrorCode::bad_certificate, "certificate.signatures[0]"},
      {"a validator counted twice",
       [](History& it) {
         auto& signatures = it.blocks[3].certificate->signatures;
         signatures[1] = signatures[0];
       },
       4, ErrorCode::bad_certificate, "certificate.signatures[1]"},
      {"reordered", [](History& it) { std::swap(it.blocks[4], it.blocks[5]); }, 5, ErrorCode::broken_chain,
       "header.height"},
      {"dropped", [](History& it) { it.blocks.erase(it.blocks.begin() + 2); }, 3, ErrorCode::broken_chain,
       "header.height"},
      {"repeated", [](History& it) { it.blocks.insert(it.blocks.begin() + 2, it.blocks[1]); }, 3,
       ErrorCode::broken_chain, "header.height"},
      {"the beginning missing", [](History& it) { it.blocks.erase(it.blocks.begin()); }, 1, ErrorCode::broken_chain,
       "header.height"},
      {"the end missing, down to a block without a certificate", [](History& it) { it.blocks.pop_back(); }, 7,
       ErrorCode::bad_certificate, "certificate"},
      {"spliced with another history of the same genesis",
       [](History& it) {
         ToyChain other(it.genesis);
         for (int i = 0; i < 5; ++i) other.apply_null();
         it.blocks[4] = block_at(other, 5);
       },
       5, ErrorCode::broken_chain, "header.parent"},
      {"a foreign chain",
       [](History& it) {
         Genesis other = it.genesis;
         other.name = "another";
         it.blocks = History(8, other).blocks;
       },
       1, ErrorCode::wrong_chain, "batch.transactions[0].chain"},
      {"a forged client signature, signed by q",
       [&](History& it) {
         batch_with(it.blocks[3], it.genesis,
                    [](Batch& batch) { batch.transactions[1].signatures[0].signature.bytes[9] ^= 1; });
       },
       4, ErrorCode::bad_signature, "batch.transactions[1].signatures[0]"},
      {"a client's operation altered, signed by q",
       [&](History& it) {
         batch_with(it.blocks[3], it.genesis,
                    [](Batch& batch) { batch.transactions[0].body.operations[0] = toy_add(1, 1000); });
       },
       4, ErrorCode::bad_signature, "batch.transactions[0].signatures[0]"},
      {"a batch over its limits, signed by q",
       [&](History& it) {
         batch_with(it.blocks[3], it.genesis, [&](Batch& batch) {
           TransactionMaker maker{chain_id(it.genesis)};
           for (int i = 0; i < 6; ++i) batch.transactions.push_back(maker.make(std::vector<Bytes>(1000, Bytes{1})));
         });
       },
       4, ErrorCode::too_large, "batch"},
      {"a proposer who is no validator",
       [&](History& it) {
         batch_with(it.blocks[3], it.genesis, [](Batch& batch) { batch.proposer = ReplicaIndex{7}; });
       },
       4, ErrorCode::invalid_field, "batch.proposer"},
      {"another batch under the header", [](History& it) { it.blocks[3].batch = it.blocks[1].batch; }, 4,
       ErrorCode::root_mismatch, "header.batch"},
      {"no batch under the header", [](History& it) { it.blocks[3].batch.clear(); }, 4, ErrorCode::root_mismatch,
       "header.batch"},
  };
  for (const auto& row : rows) {
    INFO(row.name);
    History history;
    row.lie(history);
    const auto verdict = audit(history.genesis, history.blocks);
    CHECK_FALSE(verdict.passed);
    REQUIRE(verdict.failure);
    CHECK(verdict.failure->height.value == row.height);
    CHECK(name_of(verdict.failure->code) == name_of(row.code));
    CHECK(verdict.failure->what == row.what);
    CHECK_FALSE((verdict.failure->expected.empty() && verdict.failure->found.empty()));
    CHECK(verdict.verified_until < verdict.failure->height);
  }
}

TEST_CASE("A wrong root is shown with both values") {
  History history;
  const Digest right = history.blocks[3].header.state_root;
  history.blocks[3].header.state_root.bytes[0] ^= 1;
  recertify(history.blocks[3], history.genesis);
  const auto failure = audit(history.genesis, history.blocks).failure.value();
  CHECK(failure.found == history.blocks[3].header.state_root.hex());
  CHECK(failure.expected.starts_with(right.hex()));
}

TEST_CASE("The first lie counts, though later blocks are checked before it is met") {
  History history;
  history.blocks[6].batch[40] ^= 1;
  history.blocks[2].header.state_root = {};
  for (int i = 0; i < 5; ++i) {
    const auto failure = audit(history.genesis, history.blocks).failure.value();
    CHECK(failure.height.value == 3);
    CHECK(failure.what == "header.state_root");
  }
}

TEST_CASE("How far the checks run ahead and where the state stands change nothing") {
  History history(12);
  const auto expected = audit(history.genesis, history.blocks);
  REQUIRE(expected.passed);
  for (const std::size_t ahead_bytes : {std::size_t{0}, std::size_t{700}, limits::kMiB})
    for (const bool store_unread : {false, true}) {
      const auto store = storage::make_memory_store();
      AuditOptions options;
      options.store = store.get();
      options.store_unread = store_unread;
      options.ahead_bytes = ahead_bytes;
      const auto verdict = audit(history.genesis, history.blocks, options);
      CHECK(verdict.passed);
      CHECK(verdict.state_root == expected.state_root);
      CHECK(verdict.client_signatures == expected.client_signatures);
      bool stored = false;
      REQUIRE(store->scan(storage::Column::state, {}, {}, [&](ByteView, ByteView) { return !(stored = true); }));
      CHECK(stored != store_unread);
    }
  history.blocks[7].header.state_root = {};
  recertify(history.blocks[7], history.genesis);
  AuditOptions options;
  options.ahead_bytes = 0;
  CHECK(audit(history.genesis, history.blocks, options).failure == audit(history.genesis, history.blocks).failure);
}

TEST_CASE("The auditor holds to the chain id that it was given") {
  const History history;
  AuditOptions options;
  options.expected_chain = ChainId{};
  const auto verdict = audit(history.genesis, history.blocks, options);
  REQUIRE(verdict.failure);
  CHECK(verdict.failure->code == ErrorCode::wrong_chain);
  CHECK(verdict.failure->found == chain_id(history.genesis).hex());
}

TEST_CASE("A genesis that cannot be executed fails at height 0") {
  Genesis genesis = toy_genesis();
  genesis.operations.push_back(toy_fail());
  const auto verdict = audit(genesis, {});
  REQUIRE(verdict.failure);
  CHECK(verdict.failure->height.value == 0);
  CHECK(verdict.failure->what == "genesis.operations[2]");
}

TEST_CASE("A chain file gives back what was written, and audits") {
  const History history;
  const std::string bytes = file_of(history);
  std::istringstream in(bytes);
  auto reader = ChainFileReader::open(in).value();
  CHECK(reader.genesis() == history.genesis);
  for (const auto& block : history.blocks) CHECK(reader.next().value() == block);
  CHECK_FALSE(reader.next().value());
  CHECK_FALSE(reader.next().value());
  CHECK(audit_file(bytes).passed);
  CHECK(audit_file(file_of(History(0))).passed);
}

TEST_CASE("No byte of a chain file can be altered, cut off or added") {
  const History history(4);
  const std::string bytes = file_of(history);
  AuditOptions options;
  options.expected_chain = chain_id(history.genesis);
  options.threads = 1;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string altered = bytes;
    altered[i] = static_cast<char>(altered[i] ^ (1 << i % 8));
    const auto verdict = audit_file(altered, options);
    if (verdict.passed || !verdict.failure) FAIL("byte " << i << " was altered");
  }
  for (std::size_t size = 0; size < bytes.size(); size += size < 40 ? 1 : 37) {
    const auto verdict = audit_file(bytes.substr(0, size), options);
    if (verdict.passed || !verdict.failure) FAIL("cut off at " << size);
  }
  CHECK(audit_file(bytes + "x", options).failure->found == "bytes follow the trailer");
}

TEST_CASE("Errors of a chain file name the byte and the block") {
  const History history(4);
  const std::string bytes = file_of(history);
  const auto error_of = [](const std::string& altered) {
    std::istringstream in(altered);
    auto reader = ChainFileReader::open(in);
    if (!reader) return reader.error().text();
    for (;;) {
      const auto block = reader->next();
      if (!block) return block.error().text();
      if (!*block) return std::string();
    }
  };
  CHECK(error_of("") == "byte 0, block 1: the file ends at byte 0; expected 8 more bytes: it was cut off");
  CHECK(error_of("not a chain file") == "byte 0: is not a chain file; expected a file that starts with TALLYCHN");
  std::string altered = bytes;
  altered[8] = 3;
  CHECK(error_of(altered) == "byte 8: has version 3; expected version 2");
  // The first block's record.
  const std::size_t first = 12 + 4 + 1 + encode(history.genesis).size();
  const std::string where = "byte " + std::to_string(first) + ", block 1: ";
  altered = bytes;
  altered[first + 3] = '\x7f';
  CHECK_THAT(error_of(altered), Catch::StartsWith(where + "a record claims 2130"));
  altered = bytes;
  altered[first + 4] = 9;
  CHECK(error_of(altered) == where + "has record kind 9; expected a block or the trailer");
  altered = bytes;
  altered.replace(first, 4, std::string(4, '\0'));
  CHECK_THAT(error_of(altered), Catch::StartsWith(where + "a record claims 0 bytes"));
  CHECK_THAT(error_of(bytes.substr(0, bytes.size() - 1)), Catch::Contains("block 5: the file ends at byte"));
}

TEST_CASE("A large chain is audited as fast as its signatures allow", "[.bench]") {
  ToyChain chain(toy_genesis());
  TransactionMaker maker{chain->id()};
  std::vector<CertifiedBlock> blocks;
  for (int i = 0; i < 20; ++i) {
    Batch batch = batch_of({});
    for (int j = 0; j < 500; ++j) batch.transactions.push_back(maker.make(std::vector<Bytes>(10, toy_add(1, 1))));
    chain.apply(batch);
    chain.certify_head();
    blocks.push_back(block_at(chain, static_cast<std::uint64_t>(i) + 1));
  }
  const auto started = std::chrono::steady_clock::now();
  const auto verdict = audit(toy_genesis(), blocks);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  CHECK(verdict.passed);
  std::printf("audit: %.0f operations/s, %.0f signatures/s\n", static_cast<double>(verdict.operations) / took.count(),
              static_cast<double>(verdict.client_signatures) / took.count());
}

}  // namespace tally::ledger
