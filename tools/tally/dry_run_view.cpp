#include <boost/describe/enum_to_string.hpp>

#include "common/time.h"
#include "tally/explain_view.h"

namespace tally::cli {

namespace {

using contracts::AccountChange;
using contracts::AccountOutcome;
using contracts::DryRunOperation;
using contracts::DryRunReport;

std::string count(std::uint64_t number, const std::string& one, const std::string& many) {
  return std::to_string(number) + " " + (number == 1 ? one : many);
}

std::string score_text(const std::optional<AccountOutcome>& outcome, unsigned scale) {
  return outcome ? format_amount(outcome->score, scale) : "no account";
}

std::string band_text(const AccountOutcome& outcome) {
  return std::to_string(outcome.stars) + " " + outcome.band.zh;
}

std::string value_of(const AccountOutcome& outcome, const std::string& code) {
  for (const auto& benefit : outcome.benefits)
    if (benefit.code == code) return benefit.value + " " + benefit.unit;
  return "none";
}

// "unsecured-line 100000 yuan -> none" for each benefit that differs.
std::string benefits_text(const AccountChange& change) {
  std::vector<std::string> codes;
  for (const auto* outcome : {&change.now, &change.would}) {
    if (!*outcome) continue;
    for (const auto& benefit : (*outcome)->benefits)
      if (std::find(codes.begin(), codes.end(), benefit.code) == codes.end()) codes.push_back(benefit.code);
  }
  std::string out;
  for (const auto& code : codes) {
    const std::string before = change.now ? value_of(*change.now, code) : "none";
    const std::string after = change.would ? value_of(*change.would, code) : "none";
    if (before != after) out += (out.empty() ? "" : "; ") + code + " " + before + " -> " + after;
  }
  return out;
}

std::string gate_text(const contracts::GateTurn& gate, unsigned scale) {
  const auto state = [&](bool passes, const std::optional<Amount>& value) {
    std::string out = passes ? "passes" : "does not pass";
    if (value) out += " with " + format_amount(*value, scale) + " " + gate.value_unit;
    return out;
  };
  return "gate " + gate.code + ": " + state(gate.passes, gate.value) + " -> " +
         state(gate.would_pass, gate.would_grant) + " (" + gate.reason.en + ")";
}

// Everything but scores and bands.
std::string other_changes(const AccountChange& change, unsigned scale) {
  std::string out = benefits_text(change);
  const auto add = [&](const std::string& text) { out += (out.empty() ? "" : "; ") + text; };
  for (const auto& gate : change.gates) add(gate_text(gate, scale));
  for (const auto& standing : change.standings)
    add(standing.code + ": " + (standing.stands ? "stands -> would not" : "does not stand -> would"));
  if (change.now && change.would && change.now->pending != change.would->pending)
    add("open cases would take " + format_amount(change.would->pending, scale) + " in place of " +
        format_amount(change.now->pending, scale));
  return out;
}

Table change_table(const DryRunReport& report) {
  Table out{{{"subject"},
             {"unit"},
             {"book"},
             {"score now", Align::right},
             {"would be", Align::right},
             {"band now"},
             {"would be"},
             {"what else"}},
            {}};
  for (const auto& change : report.changes)
    out.rows.push_back({change.subject.hex(), change.unit, change.book, score_text(change.now, report.scale),
                        score_text(change.would, report.scale), change.now ? band_text(*change.now) : "",
                        change.would ? band_text(*change.would) : "", other_changes(change, report.scale)});
  return out;
}

Table operation_table(const std::vector<DryRunOperation>& operations) {
  Table out{{{"block", Align::right}, {"time"}, {"operation"}, {"subject"}, {"what"}, {"why"}}, {}};
  for (const auto& operation : operations) {
    const std::string fate = boost::describe::enum_to_string(operation.fate, "unknown");
    out.rows.push_back({std::to_string(operation.height.value), format_time(operation.block_time), operation.type,
                        operation.subject ? operation.subject->hex() : "", fate, operation.message});
  }
  return out;
}

std::string summary_of(const DryRunReport& report) {
  std::size_t higher = 0;
  std::size_t lower = 0;
  std::size_t gates = 0;
  for (const auto& change : report.changes) {
    gates += change.gates.size();
    if (!change.now || !change.would) continue;
    higher += change.would->score > change.now->score ? 1 : 0;
    lower += change.would->score < change.now->score ? 1 : 0;
  }
  return count(report.changes.size(), "account", "accounts") + " of " + std::to_string(report.accounts) +
         " would change: " + std::to_string(higher) + " higher, " + std::to_string(lower) + " lower, " +
         count(gates, "gate", "gates") + " otherwise; " + count(report.refused.size(), "operation", "operations") +
         " would be refused, " + std::to_string(report.accepted.size()) + " accepted";
}

}  // namespace

std::vector<Section> sections_of(const DryRunReport& report) {
  std::vector<Section> out;
  if (!report.changes.empty()) out.push_back({"Who would change", change_table(report)});
  if (!report.refused.empty()) out.push_back({"Operations that would be refused", operation_table(report.refused)});
  if (!report.accepted.empty())
    out.push_back({"Operations that were refused and would be accepted", operation_table(report.accepted)});
  out.push_back(
      {"", Facts()
               .add("rulebook", report.rulebook + ": version " + std::to_string(report.version) +
                                    " in the place of version " + std::to_string(report.version_now))
               .add("events from", format_time(report.since))
               .add("history until", format_time(report.time) + ", block " + std::to_string(report.height.value))
               .add("judged again",
                    count(report.judged_again, "award, deduction or spending", "awards, deductions and spendings"))
               .add("summary", summary_of(report))
               .table()});
  return out;
}

}  // namespace tally::cli
