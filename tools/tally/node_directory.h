// Purpose: the data directory of a node that does not run, opened as its chain. Its key is not needed.
// Thread rule: one thread.
// Errors: those of node::read_config, storage::open_rocks_store (already_running: the node runs) and Chain::open.
#pragma once

#include <filesystem>

#include "contracts/engine.h"
#include "ledger/chain.h"
#include "node/config.h"
#include "tally/failure.h"
#include "tally/surroundings.h"

namespace tally::cli {

// The settings of a node and the genesis that they name.
struct NodeFiles {
  node::NodeConfig config;
  ledger::Genesis genesis;

  [[nodiscard]] std::filesystem::path database() const { return config.data_directory / "db"; }
};
Outcome<NodeFiles> read_node_files(const std::string& settings, const Surroundings& world);
Outcome<ledger::Genesis> read_genesis_file(const std::string& file, const Surroundings& world);

struct NodeDirectory {
  std::unique_ptr<storage::Store> store;
  std::unique_ptr<crypto::Verifier> verifier;
  std::unique_ptr<contracts::RuleEngine> executor;
  std::unique_ptr<ledger::Chain> chain;
};
// not_found: there is nothing yet. Certificates that only the votes remember are recorded, as by a node that starts.
Outcome<NodeDirectory> open_node_directory(const NodeFiles& files);

}  // namespace tally::cli
