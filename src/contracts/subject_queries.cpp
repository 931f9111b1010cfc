#include "contracts/subject_queries.h"

#include <algorithm>
#include <iterator>

#include "contracts/query_reading.h"
#include "contracts/standing.h"
#include "contracts/sums.h"
#include "ledger/working_state.h"

namespace tally::contracts {

namespace {

Error damaged(const std::string& what) {
  return make_error(ErrorCode::internal, "store", what + " does not decode");
}

// The rulebook in force; refuses questions about a subject or a rulebook that there is not.
Result<RulebookPtr> ground_of(const SubjectQuestion& question) {
  const auto subject = question.queries.subject(question.reader, question.subject);
  if (!subject) return subject.error();
  return question.queries.rulebook_at(question.reader, question.rulebook, question.now);
}

template <class Record>
Result<Record> history_record(const storage::Reader& reader, const Bytes& list, std::uint64_t index) {
  auto bytes = reader.get(storage::Column::history, ledger::history_key(list, index));
  if (!bytes) return bytes.error();
  auto record = *bytes ? decode<Record>(**bytes) : Result<Record>(damaged("a record of a history"));
  if (!record) return damaged("record " + std::to_string(index) + " of a history");
  return record;
}

Result<GroundView> ground_view(const SubjectQuestion& question, const Ground& ground) {
  GroundView out{ground.book, ground.entry, {}, {}, ground.since, ground.until};
  const AccountId id{question.rulebook, ground.book, question.subject};
  const auto entry = history_record<Entry>(question.reader, history_list(id), ground.entry);
  if (!entry) return entry.error();
  out.rule = entry->rule;
  const auto rulebook = question.queries.rulebook_version(question.reader, question.rulebook, entry->rulebook_version);
  if (!rulebook) return rulebook.error();
  if (const Rule* rule = (*rulebook)->rule(entry->rule)) out.rule_title = rule->title;
  return out;
}

// Every list and suspension that a version has declared, by the newest that does.
Result<std::vector<StandingTerms>> declared_standings(const SubjectQuestion& question, const Rulebook& in_force) {
  std::vector<StandingTerms> out = in_force.standings;
  const auto record = read_record<RulebookRecord>(question.reader, rulebook_key(question.rulebook));
  if (!record) return record.error();
  if (!*record) return damaged("a rulebook's record");
  const auto& versions = (*record)->versions;
  for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
    const auto rulebook = question.queries.rulebook_version(question.reader, question.rulebook, version->version);
    if (!rulebook) return rulebook.error();
    std::copy_if((*rulebook)->standings.begin(), (*rulebook)->standings.end(), std::back_inserter(out),
                 [&](const StandingTerms& terms) {
                   return std::none_of(out.begin(), out.end(),
                                       [&](const StandingTerms& known) { return known.code == terms.code; });
                 });
  }
  return out;
}

const Gate* gate_in(const Rulebook& rulebook, const std::string& code) {
  for (const auto& book : rulebook.books)
    for (const auto& gate : book.gates)
      if (gate.code == code) return &gate;
  return nullptr;
}

}  // namespace

Result<std::vector<ConsentView>> consents_of(const SubjectQuestion& question) {
  if (const auto ground = ground_of(question); !ground) return ground.error();
  std::vector<ConsentView> out;
  bool decodes = true;
  const Bytes prefix = consent_prefix(question.rulebook, question.subject);
  const auto status = question.reader.scan(storage::Column::state, prefix, {}, [&](ByteView key, ByteView value) {
    const auto record = decode<ConsentRecord>(value);
    decodes = record.has_value();
    if (!decodes) return false;
    out.push_back({std::string(as_text(key.subspan(prefix.size()))), record->given, record->until,
                   question.now < record->until, record->evidence, record->helper});
    return out.size() < limits::kPageRowsMax;
  });
  if (!status) return status.error();
  if (!decodes) return damaged("a consent");
  return out;
}

Result<std::vector<StandingView>> standings_of(const SubjectQuestion& question) {
  const auto rulebook = ground_of(question);
  if (!rulebook) return rulebook.error();
  const auto declared = declared_standings(question, **rulebook);
  if (!declared) return declared.error();
  std::vector<StandingView> out;
  for (const auto& terms : *declared) {
    const auto record =
        read_record<StandingRecord>(question.reader, standing_key(question.rulebook, question.subject, terms.code));
    if (!record) return record.error();
    if (!*record) continue;
    StandingView view{terms.code, terms.title, terms.kind, (*record)->until(), {}};
    for (const auto& ground : (*record)->grounds) {
      auto one = ground_view(question, ground);
      if (!one) return one.error();
      view.grounds.push_back(*std::move(one));
    }
    out.push_back(std::move(view));
  }
  return out;
}

Result<std::vector<SumView>> sums_of(const SubjectQuestion& question) {
  const auto rulebook = ground_of(question);
  if (!rulebook) return rulebook.error();
  const ReaderState state(question.reader);
  std::vector<SumView> out;
  for (const auto& sum : (*rulebook)->sums)
    out.push_back({sum.code, sum.title, sum.of, sum.months, sum.book, sum.rules,
                   sum_of(state, question.rulebook, sum, question.subject, question.now)});
  return out;
}

Result<ConsultationPage> consultations_of(const SubjectQuestion& question, std::optional<std::uint64_t> before,
                                          std::size_t rows) {
  if (const auto ground = ground_of(question); !ground) return ground.error();
  const Bytes list = consulted_key(question.rulebook, question.subject);
  const auto record = read_record<ConsultedRecord>(question.reader, list);
  if (!record) return record.error();
  ConsultationPage page;
  const std::uint64_t count = *record ? (*record)->count : 0;
  std::uint64_t index = std::min(before.value_or(count), count);
  for (std::size_t left = bounded(rows); left > 0 && index > 0; --left) {
    --index;
    auto consultation = history_record<Consultation>(question.reader, list, index);
    if (!consultation) return consultation.error();
    ConsultationView view;
    view.index = index;
    view.consultation = *std::move(consultation);
    const auto rulebook =
        question.queries.rulebook_version(question.reader, question.rulebook, view.consultation.rulebook_version);
    if (!rulebook) return rulebook.error();
    if (const Gate* gate = gate_in(**rulebook, view.consultation.gate)) view.gate_title = gate->title;
    const auto officer = question.queries.officer(question.reader, view.consultation.officer);
    if (officer) view.officer_title = officer->record.title;
    page.rows.push_back(std::move(view));
  }
  if (index > 0) page.next = index;
  return page;
}

}  // namespace tally::contracts
