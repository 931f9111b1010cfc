#include "contracts/awards.h"

#include "contracts/claims.h"
#include "contracts/counters.h"

namespace tally::contracts {

Outcome award(Call& call, const Award& operation) {
  const auto view = view_of(operation);
  auto claim = check_claim(call, view, RuleKind::award, Award::kName);
  if (!claim) return claim.error();
  const Rule& rule = *claim->rule;
  std::optional<PersonId> endorser;
  if (!rule.endorser_roles.empty()) {
    const SecondPerson wanted{{claim->proposer->id}, rule.endorser_roles, claim->subject.unit, &claim->subject};
    const auto second = second_person(call, wanted, rule.code);
    if (!second) return second.error();
    endorser = (*second)->id;
  }
  const Amount change = clip(*claim->book, claim->account.score, claim->change);
  const Use use{*claim->rulebook,   rule,
                operation.subject,  operation.event_time,
                operation.evidence, Usage{1, operation.quantity, change}};
  if (auto counted = count_use(call, use); !counted) return counted.error();
  Entry entry;
  entry.kind = EntryKind::award;
  entry.rule = rule.code;
  entry.rulebook_version = claim->rulebook->version;
  entry.quantity = operation.quantity;
  entry.change = change;
  entry.event_time = operation.event_time;
  entry.block_time = call.now();
  entry.height = call.context.block.height;
  entry.transaction = call.context.transaction_id;
  entry.proposer = claim->proposer->id;
  entry.endorser = endorser;
  entry.reason = operation.reason;
  entry.evidence = operation.evidence;
  OperationOutput output;
  output.entry = post(claim->ledger(call.state, operation.subject), claim->account, entry);
  output.change = change;
  output.score = entry.score;
  return output;
}

}  // namespace tally::contracts
