// Purpose: rulebooks come on chain, and the test clock moves.
// Thread rule: the executing thread only.
// Errors: what the rulebook check finds; wrong_state (a version that does not follow, a change to the past, a
// deployment outside the genesis); missing_role; test_clock_disabled.
#pragma once

#include "contracts/call.h"

namespace tally::contracts {

// In a genesis only; afterwards rulebooks are proposed (rule_proposals.h).
Outcome deploy_rulebook(Call& call, const DeployRulebook& operation);

// The mistakes of a document in one text of bounded length.
Error mistakes_of(const std::vector<Error>& problems, std::string_view clause);
// A replacement has a higher version, the same scale and books, and takes effect no earlier than now: nobody is judged
// by rules that came later. A retired rulebook has no further version.
Status check_succession(const ledger::State& state, Shelf& shelf, const Rulebook& next, TimestampMs now,
                        std::string_view clause);
// Required: check_succession passes.
void put_version(ledger::State& state, Shelf& shelf, const RulebookPtr& rulebook, Bytes text);

// Needs the role clock and a ledger on the test clock. Never backwards; at most ten years at once, because a slip
// of the pen cannot be taken back.
Outcome advance_clock(Call& call, const AdvanceClock& operation);

}  // namespace tally::contracts
