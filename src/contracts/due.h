// Purpose: fires the timers that fell due: terms of cases, points that lapse, periods, terms on lists, suspensions,
// terms of proposals, deadlines of workflows.
// Thread rule: the executing thread only.
#pragma once

#include "contracts/rule_proposals.h"

namespace tally::contracts {

// Timers at or before the block's time, the oldest first, at most `limit`; the rest stays for the next block. Returns
// their DueEvents in canonical bytes.
std::vector<Bytes> run_due(const Council& at, std::size_t limit);

}  // namespace tally::contracts
