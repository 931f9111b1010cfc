#include <algorithm>

#include "common/time.h"
#include "contracts/query_reading.h"
#include "report/gather.h"
#include "report/statistics.h"

namespace tally::report {

namespace {

using namespace contracts;

std::string text(std::uint64_t number) {
  return std::to_string(number);
}

// Which period a day "2026-03-01" falls into.
std::string period_start(const std::string& day, const std::string& period) {
  if (period == "day") return day;
  if (period == "month") return day.substr(0, day.size() - 2) + "01";
  if (period == "year") return day.substr(0, day.size() - 5) + "01-01";
  const auto time = parse_time(day);
  if (!time) return day;
  const std::uint64_t days = time->value / kDayMs;  // day 0 was a Thursday; weeks begin on Mondays
  const std::uint64_t since_monday = (days + 3) % 7;
  return format_day(TimestampMs{(days < since_monday ? 0 : days - since_monday) * kDayMs});
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

std::string against(const Peers& peers, const char* people) {
  return "; of " + text(peers.count) + " " + people + " the median is " + text(peers.median) +
         ", the median deviation from it " + text(peers.deviation);
}

// A share that officers are compared by.
struct Figure {
  const char* part;
  const char* whole;
  std::uint64_t OfficerTally::*count;
  std::uint64_t (*of)(const OfficerTally&);
};
constexpr Figure kFigures[] = {
    {"refused", "operations", &OfficerTally::refused, [](const OfficerTally& it) { return it.operations; }},
    {"at night", "operations", &OfficerTally::night, [](const OfficerTally& it) { return it.operations; }},
    {"deductions", "proposals", &OfficerTally::deductions,
     [](const OfficerTally& it) { return it.awards + it.deductions; }},
    {"at the limit", "proposals under rules that leave a choice", &OfficerTally::at_limit,
     [](const OfficerTally& it) { return it.chosen; }},
    {"by one person", "endorsed proposals", &OfficerTally::most_by_one,
     [](const OfficerTally& it) { return it.endorsed; }},
};

}  // namespace

std::vector<FindingList> empty_lists() {
  const std::string apart =
      "more than " + text(kDeviations) + " median deviations and more than " + text(kPermilleApart) + " permille ";
  const std::string among = " among at least " + text(kPeersFrom) + " with at least " + text(kJudgedFrom);
  return {
      {"single_signer",
       "Attempts by one signer where two are needed",
       "refused with missing_role because nobody else signed",
       0,
       {}},
      {"same_person", "Self-endorsed attempts, and attempts in one's own affairs", "refused with same_person", 0, {}},
      {"no_evidence",
       "Deductions without evidence",
       "proposals refused with evidence_missing, and cases whose evidence digest is zero",
       0,
       {}},
      {"late_objection",
       "Late objections",
       "refused because the window of the case had closed, and nobody had objected until then",
       0,
       {}},
      {"past_term",
       "Deductions past their term",
       "entries that stand at the last block although their term has ended, or took effect after it",
       0,
       {}},
      {"unusual_officer",
       "Officers unlike their peers",
       "a share that lies " + apart + "above the median," + among + " operations or proposals of the kind",
       0,
       {}},
      {"unusual_rater",
       "Raters unlike their peers",
       "a mean mark that lies " + apart +
           "from the median, or one and the same mark every time where fewer than half "
           "of the others give one;" +
           among + " marks",
       0,
       {}},
  };
}

void Gatherer::fill_activity() {
  facts_.period = months_ ? "month" : "day";
  auto periods = days_;
  for (const char* period : {"week", "month", "year"}) {
    if (periods.size() <= kPeriodsShown) break;
    if (months_ && period == std::string_view("week")) continue;
    facts_.period = period;
    periods = gathered(days_, period);
  }
  for (auto& [from, one] : periods) {
    one.from = from;
    facts_.activity.push_back(one);
  }
  if (facts_.activity.size() <= kPeriodsShown) return;
  facts_.activity_left_out = facts_.activity.size() - kPeriodsShown;
  facts_.activity.erase(facts_.activity.begin(), facts_.activity.end() - static_cast<std::ptrdiff_t>(kPeriodsShown));
}

void Gatherer::fill_tables() {
  for (auto& [key, line] : rules_) {
    line.rulebook = key.first;
    line.rule = key.second;
    facts_.rules.push_back(line);
  }
  std::stable_sort(facts_.rules.begin(), facts_.rules.end(),
                   [](const auto& a, const auto& b) { return a.entries > b.entries; });
  facts_.rules_left_out = cut(facts_.rules);
  for (const auto& [key, count] : pairs_)
    facts_.pairs.push_back(
        {key.first.hex(), "", key.second.hex(), "", count, permille(count, officers_[key.first].endorsed)});
  std::stable_sort(facts_.pairs.begin(), facts_.pairs.end(),
                   [](const auto& a, const auto& b) { return a.proposals > b.proposals; });
  facts_.pairs_left_out = cut(facts_.pairs);
  const auto asked = [](const GateLine& line) { return line.passed + line.failed + line.refused; };
  for (auto& [key, of] : gates_) {
    of.line.askers = of.askers.size();
    facts_.gates.push_back(of.line);
  }
  std::stable_sort(facts_.gates.begin(), facts_.gates.end(),
                   [&](const auto& a, const auto& b) { return asked(a) > asked(b); });
  facts_.gates_left_out = cut(facts_.gates);
  for (auto& [replica, line] : replicas_) {
    line.replica = replica;
    facts_.replicas.push_back(line);
  }
}

Status Gatherer::fill_officers() {
  for (const auto& [person, tally] : officers_)
    facts_.officers.push_back({person.hex(), "", "", tally.operations, tally.refused, tally.night, tally.awards,
                               tally.deductions, tally.chosen, tally.at_limit, tally.endorsed, tally.hours});
  std::stable_sort(facts_.officers.begin(), facts_.officers.end(), [](const auto& a, const auto& b) {
    return a.operations + a.awards + a.deductions > b.operations + b.awards + b.deductions;
  });
  facts_.officers_left_out = cut(facts_.officers);
  for (auto& line : facts_.officers) {
    const auto record = read_record<OfficerRecord>(state(), officer_key(*PersonId::from_hex(line.person)));
    if (!record) return record.error();
    if (!*record) continue;
    line.post = (*record)->title;
    line.unit = (*record)->unit;
  }
  return {};
}

// The title of somebody's post; empty: not an officer.
Result<std::string> Gatherer::post_of(const std::string& person) {
  const auto id = PersonId::from_hex(person);
  if (!id) return std::string();
  const auto record = read_record<OfficerRecord>(state(), officer_key(*id));
  if (!record) return record.error();
  return *record ? (*record)->title : std::string();
}

Status Gatherer::fill_posts() {
  for (auto& pair : facts_.pairs) {
    auto proposer = post_of(pair.proposer);
    if (!proposer) return proposer.error();
    auto endorser = post_of(pair.endorser);
    if (!endorser) return endorser.error();
    pair.proposer_post = *std::move(proposer);
    pair.endorser_post = *std::move(endorser);
  }
  for (auto& list : facts_.lists) {
    for (auto& finding : list.shown) {
      auto post = post_of(finding.who);
      if (!post) return post.error();
      finding.post = *std::move(post);
    }
  }
  return {};
}

void Gatherer::judge_officers() {
  for (const auto& figure : kFigures) {
    std::vector<std::uint64_t> shares;
    for (const auto& [person, tally] : officers_)
      if (figure.of(tally) >= kJudgedFrom) shares.push_back(permille(tally.*figure.count, figure.of(tally)));
    const Peers peers = peers_of(shares);
    for (const auto& [person, tally] : officers_) {
      const std::uint64_t whole = figure.of(tally);
      const std::uint64_t share = permille(tally.*figure.count, whole);
      if (whole < kJudgedFrom || !unlike(share, peers, Side::above)) continue;
      Finding finding;
      finding.who = person.hex();
      finding.why = text(tally.*figure.count) + " of " + text(whole) + " " + figure.whole + " " + figure.part +
                    ", which is " + text(share) + " permille" + against(peers, "officers");
      list(List::officer, std::move(finding));
    }
  }
}

void Gatherer::judge_raters() {
  for (const auto& [of, rated] : marks_) judge_marks(of, rated);
}

void Gatherer::judge_marks(const MarksOf& of, const Rated& rated) {
  std::vector<std::uint64_t> means;
  std::uint64_t constant = 0;
  for (const auto& [rater, marks] : rated.raters) {
    if (marks.count < kJudgedFrom) continue;
    means.push_back(marks.permilles / marks.count);
    if (marks.same) ++constant;
  }
  const Peers peers = peers_of(means);
  const std::string what = "\"" + rated.title + "\" (" + of.rulebook + " " + of.workflow + " " + of.field + ")";
  const auto add = [&](const std::string& rater, std::string why) {
    Finding finding;
    finding.who = rater;
    finding.why = std::move(why);
    list(List::rater, std::move(finding));
  };
  for (const auto& [rater, marks] : rated.raters) {
    if (marks.count < kJudgedFrom) continue;
    if (marks.same && rated.differ && peers.count >= kPeersFrom && 2 * constant < peers.count)
      add(rater, "gave the same mark all " + text(marks.count) + " times in " + what + "; so did " + text(constant) +
                     " of " + text(peers.count) + " raters");
    const std::uint64_t mean = marks.permilles / marks.count;
    if (!rated.range.empty() && unlike(mean, peers, Side::either))
      add(rater, "the mean of " + text(marks.count) + " marks in " + what + " is at " + text(mean) +
                     " permille of the range from " + rated.range + against(peers, "raters"));
  }
}

Result<Facts> Gatherer::finish(const ledger::AuditVerdict& verdict) {
  facts_.verdict = {verdict.passed,        verdict.chain,
                    verdict.name,          verdict.clock,
                    verdict.blocks,        verdict.transactions,
                    verdict.operations,    verdict.client_signatures,
                    verdict.epochs.size(), verdict.verified_until.value,
                    verdict.failure};
  fill_activity();
  if (state_) {
    if (auto read = read_state(); !read) return read.error();
    judge_officers();
    judge_raters();
    fill_tables();
    if (auto filled = fill_officers(); !filled) return filled.error();
    if (auto filled = fill_posts(); !filled) return filled.error();
  }
  state_.reset();
  return std::move(facts_);
}

}  // namespace tally::report
