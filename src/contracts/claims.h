// Purpose: what awards and deductions have in common: who claims what about whom, under which rule.
// Thread rule: the executing thread only.
// Errors, in this order: not_registered (signer, rulebook), invalid_field (event time), rule_unknown, wrong_state
// (a rule of the other kind), rule_off, not_registered (subject, account), missing_role, outside_unit,
// same_person (own affairs), amount_out_of_range and its kin, evidence_missing, reason_missing, condition_failed,
// expression_failed. Once the rule is
// known it is the clause.
#pragma once

#include "contracts/accounts.h"
#include "contracts/situation.h"

namespace tally::contracts {

struct Claim {
  PersonPtr proposer;                 // null: a workflow that no officer moved
  std::optional<std::uint64_t> work;  // the workflow's case that it comes from
  RulebookPtr rulebook;               // the version in force at the event's time
  const Rule* rule = nullptr;         // of rulebook
  const Book* book = nullptr;         // of rulebook
  SubjectRecord subject;
  AccountRecord account;
  Amount change;  // before floor and cap

  [[nodiscard]] Ledger ledger(ledger::State& state, const SubjectHandle& of) const {
    return {state, *rulebook, *book, of};
  }
};

// The first that does not hold is the refusal (condition_failed), in the rulebook's words.
Status check_conditions(Situation& situation, const std::vector<Condition>& conditions, std::string_view clause);
Result<Claim> check_claim(const Call& call, const Claimed& claimed, RuleKind kind, std::string_view operation);
// What a workflow's case claims, under the version that the case runs under: who may act was the workflow's affair, but
// a deduction needs a proposer whom its rule names. Errors as above, from rule_unknown on.
struct CaseClaim {
  std::uint64_t work = 0;
  RulebookPtr rulebook;
  PersonPtr proposer;
  RuleKind kind = RuleKind::award;
  std::string_view clause;
};
Result<Claim> check_case_claim(const Call& call, const Claimed& claimed, const CaseClaim& of);
// The claim's change, clipped, enters the account's book at once, with what its rule brings. `endorser`: the second
// person, where there is one. Errors: limit_reached, expression_failed.
Outcome enter(Call& call, Claim& claim, const Claimed& claimed, Amount change, const std::optional<PersonId>& endorser);

}  // namespace tally::contracts
