// Mistakes of workflows and queues: each with its path, all at once.
#include "contracts/situation.h"
#include "contracts/work_records.h"
#include "contracts/work_type.h"
#include "contracts/workflow_document.h"

namespace {

using namespace tally;
using namespace tally::contracts;

struct Row {
  const char* from;
  const char* to;
  const char* problems;  // all of them
};

void check_rows(std::span<const Row> rows) {
  for (const auto& row : rows) {
    INFO(row.from << " -> " << row.to);
    CHECK(problems_of(with(document(), row.from, row.to)) == row.problems);
  }
}

TEST_CASE("mistakes of fields and links") {
  const Row rows[] = {
      {"\"code\": \"hours\"", "\"code\": \"Hours\"",
       "invalid_field workflows[1].fields[0].code: is \"Hours\"; expected 1 to 32 characters out of a-z, 0-9 and _, a "
       "letter first\ninvalid_field workflows[1].open.takes[0]: is \"hours\"; expected a field of the workflow: one of "
       "Hours, leader, marks, begins, urgent, helper, got\ninvalid_field queues[0].weight(1:5): `case` has no field "
       "`hours` (did you mean `Hours`?); expected one of `Hours`, `begins`, `event`, `got`, `helper`, `leader`, "
       "`number`, `opened`, ..."},
      {"\"code\": \"got\"", "\"code\": \"state\"",
       "invalid_field workflows[1].fields[6].code: is \"state\", which has a meaning of its own; expected another "
       "code\ninvalid_field queues[0].gives: is \"got\"; expected a field of type decimal that is no list: one of "
       "hours, leader, state"},
      {"\"code\": \"got\"", "\"code\": \"in\"",
       "invalid_field workflows[1].fields[6].code: is \"in\", a word of the language of expressions; expected another "
       "code\ninvalid_field queues[0].gives: is \"got\"; expected a field of type decimal that is no list: one of "
       "hours, leader, in"},
      {"{\"code\": \"event\"", "{\"code\": \"urgent\"",
       "invalid_field workflows[1].links[0].code: is \"urgent\", which stands twice; expected another "
       "code\ninvalid_field workflows[1].open.conditions[0].when(1:44): `case` has no field `event`; expected one of "
       "`begins`, `got`, `helper`, `hours`, `leader`, `number`, `opened`, `state`, ...\ninvalid_field "
       "workflows[1].open.effects[0].go_linked: names link \"event\"; expected one of urgent\ninvalid_field "
       "workflows[1].acts[2].effects[0].set: names link \"event\"; expected one of urgent\ninvalid_field "
       "workflows[1].acts[2].effects[0].to(1:5): `case` has no field `event`; expected one of `begins`, `got`, "
       "`helper`, `hours`, `leader`, `number`, `opened`, `state`, ..."},
      {"\"type\": \"bool\"", "\"type\": \"boolean\"",
       "invalid_field workflows[1].fields[4].type: is \"boolean\"; expected one of int, decimal, bool, text, time, "
       "subject\ninvalid_field workflows[1].acts[0].effects[0].when(1:5): `case.urgent` is an int; expected a bool\n"
       "invalid_field workflows[1].term.effects[0].to(1:1): false is a bool; expected int"},
      {"\"min\": \"0.5\"", "\"min\": \"0.5000001\"",
       "invalid_field workflows[1].fields[0].min: is \"0.5000001\"; expected a number of at most 6 decimals in a text, "
       "such as \"1.50\""},
      {"\"min\": \"0.5\"", "\"min\": 1", "invalid_field workflows[1].fields[0].min: is a number; expected a string"},
      {"\"min\": \"0.5\"", "\"min\": \"9\"",
       "invalid_field workflows[1].fields[0].max: is below min; expected min or more"},
      {"\"start\": \"1.05\"", "\"start\": \"1.21\"",
       "invalid_field workflows[1].fields[1].start: is outside min and max; expected a value that the field may have"},
      {"\"start\": \"hall\"", "\"start\": \"barn\"",
       "invalid_field workflows[0].fields[1].start: is \"barn\"; expected one of the field's values"},
      {"\"start\": \"true\"", "\"start\": \"yes\", \"min\": \"1\"",
       "invalid_field workflows[1].fields[4].min: stands in a field that is no number; expected a field of type int or "
       "decimal\ninvalid_field workflows[1].fields[4].start: is \"yes\"; expected \"true\" or \"false\""},
      {"\"list\": 200", "\"list\": 1001, \"start\": \"1\"",
       "invalid_field workflows[1].fields[2].list: is 1001; expected a whole number from 1 to 1000\ninvalid_field "
       "workflows[1].fields[2].start: stands in a list; expected no start: a list begins empty"},
      {"\"values\": [\"hall\", \"field\"]", "\"values\": [\"hall\", \"hall\", \"\"]",
       "invalid_field workflows[0].fields[1].values[1]: stands twice; expected each text once\ninvalid_field "
       "workflows[0].fields[1].values[2]: has 0 bytes; expected 1 to 64"},
      {"\"workflow\": \"activity\"", "\"workflow\": \"activities\"",
       "invalid_field workflows[1].links[0].workflow: is \"activities\"; expected one of activity, duty, "
       "review\ninvalid_field workflows[1].open.conditions[0].when(1:44): `case` has no field `event`; expected one of "
       "`begins`, `got`, `helper`, `hours`, `leader`, `number`, `opened`, `state`, ...\ninvalid_field "
       "workflows[1].acts[2].effects[0].to(1:5): `case` has no field `event`; expected one of `begins`, `got`, "
       "`helper`, `hours`, `leader`, `number`, `opened`, `state`, ..."},
      {"\"code\": \"review\"", "\"code\": \"duty\"",
       "invalid_field workflows[1].acts[3].effects[0].open: is \"review\"; expected one of activity, duty, "
       "duty\ninvalid_field workflows[2].code: is \"duty\", which stands twice; expected another code"}};
  check_rows(rows);
}

TEST_CASE("mistakes of states and terms") {
  const Row rows[] = {
      {"\"state\": \"joined\"", "\"state\": \"left\"",
       "invalid_field workflows[1].open.state: is \"left\"; expected one of joined, done, counted, missed"},
      {"\"state\": \"joined\"", "\"state\": \"missed\"",
       "invalid_field workflows[1].open.state: is \"missed\", which is final; expected a state in which the case is "
       "not over"},
      {"\"hours\": \"48\"", "\"hours\": \"0\"",
       "invalid_field workflows[1].states[0].after.hours: is 0; expected 1 or more"},
      {"\"hours\": \"48\"", "\"hours\": \"-3\"",
       "invalid_field workflows[1].states[0].after.hours: is -3; expected 1 or more"},
      {"\"hours\": \"48\"", "\"hours\": \"case.hours\"",
       "invalid_field workflows[1].states[0].after.hours(1:5): `case.hours` is a decimal; expected int"},
      {"\"hours\": \"48\"", "\"hours\": \"author == '' ? 1 : 2\"",
       "invalid_field workflows[1].states[0].after.hours(1:1): unknown name `author`; expected one of `case`, `now`, "
       "`subject`"},
      {"\"hours\": \"48\", ", "", "missing_field workflows[1].states[0].after.hours: is missing; expected hours or at"},
      {"\"hours\": \"48\", ", "\"hours\": \"48\", \"at\": \"now\", ",
       "invalid_field workflows[1].states[0].after.at: stands beside hours; expected one of the two"},
      {"\"go\": \"counted\"", "\"go\": \"count\"",
       "invalid_field workflows[1].states[1].after.go: is \"count\"; expected one of joined, done, counted, missed"},
      {"\"en\": \"counted\"}, \"final\": true",
       "\"en\": \"counted\"}, \"final\": true, \"after\": {\"hours\": \"1\", \"go\": \"missed\"}",
       "invalid_field workflows[1].states[2].after: stands in a final state; expected no deadline: the case is over"},
      {"{\"code\": \"counted\"", "{\"code\": \"done\"",
       "invalid_field workflows[1].states[1].after.go: is \"counted\"; expected one of joined, done, done, "
       "missed\ninvalid_field workflows[1].states[2].code: is \"done\", which stands twice; expected another code"},
      {"\"go\": \"counted\"", "\"go\": \"missed\"",
       "invalid_field workflows[1].states[2].code: is \"counted\", which nothing leads to; expected an act, a deadline "
       "or the term that leads there"},
      {"\"term\": {\"days\": 30, \"go\": \"held\"}, ", "",
       "missing_field workflows[0].term: is missing; expected days, and the final state that a case ends in: every "
       "case ends"},
      {"\"days\": 60, \"go\": \"missed\"", "\"days\": 1831, \"go\": \"done\"",
       "invalid_field workflows[1].term.days: is 1831; expected a whole number from 1 to 1830\ninvalid_field "
       "workflows[1].term.go: is \"done\", which is not final; expected a final state"}};
  check_rows(rows);
}

TEST_CASE("mistakes of acts") {
  const Row rows[] = {
      {"\"by\": [\"subject\"]", "\"by\": []",
       "invalid_field workflows[1].open.by: names nobody; expected roles of officers, subject and others as it may be, "
       "or queue"},
      {"\"by\": [\"subject\"]", "\"by\": [\"mayor\", \"queue\"]",
       "invalid_field workflows[1].open.by[0]: is \"mayor\"; expected one of registrar, recorder, endorser, arbiter, "
       "bank_officer, auditor, governor, clock, leader, inspector, specialist, shopkeeper, oracle, subject, others, "
       "queue\ninvalid_field workflows[1].open.by: names others beside queue; expected queue alone: nobody signs what "
       "an allocation does"},
      {"\"by\": [\"subject\"]", "\"by\": [\"subject\", \"subject\"]",
       "invalid_field workflows[1].open.by[1]: is \"subject\", which stands twice; expected each once"},
      {"\"by\": [\"subject\"]", "\"by\": [\"subject\"], \"reach\": \"below\"",
       "invalid_field workflows[1].open.reach: is \"below\"; expected one of above, same, anywhere\ninvalid_field "
       "workflows[1].open.reach: stands in an act by neither officers nor others; expected no reach"},
      {"\"by\": [\"subject\"]", "\"by\": [\"subject\"], \"once\": \"day\"",
       "unknown_field workflows[1].open.once: is not a known field; expected one of state, by, reach, takes, "
       "evidence_required, reason_required, endorsed_by, subject_signs, conditions, effects"},
      {"\"from\": [\"joined\"]", "\"from\": [\"joined\", \"counted\", \"gone\"]",
       "invalid_field workflows[1].acts[0].from[1]: is \"counted\", which is final; expected a state that is not: it "
       "is over\ninvalid_field workflows[1].acts[0].from[2]: is \"gone\"; expected one of joined, done, counted, "
       "missed"},
      {"\"to\": \"done\"", "\"to\": \"gone\"",
       "invalid_field workflows[1].acts[0].to: is \"gone\"; expected one of joined, done, counted, missed"},
      {"\"from\": [\"joined\"]", "\"from\": []",
       "invalid_field workflows[1].acts[0].from: is empty; expected the states in which the act can be done"},
      {"\"code\": \"rate\"", "\"code\": \"open\"",
       "invalid_field workflows[1].acts[0].not_by[1]: is \"rate\"; expected one of check-in, open, serve, follow, "
       "open\ninvalid_field workflows[1].acts[1].code: is \"open\", which is how a case begins; expected another code"},
      {"\"code\": \"follow\"", "\"code\": \"serve\"",
       "invalid_field workflows[1].acts[3].code: is \"serve\", which stands twice; expected another code"},
      {"\"once\": \"case\", \"times\": 2", "\"once\": \"week\", \"times\": 0",
       "invalid_field workflows[1].acts[0].once: is \"week\"; expected one of case, day\ninvalid_field "
       "workflows[1].acts[0].times: is 0; expected a whole number from 1 to 1000"},
      {"\"takes\": [\"leader\", \"helper\"]", "\"takes\": [\"event\"]",
       "invalid_field workflows[1].acts[0].takes[0]: is \"event\"; expected a field of the workflow: one of hours, "
       "leader, marks, begins, urgent, helper, got"},
      {"{\"count\": 2, \"roles\": [\"endorser\"]", "{\"count\": 11, \"roles\": []",
       "invalid_field workflows[1].acts[0].endorsed_by.count: is 11; expected a whole number from 1 to "
       "10\ninvalid_field workflows[1].acts[0].endorsed_by.roles: names nobody; expected a role that may endorse"},
      {"\"once\": \"day\", \"takes\"",
       "\"once\": \"day\", \"endorsed_by\": {\"count\": 1, \"roles\": [\"endorser\"]}, \"takes\"",
       "invalid_field workflows[1].acts[1].endorsed_by: stands in an act by a subject; expected `by` with roles of "
       "officers only"},
      {"\"from\": [\"joined\", \"done\"], \"by\": [\"queue\"]",
       "\"from\": [\"joined\", \"done\"], \"by\": [\"queue\"], \"takes\": [\"got\"], \"subject_signs\": true",
       "invalid_field workflows[1].acts[2].subject_signs: stands in an act that nobody signs; expected another `by` "
       "than queue\ninvalid_field workflows[1].acts[2].takes: stands in an act that nobody signs; expected another "
       "`by` than queue"}};
  for (const auto& row : rows) {
    INFO(row.from << " -> " << row.to);
    const auto found = problems_of(with(document(), row.from, row.to));
    CHECK(found.substr(0, std::string_view(row.problems).size()) == row.problems);
  }
}

TEST_CASE("mistakes of effects") {
  const char* const follow =
      "{\"open\": \"review\", \"fields\": {\"score\": \"case.trimmed_mean('marks', 20)\"}, \"link\": \"duty\"}";
  const Row rows[] = {
      {"{\"set\": \"urgent\", \"to\": \"false\"}", "{\"set\": \"marks\", \"to\": \"1\"}",
       "invalid_field workflows[1].term.effects[0].set: is \"marks\"; expected a field of the workflow that is no "
       "list: one of hours, leader, begins, urgent, helper, got"},
      {"{\"set\": \"urgent\", \"to\": \"false\"}", "{\"set\": \"urgent\", \"to\": \"1\"}",
       "invalid_field workflows[1].term.effects[0].to(1:1): 1 is an int; expected bool"},
      {"\"set\": \"event.joined\"", "\"set\": \"event.held\"",
       "invalid_field workflows[1].acts[2].effects[0].set: is \"held\"; expected a field of the workflow that is no "
       "list: one of joined, place"},
      {"{\"deduct\": \"QZ6\"}", "{\"deduct\": \"QZ7\"}",
       "invalid_field workflows[1].acts[0].effects[1].deduct: is \"QZ7\", of kind award; expected a rule of kind "
       "deduct"},
      {"{\"deduct\": \"QZ6\"}", "{\"award\": \"QZ6\"}",
       "invalid_field workflows[1].acts[0].effects[1].award: is \"QZ6\", of kind deduct; expected a rule of kind "
       "award"},
      {"{\"deduct\": \"QZ6\"}", "{\"award\": \"QZ99\"}",
       "invalid_field workflows[1].acts[0].effects[1].award: is \"QZ99\"; expected one of QZ3, QZ3-court, QZ4, QZ5, "
       "QZ6, QZ7, QZ8, QZ9"},
      {"\"by\": [\"inspector\", \"leader\"]", "\"by\": [\"inspector\", \"others\"]",
       "invalid_field workflows[1].acts[0].endorsed_by: stands in an act by a subject; expected `by` with roles of "
       "officers only\ninvalid_field workflows[1].acts[0].effects[1].deduct: stands in an act that others than "
       "officers may do; "
       "expected an act by officers only: its author proposes the deduction"},
      {"{\"set\": \"urgent\", \"to\": \"false\"}", "{\"deduct\": \"QZ6\"}",
       "invalid_field workflows[1].term.effects[0].deduct: stands in a deadline; expected an act by officers: somebody "
       "must propose and answer for it"},
      {"\"quantity\": \"4 * 2\"", "\"amount\": \"decimal('4')\"",
       "invalid_field workflows[1].acts[0].effects[0].amount: stands under rule QZ9, which says how much; expected no "
       "amount\nmissing_field workflows[1].acts[0].effects[0].quantity: is missing; expected how many: rule QZ9 "
       "counts"},
      {"{\"deduct\": \"QZ6\"}", "{\"deduct\": \"QZ6\", \"quantity\": \"2\", \"if_limited\": \"skip\"}",
       "invalid_field workflows[1].acts[0].effects[1].quantity: stands under rule QZ6, which counts nothing; expected "
       "none\nunknown_field workflows[1].acts[0].effects[1].if_limited"},
      {"\"if_limited\": \"skip\"", "\"if_limited\": \"wait\"",
       "invalid_field workflows[1].acts[0].effects[0].if_limited: is \"wait\"; expected one of skip"},
      {"\"by\": [\"others\", \"subject\"]", "\"by\": [\"others\", \"recorder\"]",
       "invalid_field workflows[1].acts[1].effects[0].to: is \"author\", who may be an officer or nobody; expected an "
       "act by subject or others only"},
      {"\"en\": \"missed\"}, \"to\": \"helper\"", "\"en\": \"missed\"}, \"to\": \"author\"",
       "invalid_field workflows[1].states[0].after.effects[0].to: is \"author\": a deadline has none; expected "
       "subject, or a field of type subject"},
      {"\"en\": \"missed\"}, \"to\": \"helper\"", "\"en\": \"missed\"}, \"to\": \"hours\"",
       "invalid_field workflows[1].states[0].after.effects[0].to: is \"hours\"; expected a field of type subject: one "
       "of helper"},
      {"\"within_days\": 30", "\"within_days\": 0",
       "invalid_field workflows[1].acts[0].effects[2].within_days: is 0; expected a whole number from 1 to 1830"},
      {"\"act\": \"join\"", "\"act\": \"hold\"",
       "invalid_field workflows[1].open.effects[0].act: is \"hold\"; expected an act of activity with \"by\": "
       "[\"queue\"]: one of join"},
      {"{\"enter\": \"spots\"}", "{\"enter\": \"places\"}",
       "invalid_field workflows[1].open.effects[1].enter: is \"places\"; expected one of spots"},
      {"{\"set\": \"joined\", \"to\": \"case.joined + 1\"}", "{\"leave\": \"spots\"}",
       "invalid_field workflows[0].acts[1].effects[0].leave: is \"spots\", in which cases of duty wait; expected a "
       "queue of activity"},
      {"{\"enter\": \"spots\"}", "{\"shout\": \"spots\"}",
       "missing_field workflows[1].open.effects[1].set: is missing; expected one of set, award, deduct, pay, notify, "
       "open, go_linked, enter, leave\n"},
      {"{\"enter\": \"spots\"}", "{\"enter\": \"spots\", \"leave\": \"spots\"}",
       "invalid_field workflows[1].open.effects[1].leave: stands beside another effect; expected one of set"},
      {follow, "{\"open\": \"review\", \"link\": \"duty\"}",
       "missing_field workflows[1].acts[3].effects[0].fields: lack \"score\", which an opener gives; expected a value "
       "for it"},
      {follow, "{\"open\": \"review\", \"fields\": {\"score\": \"decimal('1')\"}}",
       "invalid_field workflows[1].acts[3].effects[0].open: is \"review\", whose opener names a case for link "
       "\"duty\"; expected a workflow with no links but the one that leads back here"},
      {follow, "{\"open\": \"duty\", \"fields\": {\"hours\": \"decimal('1')\"}, \"link\": \"event\"}",
       "invalid_field workflows[1].acts[3].effects[0].link: is \"event\", which leads to activity; expected a link "
       "that leads to duty"},
      {follow, "{\"open\": \"review\", \"fields\": {\"score\": \"1\", \"mark\": \"1\"}, \"link\": \"duty\"}",
       "invalid_field workflows[1].acts[3].effects[0].fields.score(1:1): 1 is an int; expected decimal\ninvalid_field "
       "workflows[1].acts[3].effects[0].fields.mark: is \"mark\"; expected a field of the workflow that is no list: "
       "one of score"}};
  for (const auto& row : rows) {
    INFO(row.from << " -> " << row.to);
    const auto found = problems_of(with(document(), row.from, row.to));
    CHECK(found.substr(0, std::string_view(row.problems).size()) == row.problems);
  }
}

TEST_CASE("mistakes of queues") {
  const Row rows[] = {
      {"\"workflow\": \"duty\", \"roles\": [\"recorder\"]", "\"workflow\": \"duties\", \"roles\": []",
       "invalid_field workflows[1].open.effects[1].enter: is \"spots\", in which cases of duties wait; expected a "
       "queue of duty\ninvalid_field workflows[1].acts[2].effects[1].leave: is \"spots\", in which cases of duties "
       "wait; expected a queue of duty\ninvalid_field queues[0].workflow: is \"duties\"; expected one of activity, "
       "duty, review\ninvalid_field queues[0].roles: names nobody; expected a role that may allocate"},
      {"{\"by\": \"case.opened\"}", "{\"by\": \"case.state\"}",
       "invalid_field queues[0].order[1].by(1:1): is string; expected int, decimal or timestamp"},
      {"{\"by\": \"case.opened\"}", "{\"by\": \"author\"}",
       "invalid_field queues[0].order[1].by(1:1): unknown name `author`; expected one of `case`, `now`, `subject`"},
      {"\"serve\": \"by_share\"", "\"serve\": \"top\"",
       "invalid_field queues[0].weight: stands in a queue that is served otherwise; expected serve to be "
       "by_share\nmissing_field queues[0].percent: is missing; expected how many in a hundred are served"},
      {"\"serve\": \"by_share\", \"weight\": \"case.hours\"", "\"serve\": \"top\", \"percent\": 101",
       "invalid_field queues[0].percent: is 101; expected a whole number from 1 to 100"},
      {"\"weight\": \"case.hours\"", "\"demand\": \"case.hours\"",
       "invalid_field queues[0].demand: stands in a queue that is served otherwise; expected serve to be "
       "in_order\nmissing_field queues[0].weight: is missing; expected what the pool is divided by"},
      {"\"act\": \"serve\"", "\"act\": \"follow\"",
       "invalid_field queues[0].act: is \"follow\"; expected an act of duty with \"by\": [\"queue\"]: one of serve"},
      {"\"gives\": \"got\"", "\"gives\": \"marks\"",
       "invalid_field queues[0].gives: is \"marks\"; expected a field of type decimal that is no list: one of hours, "
       "leader, got"}};
  for (const auto& row : rows) {
    INFO(row.from << " -> " << row.to);
    auto found = problems_of(with(document(), row.from, row.to));
    // The check sees `weight` before `percent`, whichever is wrong.
    CHECK(found == row.problems);
  }
}

TEST_CASE("expressions name what is declared, in gates and rules as well") {
  const std::string gate = "\"at_least\": \"60\"";
  const auto gate_with = [&](const std::string& when) {
    return problems_of(with(
        document(), gate,
        gate + ", \"conditions\": [{\"when\": \"" + when + "\", \"otherwise\": {\"zh\": \"有\", \"en\": \"some\"}}]"));
  };
  const std::string at = "invalid_field books[0].gates[0].conditions[0].when";
  CHECK(gate_with("subject.cases('duty', 'missed') == 0 && subject.unit_cases('activity', 'held') > 1") == "");
  CHECK(gate_with("subject.cases('duties', 'missed') == 0") ==
        at + "(1:15): the rulebook has no workflow \"duties\"; expected one of activity, duty, review");
  CHECK(gate_with("subject.unit_cases('duty', 'mised') == 0") ==
        at + "(1:28): workflow \"duty\" has no state \"mised\"; expected one of joined, done, counted, missed");
  CHECK(gate_with("case.number == 0").find(at + "(1:1): unknown name `case`") == 0);
  const Row rows[] = {{"case.trimmed_mean('marks', 20)", "case.trimmed_mean('marks', 50)",
                       "invalid_field workflows[1].acts[3].effects[0].fields.score(1:28): 50 in a hundred are left out "
                       "on each side; expected 0 to 49"},
                      {"case.mean('marks')", "case.mean('hours')",
                       "invalid_field queues[0].order[0].by(1:11): the workflow has no list of numbers \"hours\"; "
                       "expected one of marks"},
                      {"case.mean('marks')", "decimal(case.givers('hours'))",
                       "invalid_field queues[0].order[0].by(1:21): the workflow has no list \"hours\"; "
                       "expected one of marks"},
                      {"case.mean('marks')", "case.has('marks', 'x') ? 1 : 0",
                       "invalid_field queues[0].order[0].by(1:10): the workflow has no list of texts \"marks\"; "
                       "expected none is declared"},
                      {"subject.cases('duty', 'joined')", "subject.cases('duty', 'left')",
                       "invalid_field workflows[1].open.conditions[0].when(1:23): workflow \"duty\" has no state "
                       "\"left\"; expected one of joined, done, counted, missed"}};
  check_rows(rows);
}

TEST_CASE("a rule that nobody proposes is awarded by a workflow") {
  const std::string roles = "\"proposer_roles\": [\"recorder\"]";
  auto text = document();
  const auto of = [&](std::string_view code) {
    const auto rule = text.find("\"code\": \"" + std::string(code) + "\"");
    REQUIRE(rule != std::string::npos);
    return text.find(roles, rule);
  };
  text.replace(of("QZ9"), roles.size(), "\"proposer_roles\": []");
  CHECK(problems_of(text) == "");
  text.replace(of("QZ7"), roles.size(), "\"proposer_roles\": []");
  CHECK(problems_of(text) == "invalid_field rules[5].proposer_roles: names nobody; expected a role that may propose");
  text.replace(of("QZ6"), roles.size(), "\"proposer_roles\": []");
  CHECK(problems_of(text) ==
        "invalid_field rules[4].proposer_roles: names nobody; expected a role that may propose\ninvalid_field "
        "rules[5].proposer_roles: names nobody; expected a role that may propose");
}

// Small workflows for circles: what `code` does by a deadline and in an act by others' hands.
std::string workflow(const std::string& code, const std::string& deadline, const std::string& act = "",
                     const std::string& links = "") {
  const std::string title = R"("title": {"zh": "一", "en": "one"})";
  return R"({"code": ")" + code + "\", " + title + R"(, "subject": "household", "links": [)" + links +
         R"(], "open": {"state": "on", "by": ["recorder"]}, "states": [{"code": "on", )" + title +
         R"(, "after": {"hours": "1", "go": "off", "effects": [)" + deadline + R"(]}}, {"code": "off", )" + title +
         R"(, "final": true}], "acts": [{"code": "push", )" + title +
         R"(, "from": ["on"], "by": ["queue"], "effects": [)" + act +
         R"(]}], "term": {"days": 9, "go": "off"}, "provenance": {"number": "invented"}})";
}

std::string problems_of_workflows(const std::string& workflows) {
  return problems_of(with_work("\"workflows\": [" + workflows + "], "));
}

TEST_CASE("what would go on for ever without people is refused") {
  const std::string to_a = R"({"code": "a", "workflow": "a"})";
  CHECK(problems_of_workflows(workflow("a", R"({"open": "b"})") + "," + workflow("b", "")) == "");
  CHECK(problems_of_workflows(workflow("a", R"({"open": "b"})") + "," + workflow("b", R"({"open": "a"})")) ==
        "invalid_field workflows[0]: opens cases by itself in a circle: a -> b -> a; expected an act by somebody "
        "between them, so that it comes to an end");
  CHECK(problems_of_workflows(workflow("a", R"({"open": "a"})"))
            .starts_with("invalid_field workflows[0]: opens cases by itself in a circle: a -> a;"));
  // Through an act that another case does.
  CHECK(problems_of_workflows(workflow("a", "", R"({"open": "a"})") + "," +
                              workflow("b", R"({"go_linked": "a", "act": "push"})", "", to_a))
            .find("opens cases by itself in a circle: a -> a;") != std::string::npos);
  // A deadline of what was opened acts on the older case, which ends with its term.
  CHECK(problems_of_workflows(workflow("a", R"({"open": "b", "link": "a"})") + "," +
                              workflow("b", R"({"go_linked": "a", "act": "push"})", "", to_a)) == "");
  // Within one act.
  CHECK(problems_of_workflows(workflow("a", "", R"({"go_linked": "a", "act": "push"})", to_a)) ==
        "invalid_field workflows[0]: brings itself about at once: a/push -> a/push; expected effects that come to an "
        "end");
}

TEST_CASE("workflows have sizes") {
  std::string many;
  for (int i = 0; i < 33; ++i) many += (i == 0 ? "" : ",") + workflow("w" + std::to_string(i), "");
  CHECK(problems_of_workflows(many) == "too_large workflows: has 33 elements; expected at most 32");
  std::string effects;
  for (int i = 0; i < 17; ++i) effects += std::string(i == 0 ? "" : ",") + R"({"notify": {"zh": "一", "en": "one"}})";
  CHECK(problems_of_workflows(workflow("a", "", effects)) ==
        "too_large workflows[0].acts[0].effects: has 17 elements; expected at most 16");
}

TEST_CASE("expressions count the cases of a subject and of its unit") {
  Village village(document());
  const auto passes = [&](const char* name) {
    const auto of = household(name);
    const auto bytes = village.state().get(subject_key(of));
    REQUIRE(bytes.has_value());
    const auto record = decode<SubjectRecord>(*bytes).value();
    const auto rulebook = compile_rulebook(document()).rulebook;
    cel::Evaluation budget(1000);
    Situation situation({village.state(), *rulebook, of, record, village.now(), {}}, budget);
    const auto expression =
        compile_expression("subject.cases('duty', 'missed') == 0 && subject.unit_cases('duty', 'missed') < 3",
                           Scope::subject, cel::TypeKind::boolean);
    REQUIRE(expression.mistakes.empty());
    return situation.holds(expression.expression, "gate").value();
  };
  CHECK(passes("chen"));
  village.state().put(work_count_key("qingzhen", "duty", "missed", household("chen")), encode(std::uint64_t{1}));
  CHECK_FALSE(passes("chen"));
  CHECK(passes("li"));
  village.state().put(work_count_key("qingzhen", "duty", "missed", kLudishao), encode(std::uint64_t{3}));
  CHECK_FALSE(passes("li"));
  CHECK(passes("wu"));
}

}  // namespace
