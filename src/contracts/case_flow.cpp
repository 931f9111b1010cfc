#include "contracts/case_flow.h"

#include "common/invariant.h"
#include "common/time.h"
#include "contracts/accounts.h"
#include "contracts/cases.h"

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

const Book& book_of(const Flow& flow, const Rulebook& rulebook, const SubjectHandle& subject) {
  const Book* book = rulebook.book(load_subject(flow.state, subject).kind);
  invariant(book != nullptr, "a case was opened under a version that keeps the subject's book");
  return *book;
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

std::uint64_t open_case(ledger::State& state, const CaseRecord& record, const UnitId& unit) {
  std::uint64_t number = 1;
  if (const auto last = state.get(as_bytes(kCaseCountKey))) {
    const auto count = decode<std::uint64_t>(*last);
    invariant(count.has_value(), "the count of cases decodes");
    number = *count + 1;
  }
  state.put(as_bytes(kCaseCountKey), encode(number));
  state.put(case_key(number), encode(record));
  state.put(due_key(record.deadline, number), kPresent);
  state.put(unit_index_key(kCaseIndex, unit, big_endian(number)), kPresent);
  state.put(unit_index_key(kOpenCaseIndex, unit, big_endian(number)), kPresent);
  state.put(subject_case_key(record.subject, number), kPresent);
  return number;
}

void save_case(ledger::State& state, std::uint64_t case_number, const CaseRecord& record, TimestampMs old_deadline) {
  state.erase(due_key(old_deadline, case_number));
  if (has_timer(record.state)) state.put(due_key(record.deadline, case_number), kPresent);
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

Posted take_effect(const Flow& flow, std::uint64_t case_number, CaseRecord& record) {
  const auto rulebook = flow.shelf.version(flow.state, record.rulebook, record.rulebook_version);
  const Rule& rule = rule_in(rulebook, record.rule);
  AccountRecord account = load_account(flow.state, record.rulebook, record.subject);
  Entry entry = entry_of(flow, case_number, record, EntryKind::deduction);
  entry.change = clip(book_of(flow, *rulebook, record.subject), account.score, record.change);
  --account.open_cases;
  const auto index = post(flow.state, record.rulebook, record.subject, account, entry);
  leave_open_index(flow, case_number, record);
  const TimestampMs old_deadline = record.deadline;
  record.state = CaseState::effective;
  record.entry = index;
  record.deadline = add_months(record.event_time, rule.expires_months);
  save_case(flow.state, case_number, record, old_deadline);
  return {index, entry.change, entry.score};
}

void end_without_effect(const Flow& flow, std::uint64_t case_number, CaseRecord& record, CaseState end) {
  const auto rulebook = flow.shelf.version(flow.state, record.rulebook, record.rulebook_version);
  release_use(flow.state, use_of(*rulebook, rule_in(rulebook, record.rule), record));
  AccountRecord account = load_account(flow.state, record.rulebook, record.subject);
  --account.open_cases;
  save_account(flow.state, record.rulebook, record.subject, account);
  leave_open_index(flow, case_number, record);
  record.state = end;
  save_case(flow.state, case_number, record, record.deadline);
}

std::optional<Posted> expire(const Flow& flow, std::uint64_t case_number, CaseRecord& record) {
  invariant(record.entry.has_value(), "an effective case has its entry");
  record.state = CaseState::expired;
  save_case(flow.state, case_number, record, record.deadline);
  const Bytes taken_back = taken_back_key(record.rulebook, record.subject, *record.entry);
  if (flow.state.get(taken_back)) return std::nullopt;
  const auto bytes = flow.state.history(history_list(record.rulebook, record.subject), *record.entry);
  invariant(bytes.has_value(), "an effective case's entry is in the history");
  const auto old = decode<Entry>(*bytes);
  invariant(old.has_value(), "an entry in the history decodes");
  const auto rulebook = flow.shelf.version(flow.state, record.rulebook, record.rulebook_version);
  invariant(rulebook != nullptr, "a case's version of its rulebook is deployed");
  AccountRecord account = load_account(flow.state, record.rulebook, record.subject);
  Entry entry = entry_of(flow, case_number, record, EntryKind::expiry);
  entry.reverses = record.entry;
  entry.change = clip(book_of(flow, *rulebook, record.subject), account.score, Amount{-old->change.value});
  const auto index = post(flow.state, record.rulebook, record.subject, account, entry);
  flow.state.put(taken_back, encode(index));
  return Posted{index, entry.change, entry.score};
}

void end_reversed_case(ledger::State& state, Shelf& shelf, std::uint64_t case_number) {
  auto record = load_case(state, case_number);
  invariant(record && record->state == CaseState::effective, "an entry that stands comes from an effective case");
  const auto rulebook = shelf.version(state, record->rulebook, record->rulebook_version);
  release_use(state, use_of(*rulebook, rule_in(rulebook, record->rule), *record));
  record->state = CaseState::reversed;
  save_case(state, case_number, *record, record->deadline);
}

namespace {

Bytes fire(const Flow& flow, std::uint64_t case_number) {
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
  event.case_number = case_number;
  event.state = record->state;
  event.rulebook = record->rulebook;
  event.subject = record->subject;
  if (posted) {
    event.entry = posted->entry;
    event.change = posted->change;
    event.score = posted->score;
  }
  return encode(event);
}

}  // namespace

std::vector<Bytes> run_due_cases(const ledger::BlockContext& block, ledger::State& state, Shelf& shelf,
                                 std::size_t limit) {
  // Gathered first: handling a timer changes what the scan walks over.
  std::vector<std::uint64_t> due;
  state.scan(as_bytes(kDuePrefix), [&](ByteView key, ByteView) {
    const auto timer = parse_due_key(key);
    invariant(timer.has_value(), "a timer's key has its form");
    if (timer->time > block.time || due.size() >= limit) return false;
    due.push_back(timer->case_number);
    return true;
  });
  const Flow flow{block, state, shelf};
  std::vector<Bytes> events;
  events.reserve(due.size());
  for (const auto case_number : due) events.push_back(fire(flow, case_number));
  return events;
}

std::optional<TimestampMs> next_due_case(const ledger::State& state) {
  std::optional<TimestampMs> next;
  state.scan(as_bytes(kDuePrefix), [&](ByteView key, ByteView) {
    const auto timer = parse_due_key(key);
    invariant(timer.has_value(), "a timer's key has its form");
    next = timer->time;
    return false;
  });
  return next;
}

}  // namespace tally::contracts
