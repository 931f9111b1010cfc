// Statements that say what is to be seen.
#include <boost/describe/enum_to_string.hpp>
#include <set>

#include "common/time.h"
#include "contracts/consultations.h"
#include "contracts/query_reading.h"
#include "contracts/standing.h"
#include "rulebook/operations.h"

namespace tally::rulebook {

using namespace contracts;

namespace {

template <class E>
std::string word_of(E value) {
  return boost::describe::enum_to_string(value, "unknown");
}

// The number as it was meant: "93" and "93.0" are one.
void expect_points(World& world, const Word& wanted, Amount seen, const std::string& what) {
  World::expect_equal(world.points_text(world.points(wanted)), world.points_text(seen), what);
}

void expect_number(const Word& wanted, std::uint64_t seen, const std::string& what) {
  World::expect_equal(std::to_string(number(wanted)), std::to_string(seen), what);
}

void expect_gate(World& world, const Match& match) {
  const auto view = world.account(match);
  std::string all;
  for (const auto& gate : view.gates) {
    all += (all.empty() ? "" : ", ") + gate.code;
    if (gate.code != match["GATE"].text) continue;
    const std::string what = "gate " + gate.code + " of " + match["SUBJECT"].text;
    if ((match["PASSES"].text == "passes") != gate.passes)
      World::stop(what + " " + match["PASSES"].text, gate.reason.en);
    if (match.has("LATER"))
      World::expect_equal(match["LATER"].text, gate.passes_after_pending ? "passes" : "fails",
                          what + ", once open cases took effect,");
    return;
  }
  World::stop_at(match["GATE"], "one of " + all, "there is no gate \"" + match["GATE"].text + "\"");
}

void expect_grant(World& world, const Match& match) {
  const auto view = world.account(match);
  const auto gate = std::find_if(view.gates.begin(), view.gates.end(),
                                 [&](const GateView& one) { return one.code == match["GATE"].text; });
  if (gate == view.gates.end())
    World::stop_at(match["GATE"], "a gate of the book", "there is no gate \"" + match["GATE"].text + "\"");
  const Word& wanted = match["VALUE"];
  const std::string seen = gate->value ? world.points_text(*gate->value) : "none";
  World::expect_equal(wanted.text == "none" ? wanted.text : world.points_text(world.points(wanted)), seen,
                      "gate " + gate->code + " to grant " + match["SUBJECT"].text);
}

void expect_standing(World& world, const Match& match) {
  const std::string& code = match["STANDING"].text;
  const auto rulebook = world.rulebook();
  if (rulebook->standing(code) == nullptr)
    World::stop_at(match["STANDING"], "a list or a suspension of " + rulebook->id, "there is no \"" + code + "\"");
  const auto key = standing_key(rulebook->id, world.subject(match["SUBJECT"]).handle, code);
  const auto record = World::must(read_record<StandingRecord>(world.reader(), key));
  const bool stands = record && record->until() > world.now();
  const std::string what = match["SUBJECT"].text + " under " + code;
  World::expect_equal(match["YESNO"].text, stands ? "yes" : "no", what + ":");
  if (match.has("DATE"))
    World::expect_equal(format_day(World::must(parse_time(match["DATE"].text))),
                        stands ? format_day(record->until()) : "it ended", what + " until");
}

void expect_asked(World& world, const Match& match) {
  const auto key = consulted_key(world.rulebook_id(), world.subject(match["SUBJECT"]).handle);
  const auto record = World::must(read_record<ConsultedRecord>(world.reader(), key));
  expect_number(match["N"], record ? record->count : 0,
                "times that somebody asked about " + match["SUBJECT"].text + ":");
}

void expect_benefit(World& world, const Match& match) {
  const auto view = world.account(match);
  std::string seen = "none";
  for (const auto& benefit : view.benefits)
    if (benefit.code == match["BENEFIT"].text) seen = benefit.value;
  World::expect_equal(match["VALUE"].text, seen, "benefit " + match["BENEFIT"].text + " of " + match["SUBJECT"].text);
}

void expect_last_entry(World& world, const Match& match) {
  const auto account = world.account_of(match);
  (void)world.account(match);
  const Entry last = world.last_entry(*account);
  const auto words = [&](const std::string& kind, Amount change, const std::string& rule) {
    return kind + " " + world.points_text(change) + (rule.empty() ? "" : " under " + rule);
  };
  const bool rule = match.has("RULE");
  World::expect_equal(words(match["ENTRYKIND"].text, world.points(match["POINTS"]), match.text("RULE")),
                      words(word_of(last.kind), last.change, rule ? last.rule : ""),
                      "the last entry of " + match["SUBJECT"].text + " to be");
}

void expect_case(World& world, const Match& match) {
  const auto view = world.case_view(world.case_number(match["CASE"]));
  const std::string what = "case " + match["CASE"].text;
  World::expect_equal(match["STATE"].text, word_of(view.record.state), what);
  if (match.has("DATE"))
    World::expect_equal(format_day(World::must(parse_time(match["DATE"].text))), format_day(view.record.deadline),
                        what + " until");
}

void expect_board(World& world, const Match& match) {
  const auto& subject = world.subject(match["SUBJECT"]);
  const auto rows = world.notice_board(subject.unit);
  const bool shown =
      std::any_of(rows.begin(), rows.end(), [&](const BoardRow& row) { return row.subject == subject.handle; });
  World::expect_equal(match["SHOWN"].text, shown ? "shown" : "hidden",
                      match["SUBJECT"].text + " on the notice board to be");
}

std::string joined(const std::set<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : " ") + name;
  return out.empty() ? "nobody" : out;
}

void expect_under_gate(World& world, const Match& match) {
  std::set<std::string> wanted;
  for (const auto& word : match.list("SUBJECT"))
    if (word.text != "nobody") wanted.insert(world.name_of(world.subject(word).handle));
  std::set<std::string> seen;
  for (const auto& row : world.under_gate(world.unit(match["UNIT"]), match["GATE"]))
    seen.insert(world.name_of(row.subject));
  World::expect_equal(joined(wanted), joined(seen), "under gate " + match["GATE"].text);
}

void expect_share(World& world, const Match& match) {
  const auto share = World::must(
      world.queries().village_share(world.reader(), world.rulebook_id(), world.unit(match["UNIT"]), world.now()));
  World::expect_equal(match["N"].text + " of " + match["OF"].text + ", " + match["REACHED"].text,
                      std::to_string(share.at_or_above) + " of " + std::to_string(share.accounts) + ", " +
                          (share.reached ? "reached" : "missed"),
                      "the credit village to have");
}

const Statement kStatements[] = {
    {Phase::expect, "expect score SUBJECT POINTS [in BOOK]", "expect score wang 103.0",
     "the score; in: of another book than the main one",
     [](World& world, const Match& match) {
       expect_points(world, match["POINTS"], world.account(match).score, "score of " + match["SUBJECT"].text);
     }},
    {Phase::expect, "expect stars SUBJECT N", "expect stars wang 5", "the stars of the band",
     [](World& world, const Match& match) {
       expect_number(match["N"], world.account(match).stars, "stars of " + match["SUBJECT"].text);
     }},
    {Phase::expect, "expect rated SUBJECT N [in BOOK]", "expect rated wang 5",
     "the stars at the end of the last month, quarter or year that its book is rated by; 0: not yet",
     [](World& world, const Match& match) {
       const auto& rating = world.account(match).rating;
       expect_number(match["N"], rating ? rating->stars : 0, "last rating of " + match["SUBJECT"].text);
     }},
    {Phase::expect, "expect band SUBJECT TEXT", "expect band wang \"five stars\"", "the band's English title",
     [](World& world, const Match& match) {
       World::expect_equal(match["TEXT"].text, world.account(match).band.en, "band of " + match["SUBJECT"].text);
     }},
    {Phase::expect, "expect benefit SUBJECT BENEFIT VALUE", "expect benefit wang unsecured-line 200000",
     "a benefit of the band, or none", expect_benefit},
    {Phase::expect, "expect gate SUBJECT GATE PASSES [later LATER]", "expect gate wang loan passes later fails",
     "what a gate decides; later: what it would decide if every open case took effect", expect_gate},
    {Phase::expect, "expect grant SUBJECT GATE VALUE", "expect grant lin line 50000", "what a gate grants, or none",
     expect_grant},
    {Phase::expect, "expect standing SUBJECT STANDING YESNO [until DATE]",
     "expect standing lin dispatch yes until 2026-03-12", "whether it stands on a list or under a suspension now",
     expect_standing},
    {Phase::expect, "expect asked SUBJECT N", "expect asked sun 1", "how often gates were consulted about it",
     expect_asked},
    {Phase::expect, "expect pending SUBJECT POINTS [in BOOK]", "expect pending wang -10", "what open cases would take",
     [](World& world, const Match& match) {
       expect_points(world, match["POINTS"], world.account(match).pending, "pending of " + match["SUBJECT"].text);
     }},
    {Phase::expect, "expect entries SUBJECT N [in BOOK]", "expect entries wang 3", "how many entries the account has",
     [](World& world, const Match& match) {
       expect_number(match["N"], world.account(match).entries, "entries of " + match["SUBJECT"].text);
     }},
    {Phase::expect, "expect last entry SUBJECT ENTRYKIND POINTS [under RULE] [in BOOK]",
     "expect last entry wang deduction -10 under QZ3", "the account's newest entry", expect_last_entry},
    {Phase::expect, "expect case CASE STATE [until DATE]", "expect case breach endorsed until 2026-03-12",
     "where a deduction stands; until: the day on which that state's term ends", expect_case},
    {Phase::expect, "expect open cases SUBJECT N", "expect open cases wang 0", "how many deductions are under way",
     [](World& world, const Match& match) {
       expect_number(match["N"], world.account(match).open_cases.size(), "open cases of " + match["SUBJECT"].text);
     }},
    {Phase::expect, "expect board SUBJECT SHOWN", "expect board wang shown", "whether the notice board shows it",
     expect_board},
    {Phase::expect, "expect under gate GATE in UNIT SUBJECT...", "expect under gate loan in ludishao wang li",
     "whom an officer sees that a gate stops, or nobody", expect_under_gate},
    {Phase::expect, "expect share UNIT N of OF REACHED", "expect share ludishao 3 of 4 reached",
     "accounts that count for a credit village, of all, and whether they are enough", expect_share},
    {Phase::expect, "expect version N", "expect version 1", "the version of the rulebook that is in force",
     [](World& world, const Match& match) {
       expect_number(match["N"], world.version_in_force(), "version of " + world.rulebook_id());
     }},
};

}  // namespace

std::span<const Statement> expect_statements() {
  return kStatements;
}

const std::vector<Statement>& statements() {
  static const std::vector<Statement> all = [] {
    std::vector<Statement> out;
    for (const auto part :
         {setup_statements(), act_statements(), governance_statements(), expect_statements(), work_statements()})
      out.insert(out.end(), part.begin(), part.end());
    return out;
  }();
  return all;
}

}  // namespace tally::rulebook
