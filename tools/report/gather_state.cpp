#include <boost/describe/enum_to_string.hpp>

#include "common/time.h"
#include "contracts/query_reading.h"
#include "contracts/work_values.h"
#include "report/gather.h"
#include "report/statistics.h"

namespace tally::report {

namespace {

using namespace contracts;

struct HistoryPlace {
  AccountId account;
  std::uint64_t index = 0;
};

// A key of Column::history: the list's length, the list, the index. nullopt: not an account's.
std::optional<HistoryPlace> account_place(ByteView key) {
  if (key.size() < 9 || key.size() != std::size_t{key[0]} + 9) return std::nullopt;
  auto account = account_in(key.subspan(1, key[0]));
  if (!account) return std::nullopt;
  return HistoryPlace{*std::move(account), big_endian(key.last(8))};
}

bool leaves_a_choice(const RuleAmount& amount) {
  if (amount.kind == AmountKind::range) return amount.from != amount.to;
  return amount.kind == AmountKind::per_unit && amount.quantity_min != amount.quantity_max;
}

// The most that may be given or taken.
bool at_the_limit(const Rule& rule, std::uint32_t quantity, Amount asked) {
  if (rule.amount.kind == AmountKind::per_unit) return quantity == rule.amount.quantity_max;
  return asked == (rule.adverse() ? rule.amount.from : rule.amount.to);
}

// Where a mark lies between the least and the greatest that the field allows.
std::uint64_t permille_of_range(std::int64_t mark, std::int64_t least, std::int64_t greatest) {
  const std::uint64_t range = static_cast<std::uint64_t>(greatest) - static_cast<std::uint64_t>(least);
  const std::uint64_t above = static_cast<std::uint64_t>(mark) - static_cast<std::uint64_t>(least);
  return permille(above, range);
}

std::string name_of_signer(const Signer& signer) {
  if (signer.person) return signer.person->hex();
  return signer.subject ? "subject " + signer.subject->hex() : "";
}

}  // namespace

Status Gatherer::read_state() {
  const auto all = queries_.rulebooks(state());
  if (!all) return all.error();
  for (const auto& view : *all) {
    const auto read =
        state().scan(storage::Column::state, account_prefix(view.rulebook), {}, [&](ByteView key, ByteView) {
          if (account_in(key)) ++facts_.totals.accounts;
          return true;
        });
    if (!read) return read;
  }
  const Bytes units = unit_key("");
  const auto counted =
      state().scan(storage::Column::state, ByteView(units).first(units.size() - 1), {}, [&](ByteView, ByteView) {
        ++facts_.totals.units;
        return true;
      });
  if (!counted) return counted;
  if (auto read = read_entries(); !read) return read;
  return read_cases();
}

Status Gatherer::read_entries() {
  Status out;
  const auto read = state().scan(storage::Column::history, {}, {}, [&](ByteView key, ByteView value) {
    const auto place = account_place(key);
    if (!place) return true;
    const auto entry = decode<Entry>(value);
    out = entry ? one_entry(place->account, place->index, *entry)
                : make_error(ErrorCode::internal, "store", "an entry does not decode");
    return out.has_value();
  });
  return read ? out : read;
}

Status Gatherer::one_entry(const AccountId& account, std::uint64_t index, const Entry& entry) {
  ++facts_.totals.entries;
  const auto rules = rulebook(account.rulebook, entry.rulebook_version);
  if (!rules) return rules.error();
  const Rule* rule = (*rules)->rule(entry.rule);
  const std::string code = entry.rule.empty() ? boost::describe::enum_to_string(entry.kind, "") : entry.rule;
  const auto [place, is_new] = rules_.try_emplace({account.rulebook, code});
  RuleLine& line = place->second;
  if (is_new) line.points = Amount{0};
  if (rule != nullptr) {
    line.title_zh = rule->title.zh;
    line.title_en = rule->title.en;
  }
  ++line.entries;
  if (line.points) line.points = checked_add(*line.points, entry.change);
  line.points_text = line.points ? (*rules)->points(*line.points) : "does not fit";
  // A deduction's people are its case's, and an expiry repeats them.
  const bool own_people =
      entry.kind == EntryKind::award || entry.kind == EntryKind::spending || entry.kind == EntryKind::reversal;
  if (own_people && !entry.proposer.is_zero()) endorsed(entry.proposer, entry.endorser);
  // What a workflow awards is nobody's choice.
  if (entry.kind == EntryKind::award && !entry.proposer.is_zero() && !entry.case_number)
    proposed(entry.proposer, rule, entry.quantity, entry.asked, &OfficerTally::awards);
  if (entry.kind == EntryKind::deduction && rule != nullptr) return past_term(account, index, entry, *rule);
  return {};
}

void Gatherer::proposed(const PersonId& proposer, const Rule* rule, std::uint32_t quantity, Amount asked,
                        std::uint64_t OfficerTally::*what) {
  OfficerTally& officer = officers_[proposer];
  ++(officer.*what);
  if (rule == nullptr || !leaves_a_choice(rule->amount)) return;
  ++officer.chosen;
  if (at_the_limit(*rule, quantity, asked)) ++officer.at_limit;
}

void Gatherer::endorsed(const PersonId& proposer, const std::optional<PersonId>& endorser) {
  if (!endorser) return;
  OfficerTally& officer = officers_[proposer];
  ++officer.endorsed;
  officer.most_by_one = std::max(officer.most_by_one, ++pairs_[{proposer, *endorser}]);
}

// By the rule and the calendar, whatever the engine's timers did.
Status Gatherer::past_term(const AccountId& account, std::uint64_t index, const Entry& entry, const Rule& rule) {
  const TimestampMs end = add_months(entry.event_time, rule.expires_months);
  Finding finding{entry.height.value,      format_time(entry.block_time),
                  entry.proposer.hex(),    "",
                  account.subject.hex(),   entry.rule,
                  entry.transaction.hex(), ""};
  if (entry.block_time >= end) {
    finding.why = "took effect although its term had ended at " + format_time(end);
    list(List::past_term, std::move(finding));
    return {};
  }
  if (end > last_) return {};
  const auto taken_back = state().get(storage::Column::state, taken_back_key(account, index));
  if (!taken_back) return taken_back.error();
  if (*taken_back) return {};
  finding.why = "its term ended at " + format_time(end) + ", and it stands at the last block";
  list(List::past_term, std::move(finding));
  return {};
}

Status Gatherer::read_cases() {
  const auto last = read_record<std::uint64_t>(state(), as_bytes(kCaseCountKey));
  if (!last) return last.error();
  for (std::uint64_t number = 1; number <= last->value_or(0); ++number) {
    const auto deduction = read_record<CaseRecord>(state(), case_key(number));
    if (!deduction) return deduction.error();
    if (*deduction) {
      if (auto done = one_case(number, **deduction); !done) return done;
      continue;
    }
    const auto work = read_record<WorkRecord>(state(), work_key(number));
    if (!work) return work.error();
    if (!*work) return make_error(ErrorCode::internal, "store", "has no case " + std::to_string(number));
    if (auto done = read_marks(number, **work); !done) return done;
  }
  return {};
}

Status Gatherer::one_case(std::uint64_t number, const CaseRecord& record) {
  Courses& out = facts_.deductions;
  ++out.opened;
  switch (record.state) {
    case CaseState::proposed:
      ++out.proposed;
      break;
    case CaseState::endorsed:
      ++out.endorsed;
      break;
    case CaseState::disputed:
      ++out.disputed;
      break;
    case CaseState::effective:
      ++out.effective;
      break;
    case CaseState::dropped:
      ++out.dropped;
      break;
    case CaseState::lapsed:
      ++out.lapsed;
      break;
    case CaseState::expired:
      ++out.expired;
      break;
    case CaseState::reversed:
      ++out.reversed;
      break;
  }
  const auto rules = rulebook(record.rulebook, record.rulebook_version);
  if (!rules) return rules.error();
  proposed(record.proposer, (*rules)->rule(record.rule), record.quantity, record.change, &OfficerTally::deductions);
  endorsed(record.proposer, record.endorser);
  // The rulebook check lets no such rule pass, and the engine no such claim: an auditor looks all the same.
  if (record.evidence.is_zero())
    list(List::no_evidence, {0, "", record.proposer.hex(), "", record.subject.hex(), record.rule,
                             record.transaction.hex(), "case " + std::to_string(number) + " names no evidence"});
  return {};
}

// Marks are the numbers that people put into a case's lists.
Status Gatherer::read_marks(std::uint64_t number, const WorkRecord& record) {
  const auto rules = rulebook(record.rulebook, record.rulebook_version);
  if (!rules) return rules.error();
  const Workflow* workflow = (*rules)->workflow(record.workflow);
  if (workflow == nullptr) return {};
  for (std::size_t i = 0; i < workflow->fields.size() && i < record.counts.size(); ++i) {
    const WorkField& field = workflow->fields[i];
    const bool marks = field.list > 0 && (field.type == FieldType::integer || field.type == FieldType::decimal);
    if (!marks || record.counts[i] == 0) continue;
    const bool ranged = field.min && field.max && *field.min < *field.max;
    const auto [place, is_new] = marks_.try_emplace({record.rulebook, record.workflow, field.code});
    Rated& rated = place->second;
    if (is_new) {
      rated.title = field.title.en.empty() ? field.title.zh : field.title.en;
      if (ranged)
        rated.range = show_field(field.type, {*field.min, {}}) + " to " + show_field(field.type, {*field.max, {}});
    }
    for (std::uint32_t position = 0; position < record.counts[i]; ++position) {
      const auto value = read_record<ListValue>(state(), work_list_key(number, i, position));
      if (!value) return value.error();
      if (!*value) return make_error(ErrorCode::internal, "store", "lacks a value of case " + std::to_string(number));
      const std::int64_t mark = (*value)->value.number;
      if (rated.raters.empty()) rated.first = mark;
      rated.differ = rated.differ || mark != rated.first;
      Marks& own = rated.raters[name_of_signer((*value)->by)];
      if (own.count == 0) own.first = mark;
      own.same = own.same && mark == own.first;
      ++own.count;
      if (ranged) own.permilles += permille_of_range(mark, *field.min, *field.max);
    }
  }
  return {};
}

}  // namespace tally::report
