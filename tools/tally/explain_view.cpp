#include "tally/explain_view.h"

#include <boost/describe/enum_to_string.hpp>

#include "common/time.h"

namespace tally::cli {

namespace {

using contracts::ExplainedStep;
using contracts::Explanation;
using contracts::Title;

template <class E>
std::string word(E value) {
  return boost::describe::enum_to_string(value, "unknown");
}

std::string both(const Title& title) {
  if (title.zh.empty() || title.en.empty()) return title.zh + title.en;
  return title.zh + " (" + title.en + ")";
}

std::string signed_points(Amount amount, unsigned scale) {
  return (amount.value > 0 ? "+" : "") + format_amount(amount, scale);
}

std::string actor_text(const contracts::ActorView& actor) {
  const std::string id = "person " + actor.person.hex().substr(0, 8);
  return actor.title.empty() ? id : actor.title + " of " + actor.unit + " (" + id + ")";
}

std::string what_of(const ExplainedStep& step) {
  const auto& entry = step.entry;
  std::string out = word(entry.kind);
  if (!entry.rule.empty()) out += " " + entry.rule;
  if (const std::string title = both(step.rule_title); !title.empty()) out += " " + title;
  return out;
}

Table register_of(const Explanation& explanation) {
  Table out{{{"entry", Align::right},
             {"date"},
             {"kind"},
             {"rule"},
             {"title"},
             {"asked", Align::right},
             {"change", Align::right},
             {"score", Align::right},
             {"in words"}},
            {}};
  for (const auto& step : explanation.steps) {
    std::string words;
    for (const auto& note : step.notes) words += (words.empty() ? "" : "; ") + note.en;
    const auto& entry = step.entry;
    out.rows.push_back({std::to_string(step.index), format_day(entry.event_time), word(entry.kind), entry.rule,
                        step.rule_title.zh, signed_points(entry.asked, explanation.scale),
                        signed_points(entry.change, explanation.scale), format_amount(entry.score, explanation.scale),
                        words});
  }
  return out;
}

Section step_section(const Explanation& explanation, const ExplainedStep& step) {
  const auto& entry = step.entry;
  const unsigned scale = explanation.scale;
  Facts facts;
  facts.add("  points", "asked " + signed_points(entry.asked, scale) + ", applied " +
                            signed_points(entry.change, scale) + ", then " + format_amount(entry.score, scale));
  for (const auto& note : step.notes) facts.add("  why", both(note));
  if (!step.how.en.empty()) facts.add("  clause", both(step.how));
  facts.add("  rulebook", explanation.rulebook + " version " + std::to_string(entry.rulebook_version));
  if (!entry.rule.empty()) facts.add("  quantity", std::to_string(entry.quantity));
  if (entry.event_time != entry.block_time) facts.add("  happened", format_time(entry.event_time));
  facts.add("  entered", format_time(entry.block_time) + ", block " + std::to_string(entry.height.value));
  if (step.proposed_by) facts.add("  proposed by", actor_text(*step.proposed_by));
  if (step.endorsed_by) facts.add("  endorsed by", actor_text(*step.endorsed_by));
  if (entry.case_number) facts.add("  case", std::to_string(*entry.case_number));
  if (step.objection) facts.add("  objection digest", step.objection->hex());
  if (step.objected_for) facts.add("  objected for it", actor_text(*step.objected_for));
  if (!entry.transaction.is_zero()) facts.add("  transaction", entry.transaction.hex());
  if (!entry.evidence.is_zero()) facts.add("  evidence digest", entry.evidence.hex());
  if (!entry.reason.is_zero()) facts.add("  reason digest", entry.reason.hex());
  return {std::to_string(step.index) + "  " + what_of(step), facts.table()};
}

Facts head_of(const Explanation& explanation) {
  Facts out;
  out.add("subject", explanation.subject.hex())
      .add("unit", explanation.unit)
      .add("book", explanation.rulebook + ", " + explanation.book)
      .add("as of", format_time(explanation.time))
      .add("score", format_amount(explanation.score, explanation.scale))
      .add("stars", std::to_string(explanation.stars) + "  " + both(explanation.band));
  if (explanation.pending && explanation.pending->value != 0)
    out.add("open cases would take", format_amount(*explanation.pending, explanation.scale));
  return out;
}

}  // namespace

std::vector<Section> sections_of(const Explanation& explanation) {
  std::vector<Section> out{{"", head_of(explanation).table()}};
  out.push_back({"How it came about: " + std::to_string(explanation.steps.size()) + " steps, together " +
                     format_amount(explanation.score, explanation.scale),
                 register_of(explanation)});
  for (const auto& step : explanation.steps) out.push_back(step_section(explanation, step));
  if (explanation.open_cases.empty()) return out;
  Table cases{{{"case", Align::right}, {"rule"}, {"title"}, {"state"}, {"in words"}}, {}};
  for (const auto& item : explanation.open_cases)
    cases.rows.push_back(
        {std::to_string(item.number), item.record.rule, item.rule_title.zh, word(item.record.state), item.words.en});
  out.push_back({"Open cases", std::move(cases)});
  return out;
}

}  // namespace tally::cli
