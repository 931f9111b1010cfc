// Purpose: where a damaged store gets its blocks from: running nodes, chain files, archives.
// Thread rule: one thread. Nothing that they give is believed: ledger/salvage.h checks it.
// Errors of opening: usage mistakes, unreachable, wrong_chain, those of the files.
#pragma once

#include "ledger/salvage.h"
#include "tally/app.h"

namespace tally::cli {

// Asks the node which chain it serves. `context` outlives the donor; its key must be an officer's or a validator's.
Outcome<std::unique_ptr<ledger::BlockDonor>> donor_of_node(Context& context, const std::string& url,
                                                           const ChainId& chain);
// A chain file, or an archive's directory.
Outcome<std::unique_ptr<ledger::BlockDonor>> donor_of_file(const std::string& path, const ledger::Genesis& genesis);

}  // namespace tally::cli
