#include "contracts/awards.h"

#include "contracts/claims.h"

namespace tally::contracts {

Outcome award(Call& call, const Award& operation) {
  auto claim = check_claim(call, operation, RuleKind::award, Award::kName);
  if (!claim) return claim.error();
  const Rule& rule = *claim->rule;
  std::optional<PersonId> endorser;
  if (!rule.endorser_roles.empty()) {
    const SecondPerson wanted{{claim->proposer->id}, rule.endorser_roles, claim->subject.unit, &claim->subject};
    const auto second = second_person(call, wanted, rule.code);
    if (!second) return second.error();
    endorser = (*second)->id;
  }
  return enter(call, *claim, operation, clip(*claim->book, claim->account.score, claim->change), endorser);
}

}  // namespace tally::contracts
