#include "contracts/cases.h"

#include <boost/describe/enum_to_string.hpp>

#include "common/time.h"
#include "contracts/case_flow.h"
#include "contracts/claims.h"
#include "contracts/counters.h"

namespace tally::contracts {

namespace {

std::string label_of(std::uint64_t case_number) {
  return "case " + std::to_string(case_number);
}

Status check_state(const Call& call, const CaseRecord& record, std::uint64_t case_number, CaseState wanted,
                   std::string_view clause) {
  if (record.state != wanted)
    return refusal(ErrorCode::wrong_state, clause,
                   label_of(case_number) + " is " + boost::describe::enum_to_string(record.state, "unknown"),
                   std::string("a case that is ") + boost::describe::enum_to_string(wanted, "unknown"));
  if (call.now() >= record.deadline)
    return refusal(ErrorCode::wrong_state, clause,
                   "the term of " + label_of(case_number) + " ended at " + format_time(record.deadline),
                   "an act within the term");
  return {};
}

Result<CaseRecord> find_case(const Call& call, std::uint64_t case_number, std::string_view clause) {
  auto record = load_case(call.state, case_number);
  if (!record) return refusal(ErrorCode::not_found, clause, label_of(case_number) + " does not exist", "an open case");
  return *std::move(record);
}

OperationOutput moved(std::uint64_t case_number, const CaseRecord& record) {
  OperationOutput output;
  output.case_number = case_number;
  if (record.state == CaseState::endorsed) output.effective = record.deadline;
  return output;
}

void set_endorsed(const Call& call, CaseRecord& record, const Rule& rule, const PersonId& endorser) {
  record.endorser = endorser;
  record.state = CaseState::endorsed;
  record.deadline = call.now().plus(rule.objection_days * kDayMs);
}

}  // namespace

Result<Proposed> propose_deduction(Call& call, Claim& claim, const Claimed& claimed,
                                   const std::optional<PersonId>& endorser) {
  const Rule& rule = *claim.rule;
  CaseRecord record;
  record.rulebook = claimed.rulebook;
  record.rulebook_version = claim.rulebook->version;
  record.subject = claimed.subject;
  record.rule = rule.code;
  record.quantity = claimed.quantity;
  record.change = claim.change;
  record.event_time = claimed.event_time;
  record.reason = claimed.reason;
  record.evidence = claimed.evidence;
  record.proposer = claim.proposer->id;
  record.transaction = call.context.transaction_id;
  record.deadline = call.now().plus(rule.endorse_within_days * kDayMs);
  if (endorser) set_endorsed(call, record, rule, *endorser);
  if (auto counted = count_use(call, use_of(*claim.rulebook, rule, record)); !counted) return counted.error();
  const std::uint64_t case_number = open_case(call.state, record, claim.subject.unit);
  add_open_case(claim.account, record);
  save_account(call.state, claim.ledger(call.state, claimed.subject).id(), claim.account);
  return Proposed{case_number, std::move(record)};
}

Outcome deduct(Call& call, const Deduct& operation) {
  auto claim = check_claim(call, operation, RuleKind::deduct, Deduct::kName);
  if (!claim) return claim.error();
  std::optional<PersonId> endorser;
  if (has_co_signers(call)) {
    const Rule& rule = *claim->rule;
    const SecondPerson wanted{{claim->proposer->id}, rule.endorser_roles, claim->subject.unit, &claim->subject};
    const auto second = second_person(call, wanted, rule.code);
    if (!second) return second.error();
    endorser = (*second)->id;
  }
  const auto proposed = propose_deduction(call, *claim, operation, endorser);
  if (!proposed) return proposed.error();
  return moved(proposed->number, proposed->record);
}

Outcome endorse(Call& call, const Endorse& operation) {
  auto record = find_case(call, operation.case_number, Endorse::kName);
  if (!record) return record.error();
  const auto& clause = record->rule;
  if (auto state = check_state(call, *record, operation.case_number, CaseState::proposed, clause); !state)
    return state.error();
  const auto author = author_of(call, clause);
  if (!author) return author.error();
  if ((*author)->id == record->proposer)
    return refusal(ErrorCode::same_person, clause,
                   "person " + (*author)->id.short_hex() + " proposed " + label_of(operation.case_number),
                   "a different person, not another key or role of the same one");
  const auto rulebook = call.shelf.version(call.state, record->rulebook, record->rulebook_version);
  const Rule& rule = rule_in(rulebook, record->rule);
  const auto subject = subject_of(call, record->subject, clause);
  if (!subject) return subject.error();
  if (auto role = check_role(**author, rule.endorser_roles, clause); !role) return role.error();
  if (auto reach = check_reach(**author, subject->unit, clause); !reach) return reach.error();
  if (auto stake = check_no_stake(call, **author, *subject, clause); !stake) return stake.error();
  const TimestampMs old_deadline = record->deadline;
  set_endorsed(call, *record, rule, (*author)->id);
  save_case(call.state, operation.case_number, *record, old_deadline);
  return moved(operation.case_number, *record);
}

Outcome object(Call& call, const Object& operation) {
  auto record = find_case(call, operation.case_number, Object::kName);
  if (!record) return record.error();
  const auto& clause = record->rule;
  if (auto people = check_signed(call, clause); !people) return people.error();
  if (auto state = check_state(call, *record, operation.case_number, CaseState::endorsed, clause); !state)
    return state.error();
  const auto subject = subject_of(call, record->subject, clause);
  if (!subject) return subject.error();
  if (subject->key != call.context.transaction->body.author) {
    const auto helper = author_of(call, clause);
    if (!helper)
      return refusal(helper.error().code, clause, helper.error().problem,
                     "the subject's own key, or an officer of its unit");
    if (auto reach = check_reach(**helper, subject->unit, clause); !reach) return reach.error();
    record->objector = (*helper)->id;
  }
  if (operation.reason.is_zero())
    return refusal(ErrorCode::reason_missing, clause, "the reason is missing", "the digest of the written objection");
  const auto rulebook = call.shelf.version(call.state, record->rulebook, record->rulebook_version);
  const TimestampMs old_deadline = record->deadline;
  record->objection = operation.reason;
  record->state = CaseState::disputed;
  record->deadline = call.now().plus(rule_in(rulebook, record->rule).resolve_within_days * kDayMs);
  save_case(call.state, operation.case_number, *record, old_deadline);
  return moved(operation.case_number, *record);
}

namespace {

// The arbiter had no hand in the case so far.
Status check_arbiter(const Call& call, const CaseRecord& record, const Person& arbiter, const SubjectRecord& subject) {
  const auto& clause = record.rule;
  const auto is_arbiter = [&](const std::optional<PersonId>& person) { return person == arbiter.id; };
  const char* part = record.proposer == arbiter.id ? "proposed"
                     : is_arbiter(record.endorser) ? "endorsed"
                     : is_arbiter(record.objector) ? "objected in"
                                                   : nullptr;
  if (part != nullptr)
    return refusal(ErrorCode::same_person, clause, "person " + arbiter.id.short_hex() + " " + part + " this case",
                   "an arbiter who neither proposed nor endorsed it nor objected");
  if (auto role = check_role(arbiter, {Role::arbiter}, clause); !role) return role;
  if (auto reach = check_reach(arbiter, subject.unit, clause); !reach) return reach;
  return check_no_stake(call, arbiter, subject, clause);
}

}  // namespace

Outcome resolve(Call& call, const Resolve& operation) {
  auto record = find_case(call, operation.case_number, Resolve::kName);
  if (!record) return record.error();
  const auto& clause = record->rule;
  if (auto state = check_state(call, *record, operation.case_number, CaseState::disputed, clause); !state)
    return state.error();
  const auto author = author_of(call, clause);
  if (!author) return author.error();
  const auto subject = subject_of(call, record->subject, clause);
  if (!subject) return subject.error();
  if (auto arbiter = check_arbiter(call, *record, **author, *subject); !arbiter) return arbiter.error();
  if (operation.reason.is_zero())
    return refusal(ErrorCode::reason_missing, clause, "the reason is missing", "the digest of the written decision");
  const Flow flow{call.context.block, call.state, call.shelf, call.budget};
  OperationOutput output;
  output.case_number = operation.case_number;
  if (operation.resolution == Resolution::upheld) {
    end_without_effect(flow, operation.case_number, *record, CaseState::dropped);
    return output;
  }
  const auto taken = take_effect(flow, operation.case_number, *record);
  output.entry = taken.entry;
  output.change = taken.change;
  output.score = taken.score;
  return output;
}

}  // namespace tally::contracts
