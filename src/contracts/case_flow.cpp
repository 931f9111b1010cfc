#include "contracts/case_flow.h"

#include "common/invariant.h"
#include "common/time.h"
#include "contracts/cases.h"
#include "contracts/effects.h"
#include "contracts/timers.h"

namespace tally::contracts {

namespace {

const Bytes kPresent{1};

bool has_timer(CaseState state) {
  return state == CaseState::proposed || state == CaseState::endorsed || state == CaseState::disputed ||
         state == CaseState::effective;
}

SubjectRecord load_subject(const ledger::State& state, const SubjectHandle& subject) {
  const auto bytes = state.get(subject_key(subject));
  invariant(bytes.has_value(), "a case's subject is registered");
  auto record = decode<SubjectRecord>(*bytes);
  invariant(record.has_value(), "a subject in the state decodes");
  return *std::move(record);
}

// An entry for what a case does to its account, filled as far as both kinds share it.
Entry entry_of(const Flow& flow, std::uint64_t case_number, const CaseRecord& record, EntryKind kind) {
  Entry entry;
  entry.kind = kind;
  entry.rule = record.rule;
  entry.rulebook_version = record.rulebook_version;
  entry.quantity = record.quantity;
  entry.event_time = record.event_time;
  entry.block_time = flow.block.time;
  entry.height = flow.block.height;
  entry.transaction = record.transaction;
  entry.proposer = record.proposer;
  entry.endorser = record.endorser;
  entry.reason = record.reason;
  entry.evidence = record.evidence;
  entry.case_number = case_number;
  return entry;
}

void leave_open_index(const Flow& flow, std::uint64_t case_number, const CaseRecord& record) {
  const auto unit = load_subject(flow.state, record.subject).unit;
  flow.state.erase(unit_index_key(kOpenCaseIndex, unit, big_endian(case_number)));
}

}  // namespace

std::optional<CaseRecord> load_case(const ledger::State& state, std::uint64_t case_number) {
  const auto bytes = state.get(case_key(case_number));
  if (!bytes) return std::nullopt;
  auto record = decode<CaseRecord>(*bytes);
  invariant(record.has_value(), "a case in the state decodes");
  return *std::move(record);
}

std::uint64_t coming_case_number(const ledger::State& state) {
  const auto last = state.get(as_bytes(kCaseCountKey));
  if (!last) return 1;
  const auto count = decode<std::uint64_t>(*last);
  invariant(count.has_value(), "the count of cases decodes");
  return *count + 1;
}

std::uint64_t next_case_number(ledger::State& state) {
  const std::uint64_t number = coming_case_number(state);
  state.put(as_bytes(kCaseCountKey), encode(number));
  return number;
}

std::uint64_t open_case(ledger::State& state, const CaseRecord& record, const UnitId& unit) {
  const std::uint64_t number = next_case_number(state);
  state.put(case_key(number), encode(record));
  start_timer(state, case_timer(record.deadline, number));
  state.put(unit_index_key(kCaseIndex, unit, big_endian(number)), kPresent);
  state.put(unit_index_key(kOpenCaseIndex, unit, big_endian(number)), kPresent);
  state.put(subject_case_key(record.subject, number), kPresent);
  return number;
}

void save_case(ledger::State& state, std::uint64_t case_number, const CaseRecord& record, TimestampMs old_deadline) {
  stop_timer(state, case_timer(old_deadline, case_number));
  if (has_timer(record.state)) start_timer(state, case_timer(record.deadline, case_number));
  state.put(case_key(case_number), encode(record));
}

const Rule& rule_in(const RulebookPtr& rulebook, const RuleCode& code) {
  invariant(rulebook != nullptr, "a case's version of its rulebook is deployed");
  const Rule* rule = rulebook->rule(code);
  invariant(rule != nullptr, "a case's rule is in its version of the rulebook");
  return *rule;
}

Use use_of(const Rulebook& rulebook, const Rule& rule, const CaseRecord& record) {
  const Amount magnitude = checked_negate(record.change).value_or(Amount{0});
  return {rulebook, rule, record.subject, record.event_time, record.evidence, Usage{1, record.quantity, magnitude}};
}

void add_open_case(AccountRecord& account, const CaseRecord& record) {
  ++account.open_cases;
  const auto pending = checked_add(account.pending, record.change);
  invariant(pending.has_value(), "what cases take is bounded by the rulebook check");
  account.pending = *pending;
}

namespace {

void remove_open_case(AccountRecord& account, const CaseRecord& record) {
  --account.open_cases;
  account.pending.value -= record.change.value;
}

}  // namespace

CaseLedger ledger_of(const Flow& flow, const CaseRecord& record) {
  auto rulebook = flow.shelf.version(flow.state, record.rulebook, record.rulebook_version);
  const Rule& rule = rule_in(rulebook, record.rule);
  const Book* book = rulebook->book_for(rule, load_subject(flow.state, record.subject).kind);
  invariant(book != nullptr, "a case was opened under a version that keeps the subject's book");
  const Rulebook& in = *rulebook;
  return {std::move(rulebook), rule, Ledger{flow.state, in, *book, record.subject}};
}

Posted take_effect(const Flow& flow, std::uint64_t case_number, CaseRecord& record) {
  const auto at = ledger_of(flow, record);
  AccountRecord account = load_account(flow.state, at.ledger.id());
  Entry entry = entry_of(flow, case_number, record, EntryKind::deduction);
  entry.asked = record.change;
  entry.change = clip(at.ledger.book, account.score, record.change);
  remove_open_case(account, record);
  const auto index = post(at.ledger, account, entry);
  leave_open_index(flow, case_number, record);
  const TimestampMs old_deadline = record.deadline;
  record.state = CaseState::effective;
  record.entry = index;
  record.deadline = add_months(record.event_time, at.rule.expires_months);
  save_case(flow.state, case_number, record, old_deadline);
  // In doubt for the subject: what cannot be worked out does not begin, and the event says so.
  const auto applied =
      apply_effects({at.ledger, at.rule, load_subject(flow.state, record.subject), index, entry}, flow.budget);
  return {index, entry.change, entry.score, applied ? std::string() : applied.error().text()};
}

void end_without_effect(const Flow& flow, std::uint64_t case_number, CaseRecord& record, CaseState end) {
  const auto at = ledger_of(flow, record);
  release_use(flow.state, use_of(*at.rulebook, at.rule, record));
  AccountRecord account = load_account(flow.state, at.ledger.id());
  remove_open_case(account, record);
  save_account(flow.state, at.ledger.id(), account);
  leave_open_index(flow, case_number, record);
  record.state = end;
  save_case(flow.state, case_number, record, record.deadline);
}

std::optional<Posted> expire(const Flow& flow, std::uint64_t case_number, CaseRecord& record) {
  invariant(record.entry.has_value(), "an effective case has its entry");
  record.state = CaseState::expired;
  save_case(flow.state, case_number, record, record.deadline);
  const auto at = ledger_of(flow, record);
  const Bytes taken_back = taken_back_key(at.ledger.id(), *record.entry);
  if (flow.state.get(taken_back)) return std::nullopt;
  const Entry old = load_entry(flow.state, at.ledger.id(), *record.entry);
  AccountRecord account = load_account(flow.state, at.ledger.id());
  Entry entry = entry_of(flow, case_number, record, EntryKind::expiry);
  entry.reverses = record.entry;
  entry.asked = Amount{-old.change.value};
  entry.change = take_back(at.ledger.book, account, *record.entry, old);
  const auto index = post(at.ledger, account, entry);
  flow.state.put(taken_back, encode(index));
  undo_effects(at.ledger, load_subject(flow.state, record.subject).unit, *record.entry);
  return Posted{index, entry.change, entry.score, {}};
}

void end_reversed_case(ledger::State& state, Shelf& shelf, std::uint64_t case_number) {
  auto record = load_case(state, case_number);
  invariant(record && record->state == CaseState::effective, "an entry that stands comes from an effective case");
  const auto rulebook = shelf.version(state, record->rulebook, record->rulebook_version);
  release_use(state, use_of(*rulebook, rule_in(rulebook, record->rule), *record));
  record->state = CaseState::reversed;
  save_case(state, case_number, *record, record->deadline);
}

DueEvent end_case_term(const Flow& flow, std::uint64_t case_number) {
  auto record = load_case(flow.state, case_number);
  invariant(record.has_value(), "a timer's case exists");
  std::optional<Posted> posted;
  switch (record->state) {
    case CaseState::proposed:
      end_without_effect(flow, case_number, *record, CaseState::lapsed);
      break;
    case CaseState::endorsed:
      posted = take_effect(flow, case_number, *record);
      break;
    case CaseState::disputed:
      end_without_effect(flow, case_number, *record, CaseState::dropped);
      break;
    case CaseState::effective:
      posted = expire(flow, case_number, *record);
      break;
    case CaseState::dropped:
    case CaseState::lapsed:
    case CaseState::expired:
    case CaseState::reversed:
      invariant(false, "a case in a final state has no timer");
  }
  DueEvent event;
  event.kind = TimerKind::case_term;
  event.rulebook = record->rulebook;
  event.subject = record->subject;
  event.case_number = case_number;
  event.state = record->state;
  if (posted) {
    event.entry = posted->entry;
    event.change = posted->change;
    event.score = posted->score;
    event.problem = posted->problem;
  }
  return event;
}

}  // namespace tally::contracts
