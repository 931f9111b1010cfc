// Purpose: what the ledger says somebody is owed, and notices that a subject finds in its records. The ledger moves no
// money: whoever paid says so, with evidence.
// Thread rule: the executing thread only.
// Errors: not_found; wrong_state (paid already); missing_role; outside_unit; same_person; evidence_missing.
#pragma once

#include "contracts/call.h"
#include "contracts/work_records.h"

namespace tally::contracts {

// Each returns the number that it gave.
std::uint64_t owe(ledger::State& state, const Obligation& obligation);
std::uint64_t notify(ledger::State& state, const SubjectHandle& subject, const Notice& notice);

std::optional<Obligation> find_obligation(const ledger::State& state, std::uint64_t number);

Outcome settle(Call& call, const Settle& operation);

}  // namespace tally::contracts
