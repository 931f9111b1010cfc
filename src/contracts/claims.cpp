#include "contracts/claims.h"

#include <boost/describe/enum_to_string.hpp>

#include "common/invariant.h"
#include "common/time.h"
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

Status check_papers(const Rule& rule, const ClaimView& view) {
  if (rule.evidence_required && view.evidence.is_zero())
    return refusal(ErrorCode::evidence_missing, rule.code, "evidence is missing", "the digest of the document");
  if (rule.reason_required && view.reason.is_zero())
    return refusal(ErrorCode::reason_missing, rule.code, "the reason is missing", "the digest of a written reason");
  return {};
}

}  // namespace

Result<Claim> check_claim(const Call& call, const ClaimView& view, RuleKind kind, std::string_view operation) {
  Claim claim;
  auto author = author_of(call, operation);
  if (!author) return author.error();
  claim.proposer = *std::move(author);
  auto rulebook = rulebook_at(call, view.rulebook, view.event_time, operation);
  if (!rulebook) return rulebook.error();
  claim.rulebook = *std::move(rulebook);
  const auto rule = rule_of(*claim.rulebook, view.rule, kind, operation);
  if (!rule) return rule.error();
  claim.rule = *rule;
  const auto& clause = claim.rule->code;
  auto subject = subject_of(call, view.subject, clause);
  if (!subject) return subject.error();
  claim.subject = *std::move(subject);
  claim.book = claim.rulebook->book_for(*claim.rule, claim.subject.kind);
  if (claim.book == nullptr)
    return refusal(ErrorCode::wrong_state, clause,
                   "version " + std::to_string(claim.rulebook->version) + " of " + claim.rulebook->id +
                       " keeps no book of this rule for subjects of kind " +
                       boost::describe::enum_to_string(claim.subject.kind, "unknown"),
                   "a subject of the kind that the rule is for");
  auto account = account_of(call, {view.rulebook, claim.book->code, view.subject}, clause);
  if (!account) return account.error();
  claim.account = *account;
  if (auto role = check_role(*claim.proposer, claim.rule->proposer_roles, clause); !role) return role.error();
  if (auto reach = check_reach(*claim.proposer, claim.subject.unit, clause); !reach) return reach.error();
  if (auto stake = check_no_stake(call, *claim.proposer, claim.subject, clause); !stake) return stake.error();
  const auto change = amount_of(*claim.rulebook, *claim.rule, view.quantity, view.amount);
  if (!change) return change.error();
  claim.change = *change;
  if (auto papers = check_papers(*claim.rule, view); !papers) return papers.error();
  return claim;
}

}  // namespace tally::contracts
