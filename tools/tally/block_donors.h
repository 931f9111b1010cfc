// Purpose: where a store gets blocks from that it lacks: running nodes, chain files, archives.
// Thread rule: one thread. Nothing that they give is believed: ledger/salvage.h checks it.
// Errors of opening: usage mistakes, unreachable, wrong_chain, those of the files.
#pragma once

#include "ledger/prune.h"
#include "ledger/salvage.h"
#include "tally/app.h"

namespace tally::cli {

// Asks the node which chain it serves. `context` outlives the donor; its key must be an officer's or a validator's.
Outcome<std::unique_ptr<ledger::BlockDonor>> donor_of_node(Context& context, const std::string& url,
                                                           const ChainId& chain);
// The blocks of a chain file, or of an archive's directory, in order; of this chain.
Result<ledger::BlockSource> open_block_file(const std::string& path, const ledger::Genesis& genesis);
Outcome<std::unique_ptr<ledger::BlockDonor>> donor_of_file(const std::string& path, const ledger::Genesis& genesis);

}  // namespace tally::cli
