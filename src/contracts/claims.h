// Purpose: what awards and deductions have in common: who claims what about whom, under which rule.
// Thread rule: the executing thread only.
// Errors, in this order: not_registered (signer, rulebook), invalid_field (event time), rule_unknown, wrong_state
// (a rule of the other kind), rule_off, not_registered (subject, account), missing_role, outside_unit,
// same_person (own affairs), amount_out_of_range and its kin, evidence_missing, reason_missing. Once the rule is
// known it is the clause.
#pragma once

#include "contracts/accounts.h"

namespace tally::contracts {

struct ClaimView {
  const RulebookId& rulebook;
  const SubjectHandle& subject;
  const RuleCode& rule;
  std::uint32_t quantity = 1;
  const std::optional<Amount>& amount;
  TimestampMs event_time;
  const Digest& reason;
  const Digest& evidence;
};
template <class Operation>
ClaimView view_of(const Operation& operation) {
  return {operation.rulebook, operation.subject,    operation.rule,   operation.quantity,
          operation.amount,   operation.event_time, operation.reason, operation.evidence};
}

struct Claim {
  PersonPtr proposer;
  RulebookPtr rulebook;        // the version in force at the event's time
  const Rule* rule = nullptr;  // of rulebook
  const Book* book = nullptr;  // of rulebook
  SubjectRecord subject;
  AccountRecord account;
  Amount change;  // before floor and cap

  [[nodiscard]] Ledger ledger(ledger::State& state, const SubjectHandle& of) const {
    return {state, *rulebook, *book, of};
  }
};

Result<Claim> check_claim(const Call& call, const ClaimView& view, RuleKind kind, std::string_view operation);

}  // namespace tally::contracts
