#include "report/gather.h"

#include "common/time.h"
#include "contracts/query_reading.h"

namespace tally::report {

namespace {

using namespace contracts;

constexpr std::size_t kEvidenceCells = std::size_t{1} << 18;
constexpr std::size_t kWindowsMax = 200000;

unsigned hour_of(TimestampMs time) {
  return static_cast<unsigned>((time.value / 3600000 + 8) % 24);
}

// What most operations name, for the lists.
struct Named {
  std::string rulebook;
  std::string subject;
  std::string rule;
  std::optional<std::uint64_t> case_number;
};

template <class T>
Named named(const T& operation) {
  Named out;
  if constexpr (requires { operation.rulebook; }) out.rulebook = operation.rulebook;
  if constexpr (requires { operation.subject.hex(); }) out.subject = operation.subject.hex();
  if constexpr (requires { operation.rule; }) out.rule = operation.rule;
  if constexpr (requires { operation.case_number; }) out.case_number = operation.case_number;
  return out;
}

Named named_by(const Operation& operation) {
  return std::visit([](const auto& one) { return named(one); }, operation);
}

template <class T>
bool is(const Operation& operation) {
  return std::holds_alternative<T>(operation);
}

}  // namespace

// The order of the lists.
enum Lists : std::size_t { single, twice, no_evidence, late, past_term, old_event, reuse, large, unusual };

Gatherer::Gatherer() : evidence_seen_(kEvidenceCells) {
  const auto bound = [](std::uint64_t number) { return std::to_string(number); };
  facts_.lists = {
      {"single_signer",
       "Attempts with one signature where two are needed",
       "refused with missing_role, signed by one key",
       0,
       {}},
      {"same_person", "Attempts to endorse or resolve one's own", "refused with same_person", 0, {}},
      {"no_evidence",
       "Deductions without evidence",
       "refused with evidence_missing, or a case or entry of a deduction whose evidence digest is zero",
       0,
       {}},
      {"late_objection",
       "Late objections",
       "refused because the case no longer stood open to objections, or made in the last " +
           bound(kLateObjectionHours) + " hours of the window",
       0,
       {}},
      {"past_term",
       "Deductions past their term that still stand",
       "the term of a case in effect ended at or before the last block",
       0,
       {}},
      {"old_event", "Events long before their block", "more than " + bound(kOldEventDays) + " days", 0, {}},
      {"evidence_reuse",
       "One document for several entries",
       "the same evidence digest in " + bound(kEvidenceReuse) + " entries or more",
       0,
       {}},
      {"large_change",
       "Largest single changes",
       "the " + bound(kTopChanges) + " largest changes by points, whatever their size",
       0,
       {}},
      {"unusual_officer",
       "Officers unlike their peers",
       "at least " + bound(kOfficerOperations) + " operations, at least " + bound(kPeers) +
           " peers with as many, and a figure more than " + bound(kTimesMedian) +
           " times the peers' median (shares also " + bound(kPermilleFloor) + " permille above it)",
       0,
       {}},
  };
}

void Gatherer::list(std::size_t which, Finding finding) {
  FindingList& out = facts_.lists[which];
  ++out.found;
  if (out.shown.size() < kFindingsShown) out.shown.push_back(std::move(finding));
}

void Gatherer::begin(const ledger::Genesis& genesis) {
  last_ = genesis.time;
  facts_.first_block = format_time(genesis.time);
}

Result<std::string> Gatherer::person_of(const storage::Reader& state, const PublicKey& key) {
  const auto known = people_.find(key);
  if (known != people_.end()) return known->second;
  auto person = read_fixed<PersonId>(state, person_of_key(key));
  if (!person) return person.error();
  // Subjects and validators sign too; only officers are remembered, so that memory does not grow with subjects.
  if (!*person) return "key " + key.short_hex();
  return people_.emplace(key, (*person)->hex()).first->second;
}

Status Gatherer::observe(const ledger::AuditedBlock& seen, const storage::Reader& state) {
  const auto& header = seen.block.header;
  last_ = header.time;
  if (header.proposer) ++replicas_[header.proposer->value].blocks;
  if (seen.block.certificate) {
    for (const auto& signature : seen.block.certificate->signatures) ++replicas_[signature.replica.value].certificates;
  }
  for (const auto& bytes : seen.receipts.due.events) {
    const auto event = decode<DueEvent>(bytes);
    if (event && event->case_number && event->kind == TimerKind::case_term) windows_.erase(*event->case_number);
  }
  if (seen.batch == nullptr) return {};
  for (std::size_t i = 0; i < seen.batch->transactions.size() && i < seen.receipts.receipts.size(); ++i) {
    auto done = one_transaction(header, seen.batch->transactions[i], seen.receipts.receipts[i], state);
    if (!done) return done;
  }
  return {};
}

Status Gatherer::one_transaction(const ledger::BlockHeader& header, const ledger::SignedTransaction& transaction,
                                 const ledger::Receipt& receipt, const storage::Reader& state) {
  const auto& body = transaction.body;
  ++facts_.totals.transactions;
  facts_.totals.operations += body.operations.size();
  auto who = person_of(state, body.author);
  if (!who) return who.error();
  Activity& day = days_[format_day(header.time)];
  if (receipt.results.empty()) {  // refused as a whole
    facts_.totals.refused += body.operations.size();
    day.refused += body.operations.size();
    return {};
  }
  for (std::size_t i = 0; i < body.operations.size() && i < receipt.results.size(); ++i) {
    const auto operation = decode_operation(body.operations[i]);
    if (!operation) {
      ++facts_.totals.refused;
      ++day.refused;
      continue;
    }
    const At at{header, transaction, receipt.transaction, *operation, receipt.results[i], state, *who};
    if (auto counted = count(at, day); !counted) return counted;
  }
  return {};
}

Status Gatherer::count(const At& at, Activity& day) {
  const bool good = at.result.code == ErrorCode::ok;
  if (!at.who.starts_with("key ")) {
    OfficerTally& officer = officers_[at.who];
    const unsigned hour = hour_of(at.header.time);
    ++officer.operations;
    ++officer.hours[hour];
    if (hour >= kNightFrom || hour < kNightUntil) ++officer.night;
    if (!good) ++officer.refused;
  }
  if (is<Consult>(at.operation))
    if (auto done = consulted(at); !done) return done;
  if (!good) {
    ++facts_.totals.refused;
    ++day.refused;
    refused(at);
    return {};
  }
  ++(is<Award>(at.operation) ? day.awards : is<Deduct>(at.operation) ? day.deductions : day.others);
  return watch_case(at);
}

void Gatherer::refused(const At& at) {
  const Named of = named_by(at.operation);
  Finding finding{at.header.height.value,
                  at.id.hex(),
                  of.subject,
                  of.rule.empty() ? at.result.rule : of.rule,
                  at.who,
                  format_time(at.header.time),
                  std::string(name_of(at.operation)) + ": " + at.result.message};
  const ErrorCode code = at.result.code;
  const bool two =
      is<Award>(at.operation) || is<Deduct>(at.operation) || is<Spend>(at.operation) || is<Reverse>(at.operation);
  if (code == ErrorCode::missing_role && two && at.transaction.signatures.size() == 1) list(single, finding);
  if (code == ErrorCode::same_person) list(twice, finding);
  if (code == ErrorCode::evidence_missing && is<Deduct>(at.operation)) list(no_evidence, finding);
  if (code == ErrorCode::wrong_state && is<Object>(at.operation)) list(late, finding);
}

Status Gatherer::watch_case(const At& at) {
  if (const auto* resolved = std::get_if<Resolve>(&at.operation)) {
    ++(resolved->resolution == Resolution::upheld ? facts_.deductions.upheld : facts_.deductions.dismissed);
    return {};
  }
  if (const auto* objected = std::get_if<Object>(&at.operation)) {
    ++facts_.deductions.objections;
    const auto window = windows_.find(objected->case_number);
    if (window == windows_.end()) return {};
    const auto record = read_record<CaseRecord>(at.state, case_key(objected->case_number));
    if (!record) return record.error();
    if (window->second.value < at.header.time.value + kLateObjectionHours * 3600000 && *record)
      list(late, {at.header.height.value, at.id.hex(), (*record)->subject.hex(), (*record)->rule, at.who,
                  format_time(at.header.time), "accepted; the window closes at " + format_time(window->second)});
    windows_.erase(window);
    return {};
  }
  if (!is<Deduct>(at.operation) && !is<Endorse>(at.operation)) return {};
  const auto output = decode_output(at.result.output);
  if (output && output->case_number && output->effective && windows_.size() < kWindowsMax)
    windows_[*output->case_number] = *output->effective;
  return {};
}

Status Gatherer::consulted(const At& at) {
  const auto& question = std::get<Consult>(at.operation);
  // A gate that does not exist is the asker's text: it must not fill memory.
  const bool good = at.result.code == ErrorCode::ok;
  if (at.result.code == ErrorCode::rule_unknown || at.result.code == ErrorCode::not_registered) return {};
  Asked& asked = gates_[{question.rulebook, question.gate}];
  asked.askers.insert(at.who);
  if (!good) {
    ++asked.line.refused;
    return {};
  }
  const auto output = decode_output(at.result.output);
  if (!output || !output->gate) return make_error(ErrorCode::internal, "receipt", "of a consultation has no answer");
  ++(output->gate->passes ? asked.line.passed : asked.line.failed);
  return {};
}

}  // namespace tally::report
