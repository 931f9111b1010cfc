// Purpose: corrections: a linked new entry that takes an earlier award or deduction back, once.
// Thread rule: the executing thread only.
// Errors: not_registered, not_found (no such entry), wrong_state (an opening, a reversal, an expiry, or taken back
// before), missing_role, outside_unit, same_person, reason_missing.
#pragma once

#include "contracts/call.h"

namespace tally::contracts {

// The change that the entry made, after floor and cap, is undone, itself between floor and cap. What the entry had
// used up of its rule's limits is free again.
Outcome reverse(Call& call, const Reverse& operation);

}  // namespace tally::contracts
