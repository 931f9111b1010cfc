// Bytes and ids that must never change: signatures and chains rest on them. The values are in
// test/golden/ledger.hex, a name and its hexadecimal a line.
#include <catch2/catch.hpp>
#include <fstream>
#include <map>

#include "chain_fixture.h"
#include "ledger/chain_file.h"
#include "ledger/replay_table.h"

namespace tally::ledger {

using namespace tally::test;

namespace {

using Golden = std::map<std::string, std::string>;

Golden read_golden() {
  std::ifstream in(std::string(TALLY_SOURCE_DIR) + "/test/golden/ledger.hex");
  Golden out;
  for (std::string name, value; in >> name >> value;) out[name] = value == "-" ? "" : value;
  return out;
}

Golden made() {
  Golden out;
  const auto keep = [&](const std::string& name, const Bytes& bytes) { out[name] = to_hex(bytes); };

  const Genesis genesis = toy_genesis();
  keep("genesis", encode(genesis));
  out["chain_id"] = chain_id(genesis).hex();
  out["validator_set_digest"] = digest_of(validator_set(genesis)).hex();

  ToyChain chain(genesis);
  TransactionMaker maker{chain->id()};
  auto transaction = maker.make({toy_add(1, -5), toy_fail()}, Mode::independent);
  add_signature(transaction, key_of("endorser"));
  keep("transaction", encode(transaction));
  out["transaction_id"] = id_of(transaction.body).hex();

  const Batch batch = batch_of({transaction}, kStartTime.plus(250));
  keep("batch", encode(batch));
  const auto applied = chain.apply(batch);
  chain.certify_head();
  keep("genesis_header", encode(*chain->header(BlockHeight{0}).value()));
  keep("header", encode(applied.header));
  out["header_digest"] = applied.digest.hex();
  keep("receipt", encode(applied.receipts.receipts[0]));
  keep("receipts", encode(applied.receipts));
  keep("block", encode(block_at(chain, 1)));
  keep("state_evidence", encode(prove_state(*chain->final_view(), toy_counter_key(1)).value()));
  keep("receipt_evidence", encode(chain->prove_receipt(BlockHeight{1}, 0).value()));
  keep("chain_trailer", encode(ChainTrailer{1, applied.digest}));
  consensus::EpochRecovery recovery{
      {Epoch{0}, BlockHeight{1}, applied.digest}, certify(applied.header, chain->id()), {}, {}};
  for (std::uint32_t i = 0; i < 2; ++i) {
    const auto signer = crypto::make_signer(key_of("validator " + std::to_string(i)), chain->id());
    const consensus::CheckpointVote vote{Epoch{0}, BlockHeight{2}, Digest{{static_cast<Byte>(i)}}};
    recovery.halt.push_back({vote, ReplicaIndex{i}, sign_checkpoint(vote, *signer)});
    add_signature(recovery, ReplicaIndex{i}, sign_recovery(recovery.statement, *signer));
  }
  keep("recovery", encode(recovery));
  return out;
}

}  // namespace

TEST_CASE("Bytes of transactions, blocks, receipts, genesis and evidence are as they always were") {
  const Golden golden = read_golden();
  const Golden now = made();
  for (const auto& [name, value] : now) {
    INFO(name << " " << value);
    const auto found = golden.find(name);
    REQUIRE(found != golden.end());
    CHECK(found->second == value);
  }
  CHECK(golden.size() == now.size());
}

TEST_CASE("Writes the golden values to standard output", "[.golden]") {
  for (const auto& [name, value] : made()) std::printf("%s %s\n", name.c_str(), value.c_str());
}

TEST_CASE("A header's fields follow one another as declared") {
  BlockHeader header;
  header.height = BlockHeight{1};
  header.epoch = Epoch{2};
  header.parent.bytes[0] = 3;
  header.batch.bytes[0] = 4;
  header.transactions_root.bytes[0] = 5;
  header.receipts_root.bytes[0] = 6;
  header.state_root.bytes[0] = 7;
  header.time = TimestampMs{8};
  header.proposer = ReplicaIndex{9};
  header.next_validators.bytes[0] = 10;
  const std::string zeros(62, '0');
  CHECK(to_hex(encode(header)) ==
        "0100000000000000"
        "0200000000000000"
        "03" +
            zeros + "04" + zeros + "05" + zeros + "06" + zeros + "07" + zeros +
            "0800000000000000"
            "01"
            "09000000"
            "0a" +
            zeros);
}

}  // namespace tally::ledger
