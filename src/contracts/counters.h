// Purpose: limits of a rule per account and period, counted in the state.
// Thread rule: the executing thread only.
// Invariant: a record holds no period that lies wholly before the rulebook's event span: no event can fall there
// any more. Evidence is kept for good, so that a document never pays twice.
// Errors: limit_reached, with the rule as the clause.
#pragma once

#include "contracts/call.h"
#include "contracts/periods.h"

namespace tally::contracts {

struct Use {
  const Rulebook& rulebook;
  const Rule& rule;
  const SubjectHandle& subject;
  TimestampMs event_time;
  const Digest& evidence;
  Usage amount;  // of this use; points without a sign
};

// Counts the use, or refuses and changes nothing.
Status count_use(const Call& call, const Use& use);
// Takes back what count_use counted: the award was reversed, the case was dropped.
void release_use(ledger::State& state, const Use& use);

}  // namespace tally::contracts
