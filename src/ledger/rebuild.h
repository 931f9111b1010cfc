// Purpose: undoes blocks. A store has no undo log, so the blocks up to a height are executed again, from the genesis
// on, into an empty store, each checked against its stored header: slow and certain. After a halt, what lies above the
// last certificate has to go (consensus rule 6). Thread rule: one thread; nobody else uses either store meanwhile.
// Errors: storage_failed; root_mismatch if this software does not make the stored block again; broken_chain or
// bad_certificate if the stored block at that height is not the document's; pruned if blocks are missing. Then `to` is
// to be thrown away.
#pragma once

#include <functional>

#include "ledger/chain.h"

namespace tally::ledger {

// Ends with the document's epoch begun in `to`. `progress` hears of each height done.
Status rebuild_until(const storage::Reader& from, storage::Store& to, const Genesis& genesis, Executor& executor,
                     const crypto::Verifier& verifier, const consensus::EpochRecovery& recovery,
                     const std::function<void(BlockHeight)>& progress = nullptr);

}  // namespace tally::ledger
