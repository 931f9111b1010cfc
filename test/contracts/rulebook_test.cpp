// Rulebook documents: strictness, duties, changes at run time, versions, several rulebooks side by side.
#include "contracts/rulebook.h"

#include "contracts/village.h"

namespace {

using namespace tally;
using namespace tally::contracts;

std::string problems_of(const std::string& document) {
  std::string out;
  for (const auto& problem : compile_rulebook(document).problems)
    out += (out.empty() ? "" : "\n") + std::string(name_of(problem.code)) + " " + problem.text();
  return out;
}

TEST_CASE("the Qingzhen rulebook compiles") {
  const auto compiled = compile_rulebook(qingzhen_text());
  CHECK(problems_of(qingzhen_text()) == "");
  REQUIRE(compiled.rulebook != nullptr);
  CHECK(compiled.rulebook->id == "qingzhen");
  CHECK(compiled.rulebook->rules.size() == 8);
  CHECK(compiled.rulebook->document == digest_of_document(qingzhen_text()));
  for (const auto& rule : compiled.rulebook->rules) CHECK(rule.adverse() == (rule.kind == RuleKind::deduct));
}

struct Mistake {
  const char* from;
  const char* to;
  const char* problem;
};
const Mistake kMistakes[] = {
    {"\"scale\": 1", "\"scale\": 9", "invalid_field scale: is 9; expected a whole number from 0 to 6"},
    {"\"scale\": 1,", "", "missing_field scale: is missing"},
    {"\"version\": 1", "\"version\": \"1\"",
     "invalid_field version: is a string; expected a whole number from 1 to 1000000"},
    {"\"version\": 1", "\"version\": 0", "invalid_field version: is 0; expected a whole number from 1 to 1000000"},
    {"\"id\": \"qingzhen\"", "\"id\": \"Qing Zhen\"",
     "invalid_field id: is \"Qing Zhen\"; expected 1 to 32 characters out of a-z, 0-9 and -"},
    {"\"effective\": \"2026-01-01\"", "\"effective\": \"2026-02-30\"",
     "invalid_field effective: is \"2026-02-30\"; expected a UTC time such as 2026-03-01 or 2026-03-01T08:00:00Z"},
    {"\"id\": \"qingzhen\"", "\"name\": \"x\", \"id\": \"qingzhen\"",
     "unknown_field name: is not a known field; expected one of format, id, version, title, scale, effective, "
     "legal_basis, event_span_days, needs_consent, approval, corrections, standings, sums, books, rules, workflows, "
     "queues, credit_village, notice_board"},
    {"tallystick-rulebook-1", "tallystick-rulebook-9",
     "invalid_field format: is \"tallystick-rulebook-9\"; expected \"tallystick-rulebook-1\""},
    {"\"start\": \"100\"", "\"start\": 100",
     "invalid_field books[0].start: is the number 100; expected points as a string, such as \"2.5\": points are "
     "exact"},
    {"\"points\": \"3\"", "\"points\": 3.0",
     "invalid_field rules[5].amount.points: is the number 3.0; expected points as a string, such as \"2.5\": points "
     "are "
     "exact"},
    {"\"points\": \"3\"", "\"points\": \"3.25\"",
     "invalid_field rules[5].amount.points: is \"3.25\"; expected a number with at most 1 decimals, such as 3"},
    {"\"points\": \"3\"", "\"points\": \"-3\"",
     "invalid_field rules[5].amount.points: is -3.0; expected points above 0: the rule is an award"},
    {"\"points\": \"-10\"", "\"points\": \"10\"",
     "invalid_field rules[0].amount.points: is 10.0; expected points below 0: the rule is a deduction"},
    {"\"start\": \"100\"", "\"start\": \"121\"",
     "invalid_field books[0].start: is 121.0; expected between floor and cap, 0.0 and 120.0"},
    {"\"from\": \"85\"", "\"from\": \"95\"",
     "invalid_field books[0].bands[1].from: is 95.0; expected less than the band before it, which begins at 95.0"},
    {"\"from\": \"0\"", "\"from\": \"1\"",
     "invalid_field books[0].bands[4].from: is 1.0; expected the floor, 0.0, so that every score has a band"},
    {"\"stars\": 4", "\"stars\": 10",
     "invalid_field books[0].bands[1].stars: is 10; expected a whole number from 1 to 9"},
    {"\"stars\": 4", "\"stars\": 5",
     "invalid_field books[0].bands[1].stars: is 5; expected fewer than the band before it, which has 5"},
    {"\"code\": \"QZ4\"", "\"code\": \"QZ3\"",
     "invalid_field rules[2].code: is \"QZ3\", which stands twice; expected another code"},
    {"\"kind\": \"deduct\"", "\"kind\": \"fine\"",
     "invalid_field rules[0].kind: is \"fine\"; expected one of award, deduct, spend"},
    {"\"proposer_roles\": [\"recorder\"]", "\"proposer_roles\": [\"mayor\"]",
     "invalid_field rules[0].proposer_roles[0]: is \"mayor\"; expected one of registrar, recorder, endorser, "
     "arbiter, "
     "bank_officer, auditor, governor, clock, leader, inspector, specialist, shopkeeper, oracle"},
    {"\"proposer_roles\": [\"recorder\"]", "\"proposer_roles\": []",
     "invalid_field rules[0].proposer_roles: names nobody; expected a role that may propose"},
    {"\"quantity_max\": 40", "\"quantity_max\": 42",
     "invalid_field rules[7].amount.quantity_max: is 42; expected a multiple of units, which is 4"},
    {"{\"per\": \"year\", \"times\": 1}", "{\"per\": \"year\"}",
     "missing_field rules[6].limits[0].times: is missing; expected times, quantity or points"},
    {"{\"per\": \"year\", \"times\": 1}", "{\"per\": \"decade\", \"times\": 1}",
     "invalid_field rules[6].limits[0].per: is \"decade\"; expected one of day, week, month, quarter, year, evidence, "
     "account"},
    {"\"zh\": \"贷款逾期\", ", "", "missing_field rules[2].title.zh: is missing"},
    {"\"number\": \"source\"", "\"number\": \"hearsay\"",
     "invalid_field books[0].bands[0].provenance.number: is \"hearsay\"; expected one of seed, source, invented"},
    {"\"at_least\": \"60\"", "\"at_least\": 60",
     "invalid_field books[0].gates[0].at_least: is the number 60; expected points as a string, such as \"2.5\": "
     "points "
     "are exact"},
    {"\"value\": \"85\"", "\"value\": 0.85",
     "invalid_field credit_village.declared[0].value: is 0.85; expected a decimal number as a string, such as "
     "\"0.5\""},
};

TEST_CASE("mistakes in a rulebook: path, problem, what would be right") {
  for (const auto& row : kMistakes) {
    INFO(row.from << " -> " << row.to);
    const auto text = with(qingzhen_text(), row.from, row.to);
    CHECK(problems_of(text).substr(0, problems_of(text).find('\n')) == row.problem);
    CHECK(compile_rulebook(text).rulebook == nullptr);
  }
}

TEST_CASE("duties: no rulebook deducts without a second person, papers, an objection and an end") {
  struct Row {
    const char* from;
    const char* to;
    const char* problem;
  };
  const Row rows[] = {
      {"\"objection_days\": 10", "\"objection_days\": 0",
       "invalid_field rules[0].objection_days: is 0; expected a whole number from 1 to 365"},
      {"\"objection_days\": 10,", "", "missing_field rules[0].objection_days: is missing"},
      {"\"evidence_required\": true", "\"evidence_required\": false",
       "invalid_field rules[0].limits[0].per: is evidence; expected evidence_required to be true, or another period\n"
       "invalid_field rules[0].evidence_required: is false; expected true: an adverse rule needs evidence"},
      {"\"reason_required\": true", "\"reason_required\": false",
       "invalid_field rules[0].reason_required: is false; expected true: an adverse rule needs a reason"},
      {"\"endorser_roles\": [\"endorser\"]", "\"endorser_roles\": []",
       "invalid_field rules[0].endorser_roles: names nobody; expected a role: an adverse rule needs a second person"},
      {"\"expires_months\": 60", "\"expires_months\": 61",
       "invalid_field rules[0].expires_months: is 61; expected a whole number from 1 to 60"},
      {"\"expires_months\": 60", "\"expires_months\": 12",
       "invalid_field rules[0].expires_months: is 12; expected more than the 470 days that may pass between the event "
       "and "
       "the deduction, or it would be over before it began"},
      {"\"notice_board\": {\"stars_at_least\": 4}", "\"notice_board\": {\"stars_at_least\": 1}",
       "invalid_field notice_board.stars_at_least: is 1, which takes in the lowest band; expected a higher band: a "
       "notice board shows positives only\n"
       "invalid_field notice_board.stars_at_least: is 1, which takes in scores that gate loan restricts; expected a "
       "band "
       "from 60.0 up: a notice board shows positives only"},
      {"\"at_least\": \"60\"", "\"at_least\": \"90\"",
       "invalid_field notice_board.stars_at_least: is 4, which takes in scores that gate loan restricts; expected a "
       "band "
       "from 90.0 up: a notice board shows positives only"},
  };
  for (const auto& row : rows) {
    INFO(row.to);
    // Corrections name endorsers too: the rules' are meant.
    auto text = qingzhen_text();
    const auto rules = text.find("\"rules\"");
    const auto place = text.find(row.from, text.find(row.from, rules) == std::string::npos ? 0 : rules);
    REQUIRE(place != std::string::npos);
    text.replace(place, std::string_view(row.from).size(), row.to);
    if (std::string_view(row.from).starts_with("\"at_least\""))
      text = with(qingzhen_text(), "\"at_least\": \"60\"", "\"at_least\": \"90\"");
    CHECK(problems_of(text) == row.problem);
  }
}

TEST_CASE("all mistakes are named at once") {
  auto text = with(qingzhen_text(), "\"scale\": 1", "\"scale\": -1");
  text = with(text, "\"objection_days\": 10", "\"objection_days\": 0");
  text = with(text, "\"on\": true", "\"on\": \"yes\"");
  CHECK(compile_rulebook(text).problems.size() == 3);
  CHECK(problems_of("[]") == "invalid_field is an array; expected an object");
  CHECK(problems_of("{").starts_with("invalid_encoding is not JSON at line 1"));
  CHECK(compile_rulebook("{}").problems.size() == 11);
  CHECK(problems_of(std::string(200000, ' ')).starts_with("too_large document: has 200000 bytes"));
}

TEST_CASE("the engine follows the document: a number, a rule, a band, a switch") {
  SECTION("a number") {
    Village village(with(qingzhen_text(), "\"points\": \"3\"", "\"points\": \"4.5\""));
    CHECK(village.done(village.award("QZ7"), by("recorder")).change == Amount{45});
  }
  SECTION("a start and a cap") {
    Village village(
        with(with(qingzhen_text(), "\"start\": \"100\"", "\"start\": \"98\""), "\"cap\": \"120\"", "\"cap\": \"99\""));
    CHECK(village.score(household("chen")) == "98.0");
    CHECK(village.done(village.award("QZ7"), by("recorder")).change == Amount{10});
  }
  SECTION("a rule's code") {
    Village village(with(qingzhen_text(), "\"code\": \"QZ7\"", "\"code\": \"QZ70\""));
    CHECK(village.run(village.award("QZ7"), by("recorder")).code == ErrorCode::rule_unknown);
    village.done(village.award("QZ70"), by("recorder"));
  }
  SECTION("a rule that is off") {
    auto text = qingzhen_text();
    const auto rule = text.find("\"code\": \"QZ7\"");
    const auto on = text.find("\"on\": true", rule);
    text.replace(on, 10, "\"on\": false, \"off_because\": {\"zh\": \"x\", \"en\": \"x\"}");
    Village village(text);
    const auto result = village.run(village.award("QZ7"), by("recorder"));
    CHECK(result.code == ErrorCode::rule_off);
    CHECK(result.message == "QZ7: the rule is off in version 1 of qingzhen; expected a rule that is on");
  }
  SECTION("an objection window") {
    Village village(with(qingzhen_text(), "\"objection_days\": 10", "\"objection_days\": 3"));
    village.done(village.deduct("QZ3"), by("recorder", "endorser"));
    CHECK(village.after_days(2).empty());
    CHECK(village.after_days(1).size() == 1);
  }
  SECTION("an award with an endorser") {
    auto text = qingzhen_text();
    const auto place = text.find("\"endorser_roles\": []", text.find("\"code\": \"QZ7\""));
    text.replace(place, 20, "\"endorser_roles\": [\"endorser\"]");
    Village village(text);
    const auto alone = village.run(village.award("QZ7"), by("recorder"));
    CHECK(alone.code == ErrorCode::missing_role);
    CHECK(alone.message == "QZ7: has one signer; expected the signature of a second person, who is endorser");
    village.done(village.award("QZ7"), by("recorder", "endorser"));
    CHECK(village.entries(household("chen")).back().endorser == person_of("endorser"));
  }
  SECTION("a band") {
    const auto compiled = compile_rulebook(with(qingzhen_text(), "\"from\": \"95\"", "\"from\": \"101\"")).rulebook;
    REQUIRE(compiled != nullptr);
    CHECK(compiled->books[0].band_of(Amount{1009}).stars == 4);
    CHECK(compiled->books[0].band_of(Amount{1010}).stars == 5);
  }
}

// A scheme of its own: other numbers, another scale, a range, a limit by day.
std::string garden_text() {
  return R"({
  "format": "tallystick-rulebook-1", "id": "garden", "version": 3,
  "title": {"zh": "菜园", "en": "Garden"}, "scale": 2, "effective": "2026-03-01", "legal_basis": [],
  "event_span_days": 30,
  "corrections": {"proposer_roles": ["recorder"], "endorser_roles": ["endorser"]},
  "books": [{"code": "points", "subject": "household", "start": "0", "floor": "-5", "cap": "50",
    "bands": [{"from": "10", "stars": 2, "title": {"zh": "好", "en": "good"}, "benefits": [],
               "provenance": {"number": "invented", "ref": ""}},
              {"from": "-5", "stars": 1, "title": {"zh": "新", "en": "new"}, "benefits": [],
               "provenance": {"number": "invented", "ref": ""}}],
    "gates": [], "provenance": {"number": "invented", "ref": ""}}],
  "rules": [{"code": "QZ7", "title": {"zh": "除草", "en": "weeding"}, "category": "work", "kind": "award",
    "amount": {"kind": "range", "from": "0.25", "to": "1.75"}, "on": true, "evidence_required": false,
    "reason_required": true, "limits": [{"per": "day", "times": 2, "points": "2.50"}],
    "proposer_roles": ["recorder"], "endorser_roles": [], "provenance": {"number": "invented", "ref": ""}}]
})";
}

TEST_CASE("a second rulebook runs beside the first, and neither touches the other") {
  Village village;
  CHECK(problems_of(garden_text()) == "");
  const auto chen = household("chen");
  CHECK(village.genesis(DeployRulebook{garden_text()}).code == ErrorCode::ok);
  village.done(OpenAccount{"garden", chen}, by("registrar"));
  village.done(village.award("QZ7"), by("recorder"));
  auto weeding = village.award("QZ7");
  weeding.rulebook = "garden";
  weeding.evidence = {};
  CHECK(village.run(weeding, by("recorder")).message ==
        "QZ7: no amount was given; expected an amount from 0.25 to 1.75");
  weeding.amount = Amount{176};
  CHECK(village.run(weeding, by("recorder")).message == "QZ7: amount is 1.76; expected an amount from 0.25 to 1.75");
  weeding.amount = Amount{175};
  weeding.reason = {};
  CHECK(village.run(weeding, by("recorder")).code == ErrorCode::reason_missing);
  weeding.reason = paper("why");
  village.done(weeding, by("recorder"));
  const auto too_much = village.run(weeding, by("recorder"));
  CHECK(too_much.code == ErrorCode::limit_reached);
  CHECK(too_much.message ==
        "QZ7: 3.50 points for this day would be over the limit; expected at most 2.50 points "
        "per day");
  weeding.amount = Amount{25};
  village.done(weeding, by("recorder"));
  CHECK(village.run(weeding, by("recorder")).message ==
        "QZ7: use number 3 for this day would be over the limit; expected at most 2 per day");
  village.after_days(1);
  weeding.event_time = village.now();
  village.done(weeding, by("recorder"));
  CHECK(village.account(chen, "garden", "points").score == Amount{225});
  CHECK(village.account(chen, "qingzhen").score == Amount{1030});
  CHECK(village.entries(chen, "garden", "points").size() == 4);
  CHECK(village.entries(chen, "qingzhen").size() == 2);
  village.done(Reverse{"garden", "points", chen, 1, paper("reason")}, by("recorder", "endorser"));
  CHECK(village.account(chen, "garden", "points").score == Amount{50});
  CHECK(village.account(chen, "qingzhen").score == Amount{1030});
}

std::string next_version(const char* effective, const char* points = "\"points\": \"5\"") {
  auto text = with(qingzhen_text(), "\"version\": 1", "\"version\": 2");
  text = with(text, "\"effective\": \"2026-01-01\"", std::string("\"effective\": \"") + effective + "\"");
  return with(text, "\"points\": \"3\"", points);
}

TEST_CASE("a new version judges events from its effective time on, old events keep theirs") {
  Village village;
  const auto text = next_version("2026-07-01");
  village.adopt(text);
  CHECK(village.done(village.award("QZ7"), by("recorder")).change == Amount{30});
  village.go_to(at("2026-07-02"));
  CHECK(village.done(village.award("QZ7"), by("recorder")).change == Amount{50});
  auto late = village.award("QZ7");
  late.event_time = at("2026-06-30");
  CHECK(village.done(late, by("recorder")).change == Amount{30});
  CHECK(village.entries(household("chen")).at(2).rulebook_version == 2);
  CHECK(village.entries(household("chen")).at(3).rulebook_version == 1);
  village.engine().forget_cached();
  CHECK(village.done(village.award("QZ7"), by("recorder")).change == Amount{50});
}

TEST_CASE("rulebooks are deployed in a genesis only, and a later version there follows too") {
  Village village;
  const auto good = next_version("2026-07-01");
  CHECK(village.run(DeployRulebook{good}, by("governor", "second governor")).message ==
        "deploy_rulebook: stands outside the genesis; expected propose_rulebook: a rulebook comes into force by the "
        "approvals that the constitution asks for");
  struct Row {
    const char* why;
    std::string document;
    std::string message;
  };
  const Row rows[] = {
      {"a mistake", with(good, "\"objection_days\": 10", "\"objection_days\": 0"),
       "deploy_rulebook: rules[0].objection_days: is 0; expected a whole number from 1 to 365"},
      {"the same version", qingzhen_text(),
       "deploy_rulebook: version 1 of qingzhen does not follow version 1; expected version 2 or higher"},
      {"in the past", next_version("2026-05-31"),
       "deploy_rulebook: version 2 of qingzhen would take effect on 2026-05-31T00:00:00Z, in the past; expected a time "
       "from 2026-06-01T08:00:00Z on"},
      {"good", good, ""},
  };
  for (const auto& row : rows) {
    INFO(row.why);
    CHECK(village.genesis(DeployRulebook{row.document}).message == row.message);
  }
}

}  // namespace
