#include "contracts/claims.h"

#include <boost/describe/enum_to_string.hpp>

#include "common/invariant.h"
#include "common/time.h"
#include "contracts/consents.h"
#include "contracts/counters.h"
#include "contracts/effects.h"
#include "contracts/unit.h"

namespace tally::contracts {

namespace {

Result<RulebookPtr> rulebook_at(const Call& call, const RulebookId& id, TimestampMs event_time,
                                std::string_view operation) {
  const auto* record = call.shelf.record(call.state, id);
  if (record == nullptr)
    return refusal(ErrorCode::not_registered, operation, "rulebook \"" + excerpt(id, 80) + "\" is not deployed",
                   "a deployed rulebook");
  if (event_time > call.now())
    return refusal(ErrorCode::invalid_field, operation,
                   "event time " + format_time(event_time) + " lies after block time " + format_time(call.now()),
                   "the time at which it happened");
  auto rulebook = call.shelf.in_force(call.state, id, event_time);
  if (rulebook == nullptr)
    return refusal(ErrorCode::not_registered, operation,
                   "rulebook " + id + " was not in force at event time " + format_time(event_time),
                   "an event from " + format_time(record->versions.front().effective) + " on");
  if (auto alive = check_not_retired(call, id, event_time, operation); !alive) return alive.error();
  const std::uint64_t span = rulebook->event_span_days * kDayMs;
  if (call.now().value - event_time.value > span)
    return refusal(ErrorCode::invalid_field, operation,
                   "event time " + format_time(event_time) + " lies more than " +
                       std::to_string(rulebook->event_span_days) + " days before block time " + format_time(call.now()),
                   "an event within the span that " + id + " declares");
  return rulebook;
}

const char* does(RuleKind kind) {
  return kind == RuleKind::award ? "adds points" : kind == RuleKind::deduct ? "takes points" : "uses points up";
}

Result<const Rule*> rule_of(const Rulebook& rulebook, const RuleCode& code, RuleKind kind, std::string_view operation) {
  const Rule* rule = rulebook.rule(code);
  if (rule == nullptr)
    return refusal(ErrorCode::rule_unknown, operation,
                   "rule \"" + excerpt(code, 40) + "\" is not in version " + std::to_string(rulebook.version) + " of " +
                       rulebook.id,
                   "a rule of its catalogue");
  if (rule->kind != kind)
    return refusal(ErrorCode::wrong_state, code, std::string("the rule ") + does(rule->kind),
                   std::string("the operation ") + boost::describe::enum_to_string(rule->kind, "unknown"));
  if (!rule->on)
    return refusal(ErrorCode::rule_off, code,
                   "the rule is off in version " + std::to_string(rulebook.version) + " of " + rulebook.id,
                   "a rule that is on");
  return rule;
}

Status check_papers(const Rule& rule, const Claimed& claimed) {
  if (rule.evidence_required && claimed.evidence.is_zero())
    return refusal(ErrorCode::evidence_missing, rule.code, "evidence is missing", "the digest of the document");
  if (rule.reason_required && claimed.reason.is_zero())
    return refusal(ErrorCode::reason_missing, rule.code, "the reason is missing", "the digest of a written reason");
  return {};
}

Result<Amount> computed_amount(Situation& situation, const Rulebook& rulebook, const Rule& rule) {
  auto change = situation.points(rule.amount.computed, rule.code);
  if (!change || (*change >= rule.amount.from && *change <= rule.amount.to)) return change;
  return refusal(ErrorCode::amount_out_of_range, rule.code,
                 "`" + rule.amount.computed.source + "` is " + rulebook.points(*change),
                 "from " + rulebook.points(rule.amount.from) + " to " + rulebook.points(rule.amount.to));
}

}  // namespace

Status check_conditions(Situation& situation, const std::vector<Condition>& conditions, std::string_view clause) {
  for (const auto& condition : conditions) {
    const auto holds = situation.holds(condition.when, clause);
    if (!holds) return holds.error();
    if (!*holds)
      return refusal(ErrorCode::condition_failed, clause, condition.otherwise.en, "`" + condition.when.source + "`");
  }
  return {};
}

namespace {

// Rule, subject, book and account: where the claim would go.
Status find_place(const Call& call, Claim& claim, const Claimed& claimed, RuleKind kind, std::string_view operation) {
  const auto rule = rule_of(*claim.rulebook, claimed.rule, kind, operation);
  if (!rule) return rule.error();
  claim.rule = *rule;
  const auto& clause = claim.rule->code;
  auto subject = subject_of(call, claimed.subject, clause);
  if (!subject) return subject.error();
  claim.subject = *std::move(subject);
  claim.book = claim.rulebook->book_for(*claim.rule, claim.subject.kind);
  if (claim.book == nullptr)
    return refusal(ErrorCode::not_registered, clause,
                   claim.rulebook->id + " version " + std::to_string(claim.rulebook->version) +
                       " keeps no book of this rule for subjects of kind " +
                       boost::describe::enum_to_string(claim.subject.kind, "unknown"),
                   "a subject of the kind that the rule is for");
  if (auto agreed = check_agreed(call, *claim.rulebook, claimed.subject, clause); !agreed) return agreed;
  auto account = account_of(call, {claimed.rulebook, claim.book->code, claimed.subject}, clause);
  if (!account) return account.error();
  claim.account = *account;
  return {};
}

Status check_proposer(const Call& call, const Claim& claim) {
  const auto& clause = claim.rule->code;
  if (auto role = check_role(*claim.proposer, claim.rule->proposer_roles, clause); !role) return role;
  if (auto reach = check_reach(*claim.proposer, claim.subject.unit, clause); !reach) return reach;
  return check_no_stake(call, *claim.proposer, claim.subject, clause);
}

// What it would change, its papers, and what the rule says must hold.
Status find_change(const Call& call, Claim& claim, const Claimed& claimed) {
  const auto& clause = claim.rule->code;
  auto change = amount_of(*claim.rulebook, *claim.rule, claimed.quantity, claimed.amount);
  if (!change) return change.error();
  claim.change = *change;
  if (auto papers = check_papers(*claim.rule, claimed); !papers) return papers;
  if (claim.rule->conditions.empty() && !claim.rule->amount.computed) return {};
  Situation situation({call.state, *claim.rulebook, claimed.subject, claim.subject, call.now(), {}}, call.budget);
  situation.set_claim(claimed.quantity, claimed.amount, claimed.event_time);
  if (auto met = check_conditions(situation, claim.rule->conditions, clause); !met) return met;
  if (!claim.rule->amount.computed) return {};
  change = computed_amount(situation, *claim.rulebook, *claim.rule);
  if (!change) return change.error();
  claim.change = *change;
  return {};
}

}  // namespace

Result<Claim> check_claim(const Call& call, const Claimed& claimed, RuleKind kind, std::string_view operation) {
  Claim claim;
  auto author = author_of(call, operation);
  if (!author) return author.error();
  claim.proposer = *std::move(author);
  auto rulebook = rulebook_at(call, claimed.rulebook, claimed.event_time, operation);
  if (!rulebook) return rulebook.error();
  claim.rulebook = *std::move(rulebook);
  if (auto place = find_place(call, claim, claimed, kind, operation); !place) return place.error();
  if (auto proposer = check_proposer(call, claim); !proposer) return proposer.error();
  if (auto change = find_change(call, claim, claimed); !change) return change.error();
  return claim;
}

Result<Claim> check_case_claim(const Call& call, const Claimed& claimed, const CaseClaim& of) {
  Claim claim;
  claim.proposer = of.proposer;
  claim.work = of.work;
  claim.rulebook = of.rulebook;
  if (auto place = find_place(call, claim, claimed, of.kind, of.clause); !place) return place.error();
  if (of.kind == RuleKind::deduct) {
    invariant(claim.proposer != nullptr, "only an officer's act proposes a deduction");
    if (auto proposer = check_proposer(call, claim); !proposer) return proposer.error();
  }
  if (auto change = find_change(call, claim, claimed); !change) return change.error();
  return claim;
}

Outcome enter(Call& call, Claim& claim, const Claimed& claimed, Amount change,
              const std::optional<PersonId>& endorser) {
  const Rule& rule = *claim.rule;
  const Use use{*claim.rulebook,  rule,
                claimed.subject,  claimed.event_time,
                claimed.evidence, Usage{1, claimed.quantity, Amount{std::abs(change.value)}}};
  if (auto counted = count_use(call, use); !counted) return counted.error();
  Entry entry;
  entry.kind = rule.kind == RuleKind::spend ? EntryKind::spending : EntryKind::award;
  entry.rule = rule.code;
  entry.rulebook_version = claim.rulebook->version;
  entry.quantity = claimed.quantity;
  entry.asked = claim.change;
  entry.change = change;
  entry.event_time = claimed.event_time;
  entry.block_time = call.now();
  entry.height = call.context.block.height;
  entry.transaction = call.context.transaction_id;
  if (claim.proposer != nullptr) entry.proposer = claim.proposer->id;
  entry.case_number = claim.work;
  entry.endorser = endorser;
  entry.reason = claimed.reason;
  entry.evidence = claimed.evidence;
  const Ledger ledger = claim.ledger(call.state, claimed.subject);
  OperationOutput output;
  output.entry = post(ledger, claim.account, entry);
  if (auto applied = apply_effects({ledger, rule, claim.subject, *output.entry, entry}, call.budget); !applied)
    return applied.error();
  output.change = change;
  output.score = entry.score;
  return output;
}

}  // namespace tally::contracts
