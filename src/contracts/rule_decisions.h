// Purpose: inside rule_proposals: reading a proposal, counting its approvals, and closing it.
// Thread rule: the executing thread only.
#pragma once

#include "contracts/governance.h"
#include "contracts/rule_proposals.h"
#include "contracts/timers.h"

namespace tally::contracts {

inline Council council_of(Call& call) {
  return {call.context.block, call.state, call.people, call.shelf, call.settings};
}

std::optional<RuleProposal> load_rule_proposal(const ledger::State& state, std::uint64_t number);
// The post that a person's approval speaks for.
Approver approver_of(const ledger::State& state, const Person& person);
// Approvals of people who hold a key in force.
FilledTerms count_approvals(const Council& council, const RuleProposal& proposal);
ProposalOutcome outcome_of(const Council& council, const RuleProposal& proposal);
// Adopts it, or closes it, if that is due now; writes it either way.
ProposalOutcome settle(const Council& council, RuleProposal& proposal);

}  // namespace tally::contracts
