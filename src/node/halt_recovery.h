// Purpose: what operators do after a halt (consensus rule 6), each on the data directory of a stopped node: draft the
// document, sign it, and apply it, which undoes the blocks above the last certificate.
// Thread rule: one thread; the node does not run.
// Errors: already_running (the node runs), not_found (no halt was recorded here), invalid_field, broken_chain,
// bad_certificate, conflict (another statement was signed here), storage_failed, io_failed. Nothing is changed then,
// but for a directory "db.rebuilding", which the next attempt replaces.
// Invariant: what was in the data directory before apply() stays beside it, as "db.halted-" and the epoch.
#pragma once

#include <filesystem>
#include <functional>

#include "consensus/epoch_recovery.h"
#include "ledger/executor.h"
#include "node/node.h"

namespace tally::node {

// For the epoch that halted here, without signatures.
Result<consensus::EpochRecovery> draft_recovery(const NodeSetup& setup);

// Adds the signature of this node's key, after the checks that its operator would want: that the node holds no
// certificate above, and has signed no other document for this epoch.
Result<consensus::EpochRecovery> sign_recovery(const NodeSetup& setup, consensus::EpochRecovery recovery);

struct RecoveryReport {
  BlockHeight height;          // of the last block that stays
  BlockHeight undone;          // how many blocks above went
  Epoch epoch;                 // that begins
  std::filesystem::path kept;  // what was there before; empty if nothing had to be undone
};
// `executor` executes the blocks again; null: the rule engine.
Result<RecoveryReport> apply_recovery(const NodeSetup& setup, const consensus::EpochRecovery& recovery,
                                      std::unique_ptr<ledger::Executor> executor = nullptr,
                                      const std::function<void(BlockHeight)>& progress = nullptr);

}  // namespace tally::node
