// Purpose: awards: points added at once under one rule of the catalogue.
// Thread rule: the executing thread only.
// Errors: those of claims.h; then limit_reached; then, where the rule names endorsers, what second_person refuses.
#pragma once

#include "contracts/call.h"

namespace tally::contracts {

Outcome award(Call& call, const Award& operation);

}  // namespace tally::contracts
