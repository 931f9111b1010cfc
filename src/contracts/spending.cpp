#include "contracts/spending.h"

#include "contracts/claims.h"
#include "contracts/counters.h"
#include "contracts/effects.h"

namespace tally::contracts {

namespace {

// Whoever stands for the subject's will: its own key, or a second person if it has none.
Result<std::optional<PersonId>> willing(const Call& call, const Claim& claim) {
  const auto& clause = claim.rule->code;
  if (claim.subject.key) {
    for (const auto& signature : call.context.transaction->signatures)
      if (signature.key == *claim.subject.key) return std::optional<PersonId>{};
    return refusal(ErrorCode::consent_missing, clause, "the subject did not sign",
                   "the signature of the subject's key");
  }
  if (claim.rule->endorser_roles.empty())
    return refusal(ErrorCode::consent_missing, clause, "the subject has no key, and the rule names no second person",
                   "a subject with a key");
  const SecondPerson wanted{{claim.proposer->id}, claim.rule->endorser_roles, claim.subject.unit, &claim.subject};
  const auto second = second_person(call, wanted, clause);
  if (!second) return second.error();
  return std::optional<PersonId>((*second)->id);
}

}  // namespace

Outcome spend(Call& call, const Spend& operation) {
  const auto view = view_of(operation);
  auto claim = check_claim(call, view, RuleKind::spend, Spend::kName);
  if (!claim) return claim.error();
  const Rule& rule = *claim->rule;
  const auto witness = willing(call, *claim);
  if (!witness) return witness.error();
  const Amount change = claim->change;
  if (clip(*claim->book, claim->account.score, change) != change)
    return refusal(ErrorCode::amount_out_of_range, rule.code,
                   claim->rulebook->points(Amount{-change.value}) + " points would be used up and there are " +
                       claim->rulebook->points(claim->account.score),
                   "no more points than there are above " + claim->rulebook->points(claim->book->floor));
  const Use use{*claim->rulebook,   rule,
                operation.subject,  operation.event_time,
                operation.evidence, Usage{1, operation.quantity, Amount{-change.value}}};
  if (auto counted = count_use(call, use); !counted) return counted.error();
  Entry entry;
  entry.kind = EntryKind::spending;
  entry.rule = rule.code;
  entry.rulebook_version = claim->rulebook->version;
  entry.quantity = operation.quantity;
  entry.asked = change;
  entry.change = change;
  entry.event_time = operation.event_time;
  entry.block_time = call.now();
  entry.height = call.context.block.height;
  entry.transaction = call.context.transaction_id;
  entry.proposer = claim->proposer->id;
  entry.endorser = *witness;
  entry.reason = operation.reason;
  entry.evidence = operation.evidence;
  const Ledger ledger = claim->ledger(call.state, operation.subject);
  OperationOutput output;
  output.entry = post(ledger, claim->account, entry);
  if (auto applied = apply_effects({ledger, rule, claim->subject, *output.entry, entry}, call.budget); !applied)
    return applied.error();
  output.change = change;
  output.score = entry.score;
  return output;
}

}  // namespace tally::contracts
