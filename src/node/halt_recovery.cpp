#include "node/halt_recovery.h"

#include "contracts/engine.h"
#include "ledger/rebuild.h"
#include "node/data_directory.h"
#include "node/halt_record.h"
#include "node/vote_store.h"
#include "storage/rocks_store.h"

namespace tally::node {

using consensus::EpochRecovery;

namespace {

std::string block(BlockHeight height) {
  return "block " + std::to_string(height.value);
}

// The data directory of a node that does not run.
struct Directory {
  std::unique_ptr<storage::Store> store;
  std::unique_ptr<crypto::Verifier> verifier;
  std::unique_ptr<ledger::Executor> executor;
  std::unique_ptr<ledger::Chain> chain;
};

Result<std::unique_ptr<storage::Store>> open_store(const NodeSetup& setup, const std::filesystem::path& directory) {
  auto store = storage::open_rocks_store(
      directory, {.block_cache_bytes = setup.config.block_cache_mib * limits::kMiB, .env = setup.env});
  if (!store) return Error(store.error()).within("data_directory");
  return store;
}

Result<Directory> open(const NodeSetup& setup, std::unique_ptr<ledger::Executor> executor = nullptr) {
  const auto db = setup.config.data_directory / "db";
  if (!std::filesystem::exists(db))
    return make_error(ErrorCode::not_found, "data_directory", "there is nothing at " + db.string(),
                      "the data directory of a node that has run");
  Directory out;
  auto store = open_store(setup, db);
  if (!store) return store.error();
  out.store = std::move(store).value();
  out.verifier = crypto::make_verifier(ledger::chain_id(setup.genesis));
  out.executor = executor ? std::move(executor) : std::make_unique<contracts::RuleEngine>();
  ledger::ChainOptions options;
  options.final_views = false;
  auto chain = ledger::Chain::open(*out.store, setup.genesis, *out.executor, *out.verifier, options);
  if (!chain) return chain.error();
  out.chain = std::move(chain).value();
  // The chain writes certificates unsynced; the votes know the last for certain.
  const auto records = VoteStore(*out.store).load();
  if (!records) return records.error();
  for (const auto& record : *records) {
    const auto* stable = std::get_if<consensus::StableRecord>(&record);
    if (stable == nullptr || stable->certificate.vote.height > out.chain->head().header.height) continue;
    if (Status recorded = out.chain->record_certificate(stable->certificate); !recorded) return recorded.error();
  }
  return out;
}

// Against what this node holds of its own.
Status check_against(const ledger::Chain& chain, const EpochRecovery& recovery) {
  const auto& statement = recovery.statement;
  if (chain.final_height() > statement.height)
    return make_error(ErrorCode::invalid_field, "statement.height",
                      "is " + std::to_string(statement.height.value) + ", but this node holds the certificate of " +
                          block(chain.final_height()),
                      "a document that ends the epoch there: `tally recovery draft` on this node");
  const auto header = chain.header(statement.height);
  if (!header) return header.error();
  if (*header && ledger::digest_of(**header) != statement.header)
    return make_error(ErrorCode::broken_chain, "statement.header", "is " + statement.header.hex(),
                      ledger::digest_of(**header).hex() + ", this node's " + block(statement.height) +
                          "; if a quorum certified the other one, empty this data directory and let it be rebuilt");
  return {};
}

}  // namespace

Result<EpochRecovery> draft_recovery(const NodeSetup& setup) {
  auto directory = open(setup);
  if (!directory) return directory.error();
  const ledger::Chain& chain = *directory->chain;
  const auto halt = read_halt(*directory->store);
  if (!halt) return halt.error();
  const auto validators = chain.validators();
  if (!*halt || (*halt)->epoch != validators.epoch)
    return make_error(ErrorCode::not_found, "",
                      "this node has recorded no halt of epoch " + std::to_string(validators.epoch.value),
                      "a network in which no header of a block can gather a quorum; the log and /healthz say so");
  EpochRecovery recovery;
  const BlockHeight height = chain.final_height();
  const auto header = chain.header(height);
  if (!header) return header.error();
  recovery.statement = {validators.epoch, height, ledger::digest_of(**header)};
  if (height > validators.start) {
    auto certificate = chain.certificate(height);
    if (!certificate) return certificate.error();
    recovery.certificate = std::move(certificate).value();
  }
  recovery.halt = (*halt)->votes;
  if (Status good = check_grounds(recovery, validators, *directory->verifier); !good) return good.error();
  return recovery;
}

Result<EpochRecovery> sign_recovery(const NodeSetup& setup, EpochRecovery recovery) {
  auto directory = open(setup);
  if (!directory) return directory.error();
  const auto validators = directory->chain->validators();
  if (Status good = check_grounds(recovery, validators, *directory->verifier); !good) return good.error();
  if (Status good = check_against(*directory->chain, recovery); !good) return good.error();
  const auto signed_before = read_signed(*directory->store, recovery.statement.ended);
  if (!signed_before) return signed_before.error();
  if (*signed_before && **signed_before != recovery.statement)
    return make_error(ErrorCode::invalid_field, "statement",
                      "differs from what this node has signed for epoch " +
                          std::to_string(recovery.statement.ended.value) + ": " + block((*signed_before)->height) +
                          " with header " + (*signed_before)->header.hex(),
                      "that one: nobody signs two");
  const auto signer = crypto::make_signer(setup.key, ledger::chain_id(setup.genesis));
  std::optional<ReplicaIndex> self;
  for (std::uint32_t i = 0; i < validators.members.size(); ++i)
    if (validators.members[i].key == signer->public_key()) self = ReplicaIndex{i};
  if (!self)
    return make_error(ErrorCode::unauthorised, "key_file",
                      "its key is no member's of epoch " + std::to_string(validators.epoch.value),
                      "the key of one of its " + std::to_string(validators.members.size()) + " members");
  // On disk before it is out.
  if (Status written = write_signed(*directory->store, recovery.statement); !written) return written.error();
  add_signature(recovery, *self, sign_recovery(recovery.statement, *signer));
  return recovery;
}

Result<RecoveryReport> apply_recovery(const NodeSetup& setup, const EpochRecovery& recovery,
                                      std::unique_ptr<ledger::Executor> executor,
                                      const std::function<void(BlockHeight)>& progress) {
  auto directory = open(setup, std::move(executor));
  if (!directory) return directory.error();
  const auto db = setup.config.data_directory / "db";
  const BlockHeight head = directory->chain->head().header.height;
  const auto validators = directory->chain->validators();
  RecoveryReport report{recovery.statement.height, {}, Epoch{recovery.statement.ended.value + 1}, {}};
  // Also what was applied before: it says so again.
  if (head <= recovery.statement.height || recovery.statement.ended < validators.epoch) {
    if (Status begun = directory->chain->begin_epoch(recovery); !begun) return begun.error();
    return report;
  }
  if (Status good = check_recovery(recovery, validators, *directory->verifier); !good) return good.error();
  if (Status good = check_against(*directory->chain, recovery); !good) return good.error();
  directory->chain.reset();
  report.undone = BlockHeight{head.value - recovery.statement.height.value};
  report.kept = setup.config.data_directory / ("db.halted-" + std::to_string(recovery.statement.ended.value));
  if (std::filesystem::exists(report.kept))
    return make_error(ErrorCode::io_failed, "data_directory", report.kept.string() + " is there already",
                      "to be moved away: it holds what a node had before an earlier recovery");
  const auto rebuilt = setup.config.data_directory / "db.rebuilding";
  std::error_code failure;
  std::filesystem::remove_all(rebuilt, failure);
  {
    auto store = open_store(setup, rebuilt);
    if (!store) return store.error();
    if (Status done = ledger::rebuild_until(*directory->store, **store, setup.genesis, *directory->executor,
                                            *directory->verifier, recovery, progress);
        !done)
      return done.error();
    if (Status copied = copy_own_records(*directory->store, **store); !copied) return copied.error();
  }
  directory->store.reset();
  if (Status exchanged = exchange_directories(rebuilt, db, report.kept); !exchanged) return exchanged.error();
  return report;
}

}  // namespace tally::node
