#include "report/sections.h"

#include "common/json.h"

namespace tally::report {

namespace {

std::string text(std::uint64_t number) {
  return std::to_string(number);
}

Section activity_section(const Facts& facts) {
  Section out{"activity",
              "Activity",
              "Operations by " + facts.period + " of block time (UTC), from the day named on.",
              {facts.period + " from", "awards", "deductions proposed", "others", "refused"},
              {},
              facts.activity_left_out};
  for (const auto& one : facts.activity)
    out.rows.push_back({one.from, text(one.awards), text(one.deductions), text(one.others), text(one.refused)});
  return out;
}

Section rules_section(const Facts& facts) {
  Section out{"rules",
              "Entries by rule",
              "Entries in all accounts, and what they changed together, in points.",
              {"rulebook", "rule", "title", "entries", "points"},
              {},
              facts.rules_left_out};
  for (const auto& one : facts.rules)
    out.rows.push_back(
        {one.rulebook, one.rule, both_words(one.title_zh, one.title_en), text(one.entries), one.points_text});
  return out;
}

Section pairs_section(const Facts& facts) {
  Section out{"pairs",
              "Endorsement pairs",
              "Whose proposals were endorsed by whom; the share is of all that the proposer had endorsed.",
              {"proposer", "post", "endorser", "post", "proposals", "share, permille"},
              {},
              facts.pairs_left_out};
  for (const auto& one : facts.pairs)
    out.rows.push_back(
        {one.proposer, one.proposer_post, one.endorser, one.endorser_post, text(one.proposals), text(one.permille)});
  return out;
}

Section gates_section(const Facts& facts) {
  Section out{"gates",
              "Gate outcomes",
              "What gates answered when they were consulted, and how many different officers asked.",
              {"rulebook", "gate", "title", "passed", "failed", "refused", "officers who asked"},
              {},
              facts.gates_left_out};
  for (const auto& one : facts.gates)
    out.rows.push_back({one.rulebook, one.gate, both_words(one.title_zh, one.title_en), text(one.passed),
                        text(one.failed), text(one.refused), text(one.askers)});
  return out;
}

Section officers_section(const Facts& facts) {
  Section out{"officers",
              "Officers",
              "Operations that each signed first, and proposals that stand. Night is " + text(kNightFrom) + ":00 to 0" +
                  text(kNightUntil) + ":00, UTC+8.",
              {"officer", "post", "unit", "operations", "refused", "at night", "awards", "deductions", "with a choice",
               "at the limit", "endorsed", "operations by hour 0 to 23, UTC+8"},
              {},
              facts.officers_left_out};
  for (const auto& one : facts.officers) {
    std::string hours;
    for (const auto count : one.hours) hours += (hours.empty() ? "" : " ") + text(count);
    out.rows.push_back({one.person, one.post, one.unit, text(one.operations), text(one.refused), text(one.night),
                        text(one.awards), text(one.deductions), text(one.chosen), text(one.at_limit),
                        text(one.endorsed), hours});
  }
  return out;
}

Section courses_section(const Facts& facts) {
  const Courses& of = facts.deductions;
  return {"deductions",
          "Deductions' course",
          "How the cases of deductions stand at the last block, and what became of objections.",
          {"what", "cases"},
          {{"opened", text(of.opened)},
           {"proposed, waiting for an endorsement", text(of.proposed)},
           {"endorsed, open to objections", text(of.endorsed)},
           {"disputed", text(of.disputed)},
           {"in effect", text(of.effective)},
           {"dropped after an objection", text(of.dropped)},
           {"lapsed without an endorsement", text(of.lapsed)},
           {"expired at the end of their term", text(of.expired)},
           {"reversed", text(of.reversed)},
           {"objections made", text(of.objections)},
           {"objections upheld", text(of.upheld)},
           {"objections dismissed", text(of.dismissed)},
           {"objections that nobody decided in time", text(of.unresolved)}},
          0};
}

Section replicas_section(const Facts& facts) {
  Section out{"validators",
              "Validators' part",
              "Blocks whose batch a replica proposed, by its place in the validator set of their epoch.",
              {"replica", "blocks proposed"},
              {},
              0};
  for (const auto& one : facts.replicas) out.rows.push_back({text(one.replica), text(one.blocks)});
  return out;
}

Section list_section(const FindingList& list) {
  Section out{"list-" + list.code,
              list.title,
              "On it: " + list.bound + ". Found: " + text(list.found) + ".",
              {"height", "when", "who", "post", "subject", "rule", "why", "transaction"},
              {},
              list.found - list.shown.size()};
  for (const auto& one : list.shown)
    out.rows.push_back({one.height == 0 ? "" : text(one.height), one.when, one.who, one.post, one.subject, one.rule,
                        one.why, one.transaction});
  return out;
}

}  // namespace

std::string both_words(const std::string& zh, const std::string& en) {
  if (zh.empty()) return en;
  return en.empty() ? zh : zh + " / " + en;
}

std::string headline(const Facts& facts) {
  const std::string until = "verified until height " + text(facts.verdict.verified_until) + ".";
  return (facts.verdict.passed ? "The chain holds: " : "THE CHAIN DOES NOT HOLD: ") + until;
}

std::string failure_words(const Facts& facts) {
  const auto& verdict = facts.verdict;
  if (!verdict.failure) return "";
  const auto& failure = *verdict.failure;
  std::string out = "Block " + text(failure.height.value) + ", " + failure.what + ": " + failure.found;
  if (!failure.expected.empty()) out += "; expected " + failure.expected;
  out += ". The figures below go to height " + text(facts.head.height);
  if (facts.head.height > verdict.verified_until)
    out += "; the blocks from " + text(verdict.verified_until + 1) +
           " on give the roots that they name, but no certificate covers them";
  return out + ".";
}

Section identity_section(const Facts& facts) {
  const auto& verdict = facts.verdict;
  const auto& head = facts.head;
  return {"identity",
          "Which chain",
          "Compare the chain with the one that you were told of by other means. Whoever audits the same chain to the "
          "same height gets this report, byte for byte.",
          {"what", "value"},
          {{"network", verdict.network},
           {"chain", verdict.chain.hex()},
           {"clock", verdict.clock == ledger::ClockMode::test ? "TEST CLOCK: block time is driven by clients" : "real"},
           {"verified until height", text(verdict.verified_until)},
           {"figures until height", text(head.height)},
           {"digest of that block's header", head.header.hex()},
           {"state root there", head.state_root.hex()},
           {"block 1 at", head.first_time},
           {"that block at", head.time}},
          0};
}

Section checked_section(const Facts& facts) {
  const auto& verdict = facts.verdict;
  return {
      "checked",
      "What was checked",
      "The whole history, executed again from the genesis: each signature, link, certificate and root. Each block is "
      "covered by a certificate of a quorum, its own or a later one's.",
      {"what", "how many"},
      {{"blocks", text(verdict.blocks)},
       {"transactions", text(verdict.transactions)},
       {"operations", text(verdict.operations)},
       {"client signatures", text(verdict.client_signatures)},
       {"validator sets", text(verdict.validator_sets)},
       {"operations refused", text(facts.totals.refused)},
       {"accounts at the last block", text(facts.totals.accounts)},
       {"entries in them", text(facts.totals.entries)},
       {"units", text(facts.totals.units)}},
      0};
}

Section overview_section(const Facts& facts) {
  Section out{"overview", "Lists", "A line on a list is a question, not a judgement.", {"list", "found"}, {}, 0};
  for (const auto& list : facts.lists) out.rows.push_back({list.title, text(list.found)});
  return out;
}

std::vector<Section> plotted_sections(const Facts& facts) {
  return {activity_section(facts), rules_section(facts), pairs_section(facts), gates_section(facts)};
}

std::vector<Section> list_sections(const Facts& facts) {
  std::vector<Section> out;
  for (const auto& list : facts.lists) out.push_back(list_section(list));
  return out;
}

std::vector<Section> further_sections(const Facts& facts) {
  return {courses_section(facts), officers_section(facts), replicas_section(facts)};
}

std::string json_report(const Facts& facts) {
  return to_json(facts).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tally::report
