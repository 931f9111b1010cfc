// Purpose: the data directory of a node that does not run, its settings, genesis and chain file, made in process.
#pragma once

#include <filesystem>
#include <fstream>

#include "contracts/genesis_json.h"
#include "crypto/digest.h"
#include "ledger/archive_directory.h"
#include "ledger/chain_file.h"
#include "ledger/prune.h"
#include "storage/rocks_store.h"
#include "tally_cli/harness.h"

namespace tally::test {

// A data directory with a chain of one validator, closed; its settings, genesis and chain file beside it.
struct StoppedNode {
  Cli cli;
  ledger::Genesis genesis = village_genesis();
  Digest head;

  explicit StoppedNode(std::uint64_t blocks) {
    cli.write("genesis.json", contracts::genesis_text(genesis));
    settings("node");
    settings("new");
    auto store = storage::open_rocks_store(cli.path("node/data/db"), {}).value();
    contracts::RuleEngine engine;
    const auto verifier = crypto::make_verifier(ledger::chain_id(genesis));
    const auto chain = ledger::Chain::open(*store, genesis, engine, *verifier).value();
    std::ofstream file(cli.path("chain.tally"), std::ios::binary);
    ledger::ChainFileWriter writer(file);
    REQUIRE(writer.begin(genesis));
    for (std::uint64_t i = 1; i <= blocks; ++i) {
      ledger::Batch batch;
      batch.proposed_time = kGenesisTime.plus(i);
      batch.transactions = {advance(chain->id(), i)};
      const Bytes bytes = encode(batch);
      const auto made =
          chain->apply(BlockHeight{i}, &batch, bytes, crypto::digest(crypto::kBatchDomain, bytes)).value();
      consensus::CheckpointCertificate certificate;
      certificate.vote = {made.header.epoch, made.header.height, made.digest};
      const auto signer = crypto::make_signer(named_key("validator"), chain->id());
      certificate.signatures = {{ReplicaIndex{0}, consensus::sign_checkpoint(certificate.vote, *signer)}};
      REQUIRE(chain->record_certificate(certificate));
      REQUIRE(writer.add(chain->block(BlockHeight{i}).value().value()));
    }
    REQUIRE(writer.finish());
    write_archive(*chain);
    head = chain->head().digest;
  }

  void settings(const std::string& name) {
    std::filesystem::create_directories(cli.path(name));
    cli.write(name + "/node.toml",
              "data_directory = \"data\"\ngenesis = \"../genesis.json\"\nkey_file = \"key.json\"\n"
              "passphrase_file = \"passphrase\"\napi = \"127.0.0.1:0\"\nlisten = \"127.0.0.1:0\"\n");
  }
  // What is final, as an archive's open end.
  void write_archive(const ledger::Chain& chain) const {
    const auto pieces = ledger::ChunkPieces::open_end(chain).value();
    if (!pieces) return;
    std::filesystem::create_directories(cli.path("archive"));
    std::ofstream out(cli.path("archive/" + std::string(ledger::kOpenEndFile)), std::ios::binary);
    const auto write = [&](ByteView bytes) { out << as_text(bytes); };
    for (std::size_t i = 0; i < pieces->count(); ++i) write(pieces->piece(i).value());
    write(ledger::index_of(*pieces).value().digest.view());
  }
  static ledger::SignedTransaction advance(const ChainId& chain, std::uint64_t number) {
    ledger::SignedTransaction transaction;
    transaction.body.chain = chain;
    transaction.body.author = named_key("accountant").public_key();
    transaction.body.client_id.bytes[0] = static_cast<Byte>(number);
    transaction.body.client_id.bytes[1] = static_cast<Byte>(number >> 8);
    transaction.body.valid_until = kGenesisTime.plus(1000 * 3600);
    transaction.body.operations = {contracts::encode_operation(contracts::AdvanceClock{kGenesisTime.plus(number)})};
    add_signature(transaction, named_key("accountant"));
    return transaction;
  }
  Run run(std::vector<std::string> arguments) {
    Run out = cli.run(arguments);
    UNSCOPED_INFO(out.out << out.err);
    return out;
  }
  [[nodiscard]] std::string path(const std::string& name) const { return cli.path(name); }
};

}  // namespace tally::test
