// Purpose: builds or continues the data directory of a stopped node from an archive's directory, which may come from
// anybody: each chunk is checked against the genesis before its blocks are executed again, one after the other.
// Thread rule: one thread; the node does not run.
// Errors: already_running; those of ledger/archive_directory.h and of Chain::apply_certified. Where there was no chain
// before, nothing is left behind; an existing one keeps the blocks that were good, and `kept` says up to where.
#pragma once

#include "ledger/archive_directory.h"
#include "node/node.h"

namespace tally::node {

struct ImportReport {
  BlockHeight before;  // the head that was there
  BlockHeight head;    // that is there now
  std::uint64_t files = 0;
};
// `executor`: null: the rule engine. `kept` is set whatever the outcome.
Result<ImportReport> import_archive(const NodeSetup& setup, const std::filesystem::path& archive, BlockHeight& kept,
                                    std::unique_ptr<ledger::Executor> executor = nullptr,
                                    const std::function<void(BlockHeight)>& progress = nullptr);

}  // namespace tally::node
