// Purpose: rulebooks come on chain, and the test clock moves.
// Thread rule: the executing thread only.
// Errors: what the rulebook check finds; wrong_state (a version that does not follow, a change to the past);
// missing_role, same_person; test_clock_disabled.
#pragma once

#include "contracts/call.h"

namespace tally::contracts {

// After the genesis by a governor and a different governor. A replacement has a higher version, the same scale and
// books, and takes effect no earlier than it is deployed: nobody is judged by rules that came later.
Outcome deploy_rulebook(Call& call, const DeployRulebook& operation);

// Needs the role clock and a ledger on the test clock. Never backwards; at most ten years at once, because a slip
// of the pen cannot be taken back.
Outcome advance_clock(Call& call, const AdvanceClock& operation);

}  // namespace tally::contracts
