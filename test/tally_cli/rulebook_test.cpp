// tally rulebook check and diff.
#include <fstream>
#include <sstream>

#include "common/json.h"
#include "tally_cli/harness.h"

namespace tally::test {

namespace {

std::string qingzhen() {
  std::ifstream file(std::string(TALLY_SOURCE_DIR) + "/rulebooks/qingzhen/rulebook.json");
  REQUIRE(file.good());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string with(std::string text, std::string_view from, std::string_view to, std::string_view after = "") {
  const auto start = text.find(after);
  REQUIRE(start != std::string::npos);
  const auto place = text.find(from, start);
  INFO("looking for " << from);
  REQUIRE(place != std::string::npos);
  return text.replace(place, from.size(), to);
}

// The program is run with file names as they are, so that its whole output can be told.
struct Written {
  explicit Written(Cli& cli) : cli_(cli) {}
  std::string operator()(const std::string& name, const std::string& text) { return cli_.write(name, text); }
  // The output with the directory of the test left out.
  std::string short_paths(std::string text) const {
    const auto directory = cli_.path("");
    for (auto at = text.find(directory); at != std::string::npos; at = text.find(directory))
      text.erase(at, directory.size());
    return text;
  }
  Cli& cli_;
};

}  // namespace

TEST_CASE("rulebook check: a good document, and every mistake of bad ones") {
  Cli cli;
  Written write(cli);
  const auto good = write("good.json", qingzhen());
  auto text = with(qingzhen(), "\"scale\": 1", "\"scale\": 9");
  text = with(text, "\"objection_days\"", "\"objecton_days\"", "\"code\": \"QZ4\"");
  const auto bad = write("bad.json", text);
  const auto torn = write("torn.json", "{\n  \"id\": \"x\"\n  \"version\": 1\n}\n");

  Run run = cli.run({"rulebook", "check", good});
  CHECK(run.exit == 0);
  CHECK(run.err.empty());
  CHECK(write.short_paths(run.out) == "good.json: ok, qingzhen version 1, 8 rules, 1 book, effective 2026-01-01\n");

  run = cli.run({"rulebook", "check", bad, good, torn});
  CHECK(run.exit == 6);
  CHECK(write.short_paths(run.out) ==
        "bad.json:6:12: scale: is 9; expected a whole number from 0 to 6\n"
        "bad.json:138:5: rules[2].objection_days: is missing\n"
        "bad.json:157:7: rules[2].objecton_days: is not a known field; expected perhaps \"objection_days\"\n"
        "good.json: ok, qingzhen version 1, 8 rules, 1 book, effective 2026-01-01\n"
        "torn.json:3:3: is not JSON: finds a quote; expected \",\" or \"}\"\n");
  CHECK(run.err == "error: 4 mistakes in 2 rulebooks of 3 [invalid_field]\n");

  run = cli.run({"rulebook", "check", torn, "--output", "csv"});
  CHECK(write.short_paths(run.out) ==
        "file,line,column,path,problem,expected,code\n"
        "torn.json,3,3,,is not JSON: finds a quote,\"\"\",\"\" or \"\"}\"\"\",invalid_encoding\n");

  run = cli.run({"rulebook", "check", good, bad, "--json"});
  CHECK(run.exit == 6);
  const auto json = parse_json(run.out);
  REQUIRE(json.has_value());
  CHECK((*json)[0]["ok"] == true);
  CHECK((*json)[0]["rulebook"]["id"] == "qingzhen");
  CHECK((*json)[0]["rulebook"]["rules"] == 8);
  CHECK((*json)[1]["ok"] == false);
  CHECK((*json)[1]["mistakes"][2].dump() ==
        R"({"line":157,"column":7,"path":"rules[2].objecton_days","problem":"is not a known field",)"
        R"("expected":"perhaps \"objection_days\"","code":"unknown_field"})");
}

TEST_CASE("rulebook check: standard input, and a file that is not there") {
  Cli cli;
  cli.standard_input = qingzhen();
  CHECK(cli.run({"rulebook", "check", "-"}).out ==
        "-: ok, qingzhen version 1, 8 rules, 1 book, effective 2026-01-01\n");
  const Run run = cli.run({"rulebook", "check", "absent.json"});
  CHECK(run.exit == 7);
  CHECK(run.out.empty());
  CHECK(first_line(run.err).starts_with("error: absent.json: "));
}

TEST_CASE("rulebook diff tells changes by code, and for whom they are stricter") {
  Cli cli;
  Written write(cli);
  auto text = with(qingzhen(), "\"version\": 1", "\"version\": 2");
  text = with(text, "\"cap\": \"120\"", "\"cap\": \"130\"");
  text = with(text, "\"at_least\": \"60\"", "\"at_least\": \"62.5\"");
  text = with(text, "\"points\": \"-20\"", "\"points\": \"-25\"");
  text = with(text, "[\"recorder\", \"bank_officer\"]", "[\"bank_officer\"]", "\"code\": \"QZ4\"");
  text = with(text, "\"objection_days\": 10", "\"objection_days\": 15", "\"code\": \"QZ5\"");
  text = with(text, "\"on\": true", "\"on\": false", "\"code\": \"QZ6\"");
  text = with(text, "\"code\": \"QZ8\"", "\"code\": \"QZ80\"");
  text = with(text, "{\"per\": \"year\", \"quantity\": 48}",
              "{\"per\": \"day\", \"times\": 1}, {\"per\": \"year\", \"quantity\": 40}");
  text =
      with(text, "\"notice_board\"", "\"queues\": [{\"code\": \"rice\", \"order\": [\"score\"]}],\n  \"notice_board\"");
  const auto before = write("1.json", qingzhen());
  const auto after = write("2.json", text);

  Run run = cli.run({"rulebook", "diff", before, after});
  CHECK(run.exit == 0);
  CHECK(write.short_paths(run.err) ==
        "warning: 2.json is no good rulebook, mistakes: 8 (tally rulebook check 2.json)\n");
  CHECK(run.out ==
        "qingzhen version 1 -> qingzhen version 2\n"
        "part     where                         before                                after                         "
        "        for people\n"
        "heading  version                       1                                     2\n"
        "books    credit, cap                   120                                   130                           "
        "        milder\n"
        "books    credit, gates loan, at_least  60                                    62.5                          "
        "        stricter\n"
        "rules    QZ3-court, amount, points     -20                                   -25                           "
        "        stricter\n"
        "rules    QZ4, proposer_roles           recorder, bank_officer                bank_officer\n"
        "rules    QZ5, objection_days           10                                    15                            "
        "        milder\n"
        "rules    QZ6, on                       yes                                   no                            "
        "        milder\n"
        "rules    QZ80                          (none)                                award 2: a year of on-time "
        "repayment  milder\n"
        "rules    QZ9, limits day               (none)                                {\"per\":\"day\",\"times\":1} "
        "              stricter\n"
        "rules    QZ9, limits year, quantity    48                                    40                            "
        "        stricter\n"
        "rules    QZ8                           award 2: a year of on-time repayment  (removed)                     "
        "        stricter\n"
        "queues   rice                          (none)                                "
        "{\"code\":\"rice\",\"order\":[\"score\"]}\n");

  run = cli.run({"rulebook", "diff", before, after, "--json"});
  const auto json = parse_json(run.out);
  REQUIRE(json.has_value());
  CHECK((*json)["same"] == false);
  CHECK((*json)["before"]["version"] == 1);
  CHECK((*json)["changes"].size() == 12);
  CHECK((*json)["changes"][3].dump() ==
        R"({"part":"rules","where":"QZ3-court, amount, points","what":"changed","before":"-20","after":"-25",)"
        R"("direction":"stricter"})");

  // The other way round, everything plain is the opposite.
  run = cli.run({"rulebook", "diff", after, before, "--json"});
  const auto back = parse_json(run.out);
  REQUIRE(back.has_value());
  const auto count = [](const Json& changes, const char* direction) {
    return std::count_if(changes.begin(), changes.end(),
                         [&](const Json& one) { return one["direction"] == direction; });
  };
  CHECK(count((*json)["changes"], "milder") == count((*back)["changes"], "stricter"));
  CHECK(count((*json)["changes"], "stricter") == count((*back)["changes"], "milder"));
}

TEST_CASE("rulebook diff tells which fields, states, acts and terms of workflows changed") {
  Cli cli;
  const auto one = cli.write("1.json", R"({"id": "x", "version": 1, "workflows": [
    {"code": "duty", "title": {"zh": "值勤", "en": "duty"}, "subject": "person",
     "fields": [{"code": "hours", "type": "decimal", "max": "8"}, {"code": "old", "type": "int"}],
     "states": [{"code": "joined", "after": {"hours": "48", "go": "missed"}}, {"code": "missed", "final": true}],
     "acts": [{"code": "rate", "title": {"zh": "评价", "en": "rate"}, "by": ["others"]},
              {"code": "leave", "title": {"zh": "退出", "en": "leave"}, "by": ["subject"]}],
     "term": {"days": 30, "go": "missed"}},
    {"code": "loan", "title": {"zh": "贷款", "en": "loan"}, "subject": "person"}],
    "queues": [{"code": "rice", "order": [{"by": "case.opened"}], "serve": "in_order"}]})");
  const auto two = cli.write("2.json", R"({"id": "x", "version": 1, "workflows": [
    {"code": "frost", "title": {"zh": "霜冻", "en": "frost"}, "subject": "household"},
    {"code": "duty", "title": {"zh": "值勤", "en": "duty"}, "subject": "person",
     "fields": [{"code": "hours", "type": "decimal", "max": "6"}],
     "states": [{"code": "joined", "after": {"hours": "24", "go": "missed"}}, {"code": "missed", "final": true},
                {"code": "done", "title": {"zh": "完成", "en": "done"}, "final": true}],
     "acts": [{"code": "rate", "title": {"zh": "评价", "en": "rate"}, "by": ["others", "leader"]}],
     "term": {"days": 60, "go": "missed"}}],
    "queues": [{"code": "rice", "order": [{"by": "case.number"}], "serve": "top"}]})");
  const auto json = parse_json(cli.run({"rulebook", "diff", one, two, "--json"}).out);
  REQUIRE(json.has_value());
  std::string told;
  for (const auto& change : (*json)["changes"])
    told += change["part"].get<std::string>() + ": " + change["where"].get<std::string>() + " " +
            change["what"].get<std::string>() + "\n";
  CHECK(told ==
        "workflows: frost added\n"
        "workflows: duty, fields hours, max changed\n"
        "workflows: duty, fields old removed\n"
        "workflows: duty, states joined, after, hours changed\n"
        "workflows: duty, states done added\n"
        "workflows: duty, acts rate, by changed\n"
        "workflows: duty, acts leave removed\n"
        "workflows: duty, term, days changed\n"
        "workflows: loan removed\n"
        "queues: rice, order number 1, by changed\n"
        "queues: rice, serve changed\n");
}

TEST_CASE("rulebook diff: the order of rules and fields is no difference") {
  Cli cli;
  const auto one =
      cli.write("1.json", R"({"id": "x", "version": 1, "rules": [{"code": "A", "on": true}, {"code": "B"}]})");
  const auto two =
      cli.write("2.json", R"({"version": 1, "id": "x", "rules": [{"code": "B"}, {"on": true, "code": "A"}]})");
  const Run run = cli.run({"rulebook", "diff", one, two});
  CHECK(run.exit == 0);
  CHECK(run.out == "x version 1 -> x version 1: no difference\n");
  CHECK(cli.run({"rulebook", "diff", one, cli.write("3.json", "[]")}).exit == 7);
  CHECK(cli.run({"rulebook", "diff", one, cli.write("4.json", "{")}).exit == 7);
}

namespace {

const std::string kScenario =
    "# A contract is performed\nunit yingshan county\nofficer accountant in yingshan as recorder\n"
    "household wang in yingshan\naccount wang\non 2026-03-01\naccountant awards wang QZ7 evidence c1\n";

}  // namespace

TEST_CASE("rulebook test: scenarios that hold, that fail, and that cannot be read") {
  Cli cli;
  Written write(cli);
  write("q/rulebook.json", qingzhen());
  write("q/scenarios/a.txt", kScenario + "expect score wang 103\n");
  const auto folder = cli.path("q");
  Run run = cli.run({"rulebook", "test", folder});
  CHECK(run.exit == 0);
  CHECK(run.err.empty());
  CHECK(write.short_paths(run.out) ==
        "ok      q/scenarios/a.txt: A contract is performed (7 statements)\n"
        "1 scenario passed, 0 failed\n");

  write("q/scenarios/b.txt", kScenario + "expect score wang 104\n");
  write("q/scenarios/c.txt", kScenario + "expect scor wang 104\n");
  write("q/rules.table",
        kScenario.substr(0, kScenario.rfind("accountant awards")) + "accountant awards wang QZ7 evidence c1 | +3\n");
  run = cli.run({"rulebook", "test", folder});
  CHECK(run.exit == 6);
  CHECK(write.short_paths(run.out) ==
        "ok      q/rules.table: A contract is performed (1 rows)\n"
        "ok      q/scenarios/a.txt: A contract is performed (7 statements)\n"
        "FAILED  q/scenarios/b.txt: A contract is performed\n"
        "q/scenarios/b.txt:8: expect score wang 104\n"
        "  expected: score of wang 104.0\n"
        "  seen: 103.0\n"
        "  entries of wang:\n"
        "    0   2026-03-01  opening               100.0   100.0\n"
        "    1   2026-03-01  award QZ7             3.0     103.0\n"
        "FAILED  q/scenarios/c.txt: A contract is performed\n"
        "q/scenarios/c.txt:8:8: finds \"scor\"; expected perhaps score\n"
        "2 scenarios passed, 2 failed\n");
  CHECK(run.err == "error: 2 scenarios passed, 2 failed [wrong_state]\n");

  CHECK(cli.run({"rulebook", "test", folder, "--file", "a.txt"}).exit == 0);
  CHECK(write.short_paths(cli.run({"rulebook", "test", folder, "--file", "a", "--file", "rules.table"}).out) ==
        "ok      q/scenarios/a.txt: A contract is performed (7 statements)\n"
        "ok      q/rules.table: A contract is performed (1 rows)\n"
        "2 scenarios passed, 0 failed\n");
  run = cli.run({"rulebook", "test", folder, "--file", "b", "--json"});
  CHECK(run.exit == 6);
  const auto json = parse_json(run.out);
  REQUIRE(json.has_value());
  CHECK((*json)["failed"] == 1);
  CHECK((*json)["nodes"] == 0);
  CHECK((*json)["scenarios"][0]["failure"]["node"] == "");
  CHECK((*json)["scenarios"][0]["failure"]["line"] == 8);
  CHECK((*json)["scenarios"][0]["failure"]["seen"] == "103.0");
  CHECK((*json)["scenarios"][0]["failure"]["entries"].size() == 2);
}

TEST_CASE("rulebook test: what cannot be run at all") {
  Cli cli;
  Written write(cli);
  CHECK(cli.run({"rulebook", "test"}).exit == 2);
  CHECK(cli.run({"rulebook", "test", cli.path("q"), "--nodes", "8"}).exit == 2);
  // The program under test here has no nodes to start.
  CHECK(first_line(cli.run({"rulebook", "test", cli.path("q"), "--nodes", "4"}).err) ==
        "error: --nodes: this program cannot start nodes [invalid_field]");
  CHECK(cli.run({"rulebook", "test", cli.path("absent")}).exit == 7);
  write("q/rulebook.json", qingzhen());
  CHECK(cli.run({"rulebook", "test", cli.path("q")}).exit == 8);
  write("q/scenarios/a.txt", kScenario);
  CHECK(cli.run({"rulebook", "test", cli.path("q"), "--file", "b.txt"}).exit == 8);
  write("q/rulebook.json", with(qingzhen(), "\"scale\": 1", "\"scale\": 9"));
  const Run run = cli.run({"rulebook", "test", cli.path("q")});
  CHECK(run.exit == 6);
  CHECK(write.short_paths(run.out) ==
        "q/rulebook.json:6:12: scale: is 9; expected a whole number from 0 to 6\n0 scenarios passed, 0 failed\n");
  CHECK(run.err == "error: the rulebook has mistakes, and no scenario was run [invalid_field]\n");
}

TEST_CASE("rulebook test --statements prints the language") {
  Cli cli;
  const Run run = cli.run({"rulebook", "test", "--statements"});
  CHECK(run.exit == 0);
  CHECK(run.out.find("\nWHO endorses CASE  ") != std::string::npos);
  CHECK(run.out.find("\nPOINTS ") != std::string::npos);
  const auto json = parse_json(cli.run({"rulebook", "test", "--statements", "--json"}).out);
  REQUIRE(json.has_value());
  CHECK((*json)["statements"].size() > 30);
}

}  // namespace tally::test
