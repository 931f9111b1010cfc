#include "contracts/spending.h"

#include "contracts/claims.h"

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
  auto claim = check_claim(call, operation, RuleKind::spend, Spend::kName);
  if (!claim) return claim.error();
  const auto witness = willing(call, *claim);
  if (!witness) return witness.error();
  const Amount change = claim->change;
  if (clip(*claim->book, claim->account.score, change) != change)
    return refusal(ErrorCode::amount_out_of_range, claim->rule->code,
                   claim->rulebook->points(Amount{-change.value}) + " points would be used up and there are " +
                       claim->rulebook->points(claim->account.score),
                   "no more points than there are above " + claim->rulebook->points(claim->book->floor));
  return enter(call, *claim, operation, change, *witness);
}

}  // namespace tally::contracts
