#include <algorithm>

#include "common/json.h"
#include "common/time.h"
#include "contracts/query_reading.h"
#include "ledger/working_state.h"
#include "report/gather.h"

namespace tally::report {

namespace {

using namespace contracts;

enum Lists : std::size_t { no_evidence = 2, past_term = 4, old_event = 5, reuse = 6, large = 7, unusual = 8 };

std::uint64_t magnitude(Amount amount) {
  const auto value = static_cast<std::uint64_t>(amount.value);
  return amount.value < 0 ? 0 - value : value;
}

void add_to(Amount& sum, Amount more) {
  sum = checked_add(sum, more).value_or(sum);
}

std::uint64_t permille(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : part * 1000 / whole;
}

std::size_t cell_of(const Digest& digest, std::size_t cells) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < 8; ++i) out = out << 8 | digest.bytes[i];
  return static_cast<std::size_t>(out % cells);
}

// Which period a day "2026-03-01" falls into.
std::string period_start(const std::string& day, const std::string& period) {
  if (period == "day") return day;
  if (period == "month") return day.substr(0, 7) + "-01";
  if (period == "year") return day.substr(0, 4) + "-01-01";
  const auto time = parse_time(day);
  if (!time) return day;
  const std::uint64_t days = time->value / kDayMs;  // day 0 was a Thursday
  return format_day(TimestampMs{(days - (days + 3) % 7) * kDayMs});
}

std::map<std::string, Activity> gathered(const std::map<std::string, Activity>& days, const std::string& period) {
  std::map<std::string, Activity> out;
  for (const auto& [day, one] : days) {
    Activity& sum = out[period_start(day, period)];
    sum.awards += one.awards;
    sum.deductions += one.deductions;
    sum.others += one.others;
    sum.refused += one.refused;
  }
  return out;
}

template <class Line>
std::uint64_t cut(std::vector<Line>& lines) {
  if (lines.size() <= kLinesShown) return 0;
  const std::uint64_t left_out = lines.size() - kLinesShown;
  lines.resize(kLinesShown);
  return left_out;
}

std::uint64_t median(std::vector<std::uint64_t> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

Status Gatherer::one_entry(const AccountId& account, const Entry& entry, const Rulebook& rules) {
  ++facts_.totals.entries;
  RuleLine& line =
      rules_[{account.rulebook, entry.rule.empty() ? boost::describe::enum_to_string(entry.kind, "") : entry.rule}];
  if (const Rule* rule = rules.rule(entry.rule)) {
    line.title_zh = rule->title.zh;
    line.title_en = rule->title.en;
  }
  ++line.entries;
  add_to(line.points, entry.change);
  line.points_text = rules.points(line.points);
  const bool award = entry.kind == EntryKind::award;
  const bool deduction = entry.kind == EntryKind::deduction;
  if (!award && !deduction) return {};
  const std::string proposer = entry.proposer.hex();
  if (const auto officer = officers_.find(proposer); officer != officers_.end()) {
    ++(award ? officer->second.awards : officer->second.deductions);
    if (award) add_to(officer->second.awarded, entry.change);
  }
  if (entry.endorser) ++pairs_[{proposer, entry.endorser->hex()}];
  Finding finding{entry.height.value,
                  entry.transaction.hex(),
                  account.subject.hex(),
                  entry.rule,
                  proposer,
                  format_time(entry.block_time),
                  ""};
  if (deduction && entry.evidence.is_zero()) {
    finding.why = "the deduction of " + rules.points(entry.change) + " names no evidence";
    list(no_evidence, finding);
  }
  if (entry.event_time.value + kOldEventDays * kDayMs < entry.block_time.value) {
    finding.why = "the event of " + format_day(entry.event_time) + " was recorded " +
                  std::to_string((entry.block_time.value - entry.event_time.value) / kDayMs) + " days later";
    list(old_event, finding);
  }
  finding.why = "changed the score by " + rules.points(entry.change) + " to " + rules.points(entry.score);
  if (entry.change.value != 0) large_.emplace(magnitude(entry.change), std::move(finding));
  if (large_.size() > kTopChanges) large_.erase(large_.begin());
  return {};
}

void Gatherer::count_evidence(const Entry& entry, const AccountId& account, bool second) {
  const bool counts = entry.kind == EntryKind::award || entry.kind == EntryKind::deduction;
  if (!counts || entry.evidence.is_zero()) return;
  std::uint32_t& seen = evidence_seen_[cell_of(entry.evidence, evidence_seen_.size())];
  if (!second) {
    if (seen < kEvidenceReuse) ++seen;
    return;
  }
  // Only documents that may be among them are counted one by one.
  if (seen < kEvidenceReuse) return;
  auto found = reused_.find(entry.evidence);
  if (found == reused_.end()) {
    if (reused_.size() >= 100000) return;
    found = reused_.emplace(entry.evidence, Reuse{}).first;
    found->second.first = {entry.height.value,
                           entry.transaction.hex(),
                           account.subject.hex(),
                           entry.rule,
                           entry.proposer.hex(),
                           format_time(entry.block_time),
                           ""};
  }
  ++found->second.uses;
}

Status Gatherer::read_entries(const storage::Reader& state, const AccountId& account, bool second) {
  Status out;
  const auto one = [&](ByteView bytes) -> Status {
    auto entry = decode<Entry>(bytes);
    if (!entry) return make_error(ErrorCode::internal, "store", "an entry does not decode");
    count_evidence(*entry, account, second);
    if (second) return {};
    auto rules = queries_.rulebook_version(state, account.rulebook, entry->rulebook_version);
    if (!rules) return rules.error();
    return one_entry(account, *entry, **rules);
  };
  const auto read = state.scan(storage::Column::history, ledger::history_prefix(history_list(account)), {},
                               [&](ByteView, ByteView value) {
                                 out = one(value);
                                 return out.has_value();
                               });
  return read ? out : read;
}

Status Gatherer::read_accounts(const storage::Reader& state) {
  const auto all = queries_.rulebooks(state);
  if (!all) return all.error();
  for (const bool second : {false, true}) {
    for (const auto& view : *all) {
      Status out;
      const auto read =
          state.scan(storage::Column::state, account_prefix(view.rulebook), {}, [&](ByteView key, ByteView) {
            const auto account = account_in(key);
            if (account && !second) ++facts_.totals.accounts;
            if (account) out = read_entries(state, *account, second);
            return out.has_value();
          });
      if (!read) return read;
      if (!out) return out;
    }
  }
  for (auto& [digest, reused] : reused_) {
    if (reused.uses < kEvidenceReuse) continue;
    reused.first.why = std::to_string(reused.uses) + " entries name document " + digest.hex() + "; this is one";
    list(reuse, reused.first);
  }
  for (auto it = large_.rbegin(); it != large_.rend(); ++it) list(large, it->second);
  return {};
}

Status Gatherer::read_cases(const storage::Reader& state) {
  const auto last = read_record<std::uint64_t>(state, as_bytes(kCaseCountKey));
  if (!last) return last.error();
  Courses& out = facts_.deductions;
  for (std::uint64_t number = 1; number <= last->value_or(0); ++number) {
    const auto read = read_record<CaseRecord>(state, case_key(number));
    if (!read) return read.error();
    if (!*read) continue;  // of a workflow
    const CaseRecord& record = **read;
    ++out.opened;
    std::uint64_t* const counts[] = {&out.proposed, &out.endorsed, &out.disputed, &out.effective,
                                     &out.dropped,  &out.lapsed,   &out.expired,  &out.reversed};
    ++*counts[static_cast<std::size_t>(record.state)];
    Finding finding{0, record.transaction.hex(), record.subject.hex(), record.rule, record.proposer.hex(), "", ""};
    if (record.evidence.is_zero() && !record.entry) {
      finding.when = format_time(record.event_time);
      finding.why = "case " + std::to_string(number) + " names no evidence";
      list(no_evidence, finding);
    }
    if (record.state == CaseState::effective && record.deadline <= last_) {
      finding.when = format_time(record.deadline);
      finding.why = "case " + std::to_string(number) + ": the term ended then and the entry stands";
      list(past_term, finding);
    }
  }
  return {};
}

Status Gatherer::fill_officers(const storage::Reader& state) {
  for (const auto& [person, tally] : officers_) {
    OfficerLine line{
        person,        "",          "",         tally.operations, tally.refused, tally.awards, tally.deductions,
        tally.awarded, tally.night, tally.hours};
    const auto id = PersonId::from_hex(person);
    if (id) {
      const auto record = read_record<OfficerRecord>(state, officer_key(*id));
      if (!record) return record.error();
      if (*record) {
        line.title = (*record)->title;
        line.unit = (*record)->unit;
      }
    }
    facts_.officers.push_back(std::move(line));
  }
  return {};
}

// Each figure of an officer against the median of all others who did as much.
void Gatherer::judge_officers() {
  struct Figure {
    const char* name;
    std::uint64_t (*of)(const OfficerLine&);
    std::uint64_t floor;
  };
  static const Figure figures[] = {
      {"refused operations, permille", [](const OfficerLine& it) { return permille(it.refused, it.operations); },
       kPermilleFloor},
      {"deductions among entries, permille",
       [](const OfficerLine& it) { return permille(it.deductions, it.awards + it.deductions); }, kPermilleFloor},
      {"operations at night, permille", [](const OfficerLine& it) { return permille(it.night, it.operations); },
       kPermilleFloor},
      {"raw points per award",
       [](const OfficerLine& it) { return it.awards == 0 ? 0 : magnitude(it.awarded) / it.awards; }, 0},
  };
  std::vector<const OfficerLine*> judged;
  for (const auto& officer : facts_.officers) {
    if (officer.operations >= kOfficerOperations) judged.push_back(&officer);
  }
  if (judged.size() <= kPeers) return;
  for (const auto* officer : judged) {
    for (const auto& figure : figures) {
      std::vector<std::uint64_t> peers;
      for (const auto* other : judged) {
        if (other != officer) peers.push_back(figure.of(*other));
      }
      const std::uint64_t own = figure.of(*officer);
      const std::uint64_t middle = median(peers);
      if (own <= kTimesMedian * middle || own <= middle + figure.floor) continue;
      list(unusual, {0, "", "", "", officer->person, "",
                     std::string(figure.name) + ": " + std::to_string(own) + ", the peers' median is " +
                         std::to_string(middle)});
    }
  }
}

void Gatherer::fill_tables() {
  facts_.period = "day";
  auto periods = gathered(days_, "day");
  for (const char* period : {"week", "month", "year"}) {
    if (periods.size() <= kPeriodsShown) break;
    facts_.period = period;
    periods = gathered(days_, period);
  }
  for (auto& [from, one] : periods) {
    one.from = from;
    facts_.activity.push_back(one);
  }
  for (auto& [key, line] : rules_) {
    line.rulebook = key.first;
    line.rule = key.second;
    facts_.rules.push_back(line);
  }
  std::stable_sort(facts_.rules.begin(), facts_.rules.end(),
                   [](const auto& a, const auto& b) { return a.entries > b.entries; });
  facts_.rules_left_out = cut(facts_.rules);
  std::map<std::string, std::uint64_t> endorsed;
  for (const auto& [key, count] : pairs_) endorsed[key.first] += count;
  for (const auto& [key, count] : pairs_)
    facts_.pairs.push_back({key.first, key.second, count, permille(count, endorsed[key.first])});
  std::stable_sort(facts_.pairs.begin(), facts_.pairs.end(),
                   [](const auto& a, const auto& b) { return a.entries > b.entries; });
  facts_.pairs_left_out = cut(facts_.pairs);
  for (auto& [key, asked] : gates_) {
    asked.line.rulebook = key.first;
    asked.line.gate = key.second;
    asked.line.askers = asked.askers.size();
    facts_.gates.push_back(asked.line);
  }
  for (auto& [replica, line] : replicas_) {
    line.replica = replica;
    facts_.replicas.push_back(line);
  }
}

Result<Facts> Gatherer::finish(const storage::Reader& state, const ledger::AuditVerdict& verdict) {
  facts_.verdict = verdict;
  facts_.last_block = format_time(last_);
  if (auto read = read_accounts(state); !read) return read.error();
  if (auto read = read_cases(state); !read) return read.error();
  if (auto filled = fill_officers(state); !filled) return filled.error();
  const auto counted = state.scan(storage::Column::state, as_bytes("unit"), {}, [&](ByteView key, ByteView) {
    if (key.size() > 4 && key[4] == 0) ++facts_.totals.units;
    return true;
  });
  if (!counted) return counted.error();
  fill_tables();
  judge_officers();
  std::stable_sort(facts_.officers.begin(), facts_.officers.end(),
                   [](const auto& a, const auto& b) { return a.operations > b.operations; });
  facts_.officers_left_out = cut(facts_.officers);
  return std::move(facts_);
}

}  // namespace tally::report
