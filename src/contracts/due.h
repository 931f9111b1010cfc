// Purpose: fires the timers that fell due: terms of cases, points that lapse, periods, terms on lists, suspensions,
// deadlines of workflows.
// Thread rule: the executing thread only.
#pragma once

#include "contracts/call.h"

namespace tally::contracts {

// Timers at or before the block's time, the oldest first, at most `limit`; the rest stays for the next block. Returns
// their DueEvents in canonical bytes.
std::vector<Bytes> run_due(const ledger::BlockContext& block, ledger::State& state, Directory& people, Shelf& shelf,
                           std::size_t limit);

}  // namespace tally::contracts
