// Purpose: a chain's blocks from wherever they lie (a chain file, the data directory of a stopped node, a running
// node), replayed under audit: what a command computes from a history rests on a history that holds. Thread rule: one
// thread. Errors: io_failed, already_running, unreachable; usage mistakes; verification_failed with the first block
// that is wrong.
#pragma once

#include "ledger/audit.h"
#include "tally/app.h"

namespace tally::cli {

struct SourceOptions {
  std::string file;
  std::string data;
  std::string genesis;
  std::string chain_id;
  bool progress = false;

  // Whether a place other than the node was named.
  [[nodiscard]] bool elsewhere() const { return !file.empty() || !data.empty(); }
};
// --file, --data, --genesis, --chain-id, --progress.
void add_source_options(Command& command, SourceOptions& options);

Outcome<ledger::Genesis> read_genesis(Context& context, const std::string& file);

// The chain that one was told by other means than the source: of a genesis document, of --chain-id, of the settings.
Outcome<std::optional<ChainId>> expected_chain(Context& context, const std::string& genesis_file,
                                               const std::string& chain_id);

// Whether --file names an archive's directory in place of a chain file.
bool is_archive(const std::string& file);
// Of the document named, else the one that lies in the archive, which then says itself which chain it is.
Outcome<ledger::Genesis> archive_genesis(Context& context, const std::string& directory,
                                         const std::string& genesis_file);
// As ledger::audit_chain_file, of an archive's directory.
Outcome<ledger::AuditVerdict> audit_archive(Context& context, const std::string& directory,
                                            const std::string& genesis_file, ledger::Executor& executor,
                                            const ledger::AuditOptions& options);

struct Replay {
  ledger::Executor& executor;
  storage::Store& store;  // empty; the state stands here after each block
  // After the genesis was executed, and after each block was. What they fail with ends the replay.
  std::function<Status(const ledger::Genesis&)> begin;
  std::function<Status(const ledger::CertifiedBlock&)> each;
};
// Replays the whole chain; the verdict has passed.
Outcome<ledger::AuditVerdict> replay_audited(Context& context, const SourceOptions& options, const Replay& replay);

}  // namespace tally::cli
