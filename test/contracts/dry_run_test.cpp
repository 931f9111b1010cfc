// A proposed version tried on history: who would change, which operations would be refused, and that nothing else
// moves.
#include "contracts/dry_run.h"

#include <boost/describe/enum_to_string.hpp>

#include "common/time.h"
#include "contracts/history.h"

namespace {

using namespace tally;
using namespace tally::contracts;

// As version 9, so that it is higher than all that were deployed.
std::string proposal(std::string text = tiny_rulebook()) {
  return later_version(std::move(text), 9, at("2026-01-01"));
}

const AccountChange* change_of(const DryRunReport& report, std::string_view name, const BookCode& book = "score") {
  for (const auto& change : report.changes)
    if (change.subject == household(name) && change.book == book) return &change;
  return nullptr;
}

std::string told(const DryRunOperation& operation) {
  return operation.type + " " + std::string(boost::describe::enum_to_string(operation.fate, "?")) + ": " +
         operation.message;
}

TEST_CASE("an award that is worth more changes whom it was given after the moment, and nobody else") {
  History history;
  history.done(history.award("A", "hua"), by("recorder"));
  history.pass_days(10);
  const TimestampMs since = history.now();
  history.done(history.award("A", "ming"), by("recorder"));
  auto early = history.award("A", "bo");
  early.event_time = TimestampMs{since.value - 1};  // entered later, happened before
  history.done(early, by("recorder"));
  const auto report =
      history.dry_run(proposal(with(tiny_rulebook(), R"("points": "7")", R"("points": "12.5")")), since).value();
  CHECK(report.version_now == 1);
  CHECK(report.version == 9);
  CHECK(report.accounts == 9);
  CHECK(report.judged_again == 1);
  REQUIRE(report.changes.size() == 1);
  const auto& change = report.changes[0];
  CHECK(change.subject == household("ming"));
  CHECK(change.now->score == Amount{270});
  CHECK(change.would->score == Amount{325});
  CHECK(change.now->band.en == "two");
  CHECK(change.would->band.en == "three");
  CHECK(change.would->benefits.size() == 1);
  CHECK(report.refused.empty());
}

TEST_CASE("gates that turn and suspensions that would not be are told") {
  History history;
  history.done(history.deduct("D", "hua", "-12"), by("recorder", "endorser"));
  history.pass_days(4);
  auto text = with(tiny_rulebook(), "points > 10", "points > 20");
  text = with(std::move(text), R"("at_least": "15")", R"("at_least": "5")");
  const auto report = history.dry_run(proposal(text), at("2026-06-01")).value();
  const auto* change = change_of(report, "hua");
  REQUIRE(change != nullptr);
  CHECK(change->now == change->would);
  REQUIRE(change->gates.size() == 1);
  CHECK(change->gates[0].code == "loan");
  CHECK_FALSE(change->gates[0].passes);
  CHECK(change->gates[0].would_pass);
  CHECK(change->gates[0].reason.en == "8.0 points, at or above 5.0");
  REQUIRE(change->standings.size() == 1);
  CHECK(change->standings[0].stands);
  CHECK_FALSE(change->standings[0].would_stand);
  CHECK(report.changes.size() == 1);
}

TEST_CASE("a gate that only the proposal has stops whom it restricts") {
  History history;
  const auto text = with(tiny_rulebook(), R"("gates": [{"code": "loan")",
                         R"("gates": [{"code": "school", "title": {"zh": "学", "en": "school"}, "effect": "restricts",
                            "at_least": "21", "below": {"zh": "否", "en": "none"}, "provenance": {"number": "invented"}},
                            {"code": "loan")");
  history.done(history.award("A", "hua"), by("recorder"));
  const auto report = history.dry_run(proposal(text), at("2026-06-01")).value();
  CHECK(change_of(report, "hua") == nullptr);
  const auto* change = change_of(report, "bo");
  REQUIRE(change != nullptr);
  REQUIRE(change->gates.size() == 1);
  CHECK(change->gates[0].passes);
  CHECK_FALSE(change->gates[0].would_pass);
}

TEST_CASE(
    "operations on a case that is never opened are refused, and told as such while other cases keep their own acts") {
  History history;
  history.done(history.deduct("D", "hua", "-20"), by("recorder"));  // case 1: out of range under the proposal
  history.done(history.deduct("D", "ming", "-5"), by("recorder"));  // case 2, which would be the first
  history.done(Endorse{1}, by("endorser"));
  history.done(Endorse{2}, by("endorser"));
  history.pass_days(4);
  history.done(Reverse{"tiny", "score", household("hua"), 1, paper("wrong")}, by("recorder", "endorser"));
  const auto report =
      history.dry_run(proposal(with(tiny_rulebook(), R"("from": "-25")", R"("from": "-10")")), at("2026-06-01"))
          .value();
  REQUIRE(report.refused.size() == 3);
  CHECK(told(report.refused[0]) == "deduct refused: D: amount is -20.0; expected an amount from -10.0 to -1.0");
  CHECK(report.refused[0].subject == household("hua"));
  CHECK(report.refused[0].height == BlockHeight{1});
  CHECK(told(report.refused[1]) ==
        "endorse no_case: case 1 is never opened: its deduction under D in block 1 is refused");
  CHECK(report.refused[1].subject == household("hua"));
  CHECK(told(report.refused[2]) == "reverse no_entry: entry 1 of book score is never made");
  // Ming's case took effect as it did.
  CHECK(report.changes.empty());
  CHECK(report.accepted.empty());
}

constexpr std::string_view kWatch = R"json("workflows": [
 {"code": "watch", "title": {"zh": "守", "en": "watch"}, "subject": "person",
  "open": {"state": "begun", "by": ["recorder"], "evidence_required": true},
  "states": [{"code": "begun", "title": {"zh": "始", "en": "begun"},
              "after": {"hours": "24", "go": "done", "effects": [
                {"open": "report", "link": "watch"}, {"award": "A"}, {"award": "A"},
                {"pay": "decimal('5')", "unit": "yuan", "title": {"zh": "补", "en": "pay"}, "within_days": 2}]}},
             {"code": "done", "title": {"zh": "毕", "en": "done"}, "final": true}],
  "term": {"days": 30, "go": "done"}, "provenance": {"number": "invented"}},
 {"code": "report", "title": {"zh": "报", "en": "report"}, "subject": "person",
  "links": [{"code": "watch", "workflow": "watch"}], "open": {"state": "open", "by": ["queue"]},
  "states": [{"code": "open", "title": {"zh": "开", "en": "open"}},
             {"code": "over", "title": {"zh": "止", "en": "over"}, "final": true}],
  "acts": [{"code": "close", "title": {"zh": "结", "en": "close"}, "from": ["open"], "to": "over", "by": ["recorder"],
            "effects": [{"award": "A"}]}],
  "term": {"days": 30, "go": "over"}, "provenance": {"number": "invented"}}],
)json";

TEST_CASE("what a deadline opened or paid or awarded is found again under other numbers") {
  const std::string rulebook = with(tiny_rulebook(), "\"rules\":", std::string(kWatch) + "\"rules\":");
  History history(rulebook);
  // The proposal refuses this deduction, so every later case has another number in the tried history.
  history.done(history.deduct("D", "bo", "-20"), by("recorder"));
  const OpenCase open{"tiny", "watch", household("ming"), {}, {}, {}, paper("watch")};
  CHECK(history.done(open, by("recorder")).case_number == 2);
  history.pass_days(2);
  history.done(ActCase{3, "close", {}, {}, paper("report")}, by("recorder"));
  history.done(Settle{1, paper("receipt")}, by("recorder"));
  const auto before = history.account("ming").entries;
  REQUIRE(before == 4);
  history.done(Reverse{"tiny", "score", household("ming"), 2, paper("wrong")}, by("recorder", "endorser"));
  const auto same = history.dry_run(proposal(rulebook), at("2026-06-01")).value();
  CHECK(same.refused.empty());
  CHECK(same.changes.empty());
  const auto stricter = with(rulebook, R"("from": "-25")", R"("from": "-10")");
  const auto report = history.dry_run(proposal(stricter), at("2026-06-01")).value();
  REQUIRE(report.refused.size() == 1);
  CHECK(told(report.refused[0]) == "deduct refused: D: amount is -20.0; expected an amount from -10.0 to -1.0");
  CHECK(report.accepted.empty());
  // Bo's open case would not be; nobody else changes.
  REQUIRE(report.changes.size() == 1);
  CHECK(report.changes[0].subject == household("bo"));
}

TEST_CASE("an entry that has another number is still the one that is taken back") {
  History history;
  history.done(history.award("A", "hua"), by("recorder"));     // entry 1; off under the proposal
  history.done(history.award("E", "hua", 6), by("recorder"));  // entry 2, which would be entry 1
  history.done(Reverse{"tiny", {}, household("hua"), 2, paper("wrong")}, by("recorder", "endorser"));
  auto text = with(tiny_rulebook(), R"("points": "7"}, "on": true)",
                   R"("points": "7"}, "off_because": {"zh": "停", "en": "ended"}, "on": false)");
  const auto report = history.dry_run(proposal(text), at("2026-06-01")).value();
  REQUIRE(report.refused.size() == 1);
  CHECK(told(report.refused[0]) ==
        "award refused: A: the rule is off in version 9 of tiny; expected a rule that is on");
  REQUIRE(report.changes.size() == 1);
  CHECK(report.changes[0].now->score == Amount{270});
  CHECK(report.changes[0].would->score == Amount{200});
}

TEST_CASE("what stands in one all-or-nothing transaction with a refused operation is undone with it") {
  History history;
  history.run({history.award("A", "hua"), history.award("E", "ming", 6)}, by("recorder"));
  history.run({history.award("A", "hua"), history.award("E", "ming", 6)}, by("recorder"), ledger::Mode::independent);
  auto text = with(tiny_rulebook(), R"("points": "7"}, "on": true)",
                   R"("points": "7"}, "off_because": {"zh": "停", "en": "ended"}, "on": false)");
  const auto report = history.dry_run(proposal(text), at("2026-06-01")).value();
  REQUIRE(report.refused.size() == 3);
  CHECK(report.refused[0].fate == Fate::refused);
  CHECK(told(report.refused[1]) ==
        "award undone: operations[0]: A: the rule is off in version 9 of tiny; expected a rule that is on");
  CHECK(report.refused[2].height == BlockHeight{2});
  CHECK(change_of(report, "ming")->would->score == Amount{240});
  CHECK(change_of(report, "ming")->now->score == Amount{280});
}

TEST_CASE("what was refused in reality and would be accepted is told with why it was refused") {
  History history;
  history.refused(history.award("E", "hua", 60), by("recorder"));
  history.refused(Endorse{7}, by("endorser"));
  auto text = with(tiny_rulebook(), R"("quantity_max": 30)", R"("quantity_max": 90)");
  const auto report = history.dry_run(proposal(text), at("2026-06-01")).value();
  REQUIRE(report.accepted.size() == 1);
  CHECK(told(report.accepted[0]) ==
        "award accepted: E: quantity 60 is above 30; expected a quantity from 3 to 30 hours in steps of 3");
  CHECK(change_of(report, "hua")->would->score == Amount{400});
  CHECK(report.refused.empty());
}

TEST_CASE("a longer objection window lets a case take effect later, and an act that came in time still does") {
  History history;
  history.done(history.deduct("D", "hua", "-5"), by("recorder", "endorser"));
  history.pass_days(4);
  const auto report = history
                          .dry_run(proposal(with(tiny_rulebook(), R"("objection_days": 3)", R"("objection_days": 20)")),
                                   at("2026-06-01"))
                          .value();
  const auto* change = change_of(report, "hua");
  REQUIRE(change != nullptr);
  CHECK(change->now->score == Amount{150});
  CHECK(change->would->score == Amount{200});
  CHECK(change->would->open_cases == 1);
  CHECK(change->would->pending == Amount{-50});
}

TEST_CASE("a proposal that could not follow what is deployed is refused") {
  History history;
  const TimestampMs soon{history.now().value / 1000 * 1000 + 60'000};
  REQUIRE(history.adopted(later_version(tiny_rulebook(), 2, soon)));
  const auto refusal = [&](const std::string& text) { return history.dry_run(text, at("2026-06-01")).error().text(); };
  CHECK(refusal(tiny_rulebook()) == "version: is 1, and version 1 of tiny is deployed; expected a higher one");
  CHECK(refusal(later_version(tiny_rulebook(), 2, soon)) ==
        "version: is 2, and version 2 of tiny is deployed; expected a higher one");
  CHECK(refusal(proposal(with(tiny_rulebook(), "\"scale\": 1", "\"scale\": 2"))) ==
        "scale: is 2; expected 1, as in version 1 of tiny: scores carry on");
  CHECK(refusal(proposal(with(tiny_rulebook(), "\"code\": \"score\"", "\"code\": \"points\""))) ==
        "books: have no book \"score\" for subjects of kind person; expected every book of version 1 of tiny");
  CHECK(refusal(proposal(with(tiny_rulebook(), "\"id\": \"tiny\"", "\"id\": \"other\""))) ==
        "id: is \"other\"; expected a rulebook that this chain has deployed");
}

TEST_CASE("random histories: a proposal that changes nothing changes nobody, from whatever moment on") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    INFO("seed " << seed);
    History history(tiny_rulebook(), seed);
    std::vector<TimestampMs> moments{at("2026-01-01")};
    for (int i = 0; i < 150; ++i) {
      history.act_without_deployments();
      if (i % 50 == 10) moments.push_back(history.head_time());
    }
    for (const auto since : moments) {
      const auto report = history.dry_run(proposal(), since).value();
      CHECK(report.changes.empty());
      CHECK(report.refused.empty());
      CHECK(report.accepted.empty());
      CHECK(report.judged_again > 0);
    }
  }
}

TEST_CASE("random histories: a proposal from the beginning on gives what a chain that began with it gives") {
  // It refuses nothing that the numbers of cases and entries hang on.
  auto other = with(tiny_rulebook(), R"("points": "7")", R"("points": "3.5")");
  other = with_bounds(std::move(other), "4", "31");
  other = with(std::move(other), "points > 10", "points > 5");
  std::size_t changed = 0;
  for (std::uint64_t seed = 50; seed < 62; ++seed) {
    INFO("seed " << seed);
    History history(tiny_rulebook(), seed);
    for (int i = 0; i < 120; ++i) history.act_without_deployments();
    const auto report = history.dry_run(proposal(other), at("2026-01-01")).value();
    bool same_numbers = true;
    for (const auto& operation : report.refused)
      same_numbers =
          same_numbers && operation.fate == Fate::refused && operation.type != "deduct" && operation.type != "award";
    if (!same_numbers || !report.accepted.empty()) continue;
    const auto again = history.again_under(other);
    for (const char* name : kPeople)
      for (const char* book : kTinyBooks) {
        INFO(name << " " << book);
        const auto* change = change_of(report, name, book);
        const Amount would = change == nullptr ? history.account(name, book).score : change->would->score;
        CHECK(would == again->account(name, book).score);
        changed += change == nullptr ? 0 : 1;
      }
  }
  CHECK(changed > 20);
}

TEST_CASE("random histories: the same dry run says the same") {
  History history(tiny_rulebook(), 77);
  for (int i = 0; i < 120; ++i) history.act();
  auto text = with(tiny_rulebook(), R"("from": "-25")", R"("from": "-8")");
  const auto one = history.dry_run(proposal(text), at("2026-06-01")).value();
  const auto two = history.dry_run(proposal(text), at("2026-06-01")).value();
  CHECK(one.changes == two.changes);
  CHECK(one.refused == two.refused);
  CHECK_FALSE(one.refused.empty());
  for (std::size_t i = 1; i < one.changes.size(); ++i) CHECK(one.changes[i - 1].subject <= one.changes[i].subject);
}

}  // namespace
