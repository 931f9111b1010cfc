// Purpose: deductions as cases: proposed, endorsed by a second person, open to objection, effective, expired.
//   proposed  --endorse-->      endorsed     within endorse_within_days, else lapsed
//   endorsed  --object-->       disputed     within objection_days, else effective
//   disputed  --dismissed-->    effective    within resolve_within_days
//   disputed  --upheld-->       dropped      and also when nobody resolves it in time: in doubt for the subject
//   effective --expires_months after the event--> expired (a linked entry gives the points back)
//   effective --reverse-->      reversed
// Thread rule: the executing thread only.
// Errors: those of claims.h; not_found (no such case); wrong_state (with the state and the term); same_person;
// missing_role; outside_unit; reason_missing.
// Invariant: every case in proposed, endorsed, disputed or effective has one timer, at its deadline.
#pragma once

#include "contracts/call.h"

namespace tally::contracts {

struct Claim;
struct Proposed {
  std::uint64_t number = 0;
  CaseRecord record;
};
// Opens the case of a checked claim. Errors: limit_reached.
Result<Proposed> propose_deduction(Call& call, Claim& claim, const Claimed& claimed,
                                   const std::optional<PersonId>& endorser);

Outcome deduct(Call& call, const Deduct& operation);
Outcome endorse(Call& call, const Endorse& operation);
Outcome object(Call& call, const Object& operation);
Outcome resolve(Call& call, const Resolve& operation);

// For reversal: an effective case whose entry was taken back.
void end_reversed_case(ledger::State& state, Shelf& shelf, std::uint64_t case_number);

}  // namespace tally::contracts
