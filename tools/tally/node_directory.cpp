#include "tally/node_directory.h"

#include "common/limits.h"
#include "contracts/genesis_json.h"
#include "node/vote_store.h"
#include "storage/rocks_store.h"
#include "tally/files.h"

namespace tally::cli {

Outcome<ledger::Genesis> read_genesis_file(const std::string& file, const Surroundings& world) {
  auto document = read_input(file, limits::kGenesisBytesMax, world);
  if (!document) return document.error();
  auto genesis = contracts::parse_genesis(*document);
  if (!genesis) return Failure(ExitCode::bad_input, Error(genesis.error()).within(file));
  if (auto good = ledger::check_genesis(*genesis); !good)
    return Failure(ExitCode::bad_input, Error(good.error()).within(file));
  return *std::move(genesis);
}

Outcome<NodeFiles> read_node_files(const std::string& settings, const Surroundings& world) {
  auto config = node::read_config(settings);
  if (!config) return Failure(config.error()).during("the node's settings cannot be used");
  auto genesis = read_genesis_file(config->genesis_file.string(), world);
  if (!genesis) return Failure(genesis.error()).during("the node's genesis cannot be used");
  return NodeFiles{*std::move(config), *std::move(genesis)};
}

Outcome<NodeDirectory> open_node_directory(const NodeFiles& files) {
  const auto failed = [](const Error& error) {
    return Failure(error).during("the node's data directory cannot be used");
  };
  std::error_code ignored;
  if (!std::filesystem::exists(files.database() / "CURRENT", ignored))
    return failed(make_error(ErrorCode::not_found, "data_directory",
                             "there is no store at " + files.database().string(),
                             "the data directory of a node that has run"));
  auto store =
      storage::open_rocks_store(files.database(), {.block_cache_bytes = files.config.block_cache_mib * limits::kMiB});
  if (!store) return failed(store.error());
  NodeDirectory out;
  out.store = std::move(store).value();
  out.verifier = crypto::make_verifier(ledger::chain_id(files.genesis));
  out.executor = std::make_unique<contracts::RuleEngine>();
  auto chain = ledger::Chain::open(*out.store, files.genesis, *out.executor, *out.verifier);
  if (!chain) return failed(chain.error());
  out.chain = std::move(chain).value();
  const auto records = node::VoteStore(*out.store).load();
  if (!records) return failed(records.error());
  for (const auto& record : *records) {
    const auto* stable = std::get_if<consensus::StableRecord>(&record);
    if (stable == nullptr || stable->certificate.vote.height > out.chain->head().header.height) continue;
    if (auto recorded = out.chain->record_certificate(stable->certificate); !recorded) return failed(recorded.error());
  }
  return out;
}

}  // namespace tally::cli
