// Purpose: points that a subject uses up (goods of the village shop, hours of a shared machine).
// Thread rule: the executing thread only.
// Errors: those of claims.h; consent_missing (neither the subject nor a second person signed); amount_out_of_range
// (more than there is); limit_reached.
#pragma once

#include "contracts/call.h"

namespace tally::contracts {

Outcome spend(Call& call, const Spend& operation);

}  // namespace tally::contracts
