#include "report/gather.h"

#include "common/time.h"
#include "contracts/query_reading.h"

namespace tally::report {

namespace {

using namespace contracts;

constexpr std::size_t kDaysMax = 20000;  // 54 years; then months
constexpr std::uint64_t kHourMs = 3600000;
// What the engine says to whoever brings nobody along (call.cpp). Messages are in the receipts, whose root is in the
// header: they change with the protocol only.
constexpr std::string_view kOneSigner = "has one signer";

unsigned hour_of(TimestampMs time) {
  return static_cast<unsigned>((time.value + kLocalOffsetMs) / kHourMs % 24);
}

struct Named {
  std::string subject;
  std::string rule;
  std::optional<std::uint64_t> case_number;
};

template <class T>
Named named(const T& operation) {
  Named out;
  if constexpr (requires { operation.subject.hex(); }) out.subject = operation.subject.hex();
  if constexpr (requires { operation.rule; }) out.rule = operation.rule;
  if constexpr (requires { operation.case_number; }) out.case_number = operation.case_number;
  return out;
}

template <class T>
bool is(const Operation& operation) {
  return std::holds_alternative<T>(operation);
}

// The gate, whatever kind of subject it is for.
const Gate* gate_in(const Rulebook& rulebook, const std::string& code) {
  for (const auto& book : rulebook.books) {
    for (const auto& gate : book.gates)
      if (gate.code == code) return &gate;
  }
  return nullptr;
}

bool damaged(const Error& error) {
  return error.code == ErrorCode::storage_failed || error.code == ErrorCode::internal;
}

}  // namespace

void Gatherer::list(List which, Finding finding) {
  FindingList& out = facts_.lists[static_cast<std::size_t>(which)];
  ++out.found;
  if (out.shown.size() < kFindingsShown) out.shown.push_back(std::move(finding));
}

Activity& Gatherer::day_of(TimestampMs time) {
  if (!months_ && days_.size() >= kDaysMax) {
    months_ = true;
    std::map<std::string, Activity> by_month;
    for (const auto& [day, one] : days_) {
      Activity& sum = by_month[day.substr(0, day.size() - 2) + "01"];
      sum.awards += one.awards;
      sum.deductions += one.deductions;
      sum.others += one.others;
      sum.refused += one.refused;
    }
    days_ = std::move(by_month);
  }
  std::string day = format_day(time);
  if (months_) day.replace(day.size() - 2, 2, "01");
  return days_[day];
}

Result<RulebookPtr> Gatherer::rulebook(const RulebookId& id, std::uint32_t version) {
  const auto known = rulebooks_.find({id, version});
  if (known != rulebooks_.end()) return known->second;
  auto found = queries_.rulebook_version(state(), id, version);
  if (!found) return found.error();
  return rulebooks_.emplace(std::pair{id, version}, *found).first->second;
}

Result<std::optional<PersonId>> Gatherer::person_of(const PublicKey& key) {
  const auto known = people_.find(key);
  if (known != people_.end()) return std::optional(known->second);
  auto person = read_fixed<PersonId>(state(), person_of_key(key));
  // Subjects and validators sign too; only officers are remembered.
  if (person && *person) people_.emplace(key, **person);
  return person;
}

Result<std::string> Gatherer::signer_of(const PublicKey& key) {
  const auto person = person_of(key);
  if (!person) return person.error();
  if (*person) return (*person)->hex();
  const auto subject = read_fixed<SubjectHandle>(state(), subject_of_key(key));
  if (!subject) return subject.error();
  return *subject ? "subject " + (*subject)->hex() : "key " + key.hex();
}

Result<Finding> Gatherer::finding_at(const At& at) {
  Named of = std::visit([](const auto& one) { return named(one); }, at.operation);
  if (of.case_number) {
    const auto record = read_record<CaseRecord>(state(), case_key(*of.case_number));
    if (!record) return record.error();
    if (*record) of = {(*record)->subject.hex(), (*record)->rule, of.case_number};
  }
  auto who = signer_of(at.transaction.body.author);
  if (!who) return who.error();
  // A refusal begins with its clause: a rule's code, or the operation's name already.
  const std::string name = std::string(name_of(at.operation)) + ": ";
  return Finding{at.header.height.value,
                 format_time(at.header.time),
                 *std::move(who),
                 "",
                 of.subject,
                 of.rule.empty() ? at.result.rule : of.rule,
                 at.id.hex(),
                 at.result.message.starts_with(name) ? at.result.message : name + at.result.message};
}

Status Gatherer::observe(const ledger::AuditedBlock& seen, const storage::Store& store) {
  state_ = store.snapshot();
  const auto& header = seen.block.header;
  last_ = header.time;
  if (facts_.head.height == 0) facts_.head.first_time = format_time(header.time);
  facts_.head.height = header.height.value;
  facts_.head.header = ledger::digest_of(header);
  facts_.head.state_root = header.state_root;
  facts_.head.time = format_time(header.time);
  if (header.proposer) ++replicas_[header.proposer->value].blocks;
  for (const auto& bytes : seen.receipts.due.events) {
    const auto event = decode<DueEvent>(bytes);
    if (!event) return make_error(ErrorCode::internal, "receipts", "an event that fell due does not decode");
    if (event->kind == TimerKind::case_term && event->state == CaseState::dropped) ++facts_.deductions.unresolved;
  }
  if (seen.batch == nullptr) return {};
  for (std::size_t i = 0; i < seen.batch->transactions.size() && i < seen.receipts.receipts.size(); ++i) {
    auto done = one_transaction(header, seen.batch->transactions[i], seen.receipts.receipts[i]);
    if (!done) return done;
  }
  return {};
}

Status Gatherer::one_transaction(const ledger::BlockHeader& header, const ledger::SignedTransaction& transaction,
                                 const ledger::Receipt& receipt) {
  const auto& body = transaction.body;
  ++facts_.totals.transactions;
  facts_.totals.operations += body.operations.size();
  Activity& day = day_of(header.time);
  if (receipt.results.empty()) {  // refused as a whole, before any was executed
    facts_.totals.refused += body.operations.size();
    day.refused += body.operations.size();
    return {};
  }
  const auto person = person_of(body.author);
  if (!person) return person.error();
  for (std::size_t i = 0; i < body.operations.size() && i < receipt.results.size(); ++i) {
    const auto operation = decode_operation(body.operations[i]);
    if (!operation) {
      ++facts_.totals.refused;
      ++day.refused;
      continue;
    }
    const At at{header, transaction, receipt.transaction, *operation, receipt.results[i]};
    if (auto counted = count(at, *person, day); !counted) return counted;
  }
  return {};
}

Status Gatherer::count(const At& at, const std::optional<PersonId>& person, Activity& day) {
  const bool good = at.result.code == ErrorCode::ok;
  const bool aborted = at.result.code == ErrorCode::batch_aborted;
  if (person && !aborted) {
    OfficerTally& officer = officers_[*person];
    const unsigned hour = hour_of(at.header.time);
    ++officer.operations;
    ++officer.hours[hour];
    if (hour >= kNightFrom || hour < kNightUntil) ++officer.night;
    if (!good) ++officer.refused;
  }
  if (is<Consult>(at.operation) && !aborted)
    if (auto done = consulted(at, person); !done) return done;
  if (good) {
    ++(is<Award>(at.operation) ? day.awards : is<Deduct>(at.operation) ? day.deductions : day.others);
    if (is<Object>(at.operation)) ++facts_.deductions.objections;
    if (const auto* resolved = std::get_if<Resolve>(&at.operation))
      ++(resolved->resolution == Resolution::upheld ? facts_.deductions.upheld : facts_.deductions.dismissed);
    return {};
  }
  ++facts_.totals.refused;
  ++day.refused;
  return refused(at);
}

Status Gatherer::refused(const At& at) {
  const ErrorCode code = at.result.code;
  std::optional<List> which;
  if (code == ErrorCode::missing_role && at.transaction.signatures.size() == 1 &&
      at.result.message.find(kOneSigner) != std::string::npos)
    which = List::single_signer;
  if (code == ErrorCode::same_person) which = List::same_person;
  if (code == ErrorCode::evidence_missing && is<Deduct>(at.operation)) which = List::no_evidence;
  if (const auto* objection = std::get_if<Object>(&at.operation); objection && code == ErrorCode::wrong_state)
    return late_objection(at, *objection);
  if (!which) return {};
  auto finding = finding_at(at);
  if (!finding) return finding.error();
  list(*which, *std::move(finding));
  return {};
}

// Refused in a wrong state are also objections that come too early, or a second time.
Status Gatherer::late_objection(const At& at, const Object& operation) {
  const auto record = read_record<CaseRecord>(state(), case_key(operation.case_number));
  if (!record) return record.error();
  if (!*record || (*record)->objection) return {};
  const CaseState now = (*record)->state;
  // Without an objection a case takes effect at the end of its window only.
  const bool closed = now == CaseState::effective || now == CaseState::expired || now == CaseState::reversed ||
                      (now == CaseState::endorsed && (*record)->deadline <= at.header.time);
  if (!closed) return {};
  auto finding = finding_at(at);
  if (!finding) return finding.error();
  finding->why =
      "the window of case " + std::to_string(operation.case_number) + " had closed, with no objection; " + finding->why;
  list(List::late_objection, *std::move(finding));
  return {};
}

Status Gatherer::consulted(const At& at, const std::optional<PersonId>& person) {
  const auto& question = std::get<Consult>(at.operation);
  const ErrorCode code = at.result.code;
  if (code == ErrorCode::rule_unknown || code == ErrorCode::not_registered) return {};
  auto known = gates_.find({question.rulebook, question.gate});
  if (known == gates_.end()) {
    // A gate that does not exist is the asker's text: it must not fill memory.
    const auto rules = queries_.rulebook_at(state(), question.rulebook, at.header.time);
    if (!rules && damaged(rules.error())) return rules.error();
    const Gate* gate = rules ? gate_in(**rules, question.gate) : nullptr;
    if (gate == nullptr) return {};
    Asked asked{{question.rulebook, question.gate, gate->title.zh, gate->title.en}, {}};
    known = gates_.emplace(std::pair{question.rulebook, question.gate}, std::move(asked)).first;
  }
  Asked& asked = known->second;
  if (person) asked.askers.insert(*person);
  if (code != ErrorCode::ok) {
    ++asked.line.refused;
    return {};
  }
  const auto output = decode_output(at.result.output);
  if (!output || !output->gate) return make_error(ErrorCode::internal, "receipts", "a consultation has no answer");
  ++(output->gate->passes ? asked.line.passed : asked.line.failed);
  return {};
}

}  // namespace tally::report
