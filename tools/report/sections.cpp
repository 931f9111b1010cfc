#include "report/sections.h"

#include "common/json.h"

namespace tally::report {

namespace {

std::string text(std::uint64_t number) {
  return std::to_string(number);
}

Section activity_section(const Facts& facts) {
  Section out{"Activity",
              "Operations by " + facts.period + " of block time (UTC), from the day named on.",
              {facts.period + " from", "awards", "deductions proposed", "others", "refused"},
              {},
              0};
  for (const auto& one : facts.activity)
    out.rows.push_back({one.from, text(one.awards), text(one.deductions), text(one.others), text(one.refused)});
  return out;
}

Section rules_section(const Facts& facts) {
  Section out{"Entries by rule",
              "Entries in all accounts, and what they changed together, in points.",
              {"rulebook", "rule", "title", "entries", "points"},
              {},
              facts.rules_left_out};
  for (const auto& one : facts.rules)
    out.rows.push_back({one.rulebook, one.rule, rule_words(one), text(one.entries), one.points_text});
  return out;
}

Section pairs_section(const Facts& facts) {
  Section out{"Endorsement pairs",
              "Whose proposals were endorsed by whom; the share is of all that the proposer had endorsed.",
              {"proposer", "endorser", "entries", "share, permille"},
              {},
              facts.pairs_left_out};
  for (const auto& one : facts.pairs)
    out.rows.push_back({one.proposer, one.endorser, text(one.entries), text(one.permille)});
  return out;
}

Section gates_section(const Facts& facts) {
  Section out{"Gates",
              "Consultations, and by how many different people.",
              {"rulebook", "gate", "passed", "failed", "refused", "people who asked"},
              {},
              0};
  for (const auto& one : facts.gates)
    out.rows.push_back(
        {one.rulebook, one.gate, text(one.passed), text(one.failed), text(one.refused), text(one.askers)});
  return out;
}

Section officers_section(const Facts& facts) {
  Section out{"Officers",
              "Operations signed first by each; entries that they proposed; night is " + text(kNightFrom) + ":00 to " +
                  text(kNightUntil) + ":00, UTC+8.",
              {"officer", "title", "unit", "operations", "refused", "awards", "deductions", "at night",
               "operations by hour 0 to 23, UTC+8"},
              {},
              facts.officers_left_out};
  for (const auto& one : facts.officers) {
    std::string hours;
    for (const auto count : one.hours) hours += (hours.empty() ? "" : " ") + text(count);
    out.rows.push_back({one.person, one.title, one.unit, text(one.operations), text(one.refused), text(one.awards),
                        text(one.deductions), text(one.night), hours});
  }
  return out;
}

Section courses_section(const Facts& facts) {
  const Courses& of = facts.deductions;
  return {"Deductions' course",
          "How the cases of deductions stand at the end, and how objections were resolved.",
          {"what", "cases"},
          {{"opened", text(of.opened)},
           {"proposed, waiting for an endorsement", text(of.proposed)},
           {"endorsed, open to objections", text(of.endorsed)},
           {"disputed", text(of.disputed)},
           {"in effect", text(of.effective)},
           {"dropped", text(of.dropped)},
           {"lapsed without an endorsement", text(of.lapsed)},
           {"expired at the end of their term", text(of.expired)},
           {"reversed", text(of.reversed)},
           {"objections made", text(of.objections)},
           {"objections upheld", text(of.upheld)},
           {"objections dismissed", text(of.dismissed)}},
          0};
}

Section replicas_section(const Facts& facts) {
  Section out{"Validators' part",
              "Certificates that carry a replica's signature, and blocks that it proposed.",
              {"replica", "certificates signed", "blocks proposed"},
              {},
              0};
  for (const auto& one : facts.replicas)
    out.rows.push_back({text(one.replica), text(one.certificates), text(one.blocks)});
  return out;
}

Section list_section(const FindingList& list) {
  Section out{"List: " + list.title,
              "On it: " + list.bound + ". Found: " + text(list.found) + ".",
              {"height", "when", "who", "subject", "rule", "transaction", "why"},
              {},
              list.found - list.shown.size()};
  for (const auto& one : list.shown)
    out.rows.push_back(
        {one.height == 0 ? "" : text(one.height), one.when, one.who, one.subject, one.rule, one.transaction, one.why});
  return out;
}

}  // namespace

std::string rule_words(const RuleLine& line) {
  if (line.title_zh.empty()) return line.title_en;
  return line.title_en.empty() ? line.title_zh : line.title_zh + " / " + line.title_en;
}

std::string headline(const Facts& facts) {
  const auto& verdict = facts.verdict;
  const std::string height = text(verdict.verified_until.value);
  if (verdict.passed) return "The chain holds. Verified until height " + height + ".";
  std::string out =
      "THE CHAIN DOES NOT HOLD. Verified until height " + height + "; nothing beyond it is in this report.";
  if (verdict.failure)
    out += " Block " + text(verdict.failure->height.value) + ": " + verdict.failure->what + ": " +
           verdict.failure->found + "; expected " + verdict.failure->expected + ".";
  return out;
}

Section verdict_section(const Facts& facts) {
  const auto& verdict = facts.verdict;
  return {"What was checked",
          "The whole history, executed again: signatures, certificates, links and roots.",
          {"what", "value"},
          {{"network", verdict.name},
           {"chain", verdict.chain.hex()},
           {"clock", verdict.clock == ledger::ClockMode::test ? "TEST CLOCK: block time is driven by clients" : "real"},
           {"genesis at", facts.first_block},
           {"last block at", facts.last_block},
           {"blocks", text(verdict.blocks)},
           {"transactions", text(verdict.transactions)},
           {"operations", text(verdict.operations)},
           {"operations in this report", text(facts.totals.operations)},
           {"of them refused", text(facts.totals.refused)},
           {"accounts", text(facts.totals.accounts)},
           {"entries", text(facts.totals.entries)},
           {"units", text(facts.totals.units)},
           {"client signatures", text(verdict.client_signatures)},
           {"certificates", text(verdict.certificates)},
           {"validator signatures", text(verdict.validator_signatures)},
           {"state root", verdict.state_root.hex()}},
          0};
}

std::vector<Section> sections_of(const Facts& facts) {
  std::vector<Section> out{activity_section(facts), rules_section(facts),   pairs_section(facts),
                           gates_section(facts),    courses_section(facts), officers_section(facts),
                           replicas_section(facts)};
  for (const auto& list : facts.lists) out.push_back(list_section(list));
  return out;
}

std::string json_report(const Facts& facts) {
  return to_json(facts).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tally::report
