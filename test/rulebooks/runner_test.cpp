// The runner of scenarios itself: what it must notice, with the exact words, and what it must not.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "contracts/accounts.h"
#include "rulebook/invariants.h"
#include "rulebook/scenario_run.h"
#include "rulebook/table_run.h"

namespace {

using namespace tally;
using namespace tally::rulebook;

std::string source_file(const std::string& path) {
  std::ifstream file(std::string(TALLY_SOURCE_DIR) + "/" + path);
  INFO(path);
  REQUIRE(file.good());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

const std::string kVillage =
    "unit yingshan county\n"
    "unit yingshan/ludishao village\n"
    "officer accountant in ludishao as recorder\n"
    "officer secretary in ludishao as endorser\n"
    "household wang in ludishao with key\n"
    "household li in ludishao\n"
    "account wang\n";

Ground ground() {
  Ground out;
  out.document = source_file("rulebooks/qingzhen/rulebook.json");
  out.id = "qingzhen";
  out.read_file = [](const std::string&) { return std::nullopt; };
  out.find_cast = [](const std::string& name) -> std::optional<Included> {
    if (name == "village") return Included{"village.cast", kVillage};
    if (name == "bad") return Included{"bad.cast", "unit yingshan county\nofficer x in yingshan as mayor\n"};
    return std::nullopt;
  };
  return out;
}

// After the village has begun.
std::string begun(const std::string& lines) {
  return "# A test\nuse village\non 2026-03-01\n" + lines;
}

std::string told(const ScenarioResult& result) {
  std::string out;
  for (const auto& mistake : result.mistakes) out += mistake.text() + "\n";
  return result.failure ? out + in_words(*result.failure) : out;
}

TEST_CASE("a scenario that holds passes, and is the same chain each time") {
  const auto text = begun("accountant awards wang QZ7 evidence c1\nexpect score wang 103\nafter 1 day\n");
  const auto result = run_scenario(ground(), "a.txt", text);
  CHECK(told(result) == "");
  CHECK(result.passed());
  CHECK(result.title == "A test");
  CHECK(result.statements == 11);
  CHECK(result.blocks == 3);
  CHECK(result.state_root == run_scenario(ground(), "a.txt", text).state_root);
  CHECK(result.state_root != run_scenario(ground(), "a.txt", text + "after 1 day\n").state_root);
}

struct Row {
  const char* lines;
  const char* told;
};

TEST_CASE("what is not as expected fails, and says what was expected and seen") {
  const Row rows[] = {
      {"accountant awards wang QZ7 evidence c1\nexpect score wang 104\n",
       "a.txt:5: expect score wang 104\n"
       "  expected: score of wang 104.0\n"
       "  seen: 103.0\n"
       "  entries of wang:\n"
       "    0   2026-03-01  opening               100.0   100.0\n"
       "    1   2026-03-01  award QZ7             3.0     103.0\n"},
      {"accountant awards wang QZ7\n",
       "a.txt:4: accountant awards wang QZ7\n"
       "  expected: it to be applied\n"
       "  seen: refused evidence_missing: QZ7: evidence is missing; expected the digest of the document\n"
       "  entries of wang:\n"
       "    0   2026-03-01  opening               100.0   100.0\n"},
      {"accountant awards wang QZ7 evidence c1 -> refused limit_reached\n",
       "a.txt:4: accountant awards wang QZ7 evidence c1 -> refused limit_reached\n"
       "  expected: refused limit_reached\n"
       "  seen: it was applied\n"
       "  entries of wang:\n"
       "    0   2026-03-01  opening               100.0   100.0\n"
       "    1   2026-03-01  award QZ7             3.0     103.0\n"},
      {"secretary awards wang QZ7 evidence c1 -> refused missing_role \"arbiter\"\n",
       "a.txt:4: secretary awards wang QZ7 evidence c1 -> refused missing_role \"arbiter\"\n"
       "  expected: refused missing_role, with \"arbiter\" in its message\n"
       "  seen: refused missing_role: QZ7: person secretary is endorser; expected the role recorder\n"
       "  entries of wang:\n"
       "    0   2026-03-01  opening               100.0   100.0\n"},
      {"acountant awards wang QZ7 evidence c1\n",
       "a.txt:4:1: acountant awards wang QZ7 evidence c1\n"
       "  expected: perhaps accountant\n"
       "  seen: there is no officer \"acountant\"\n"},
      {"li objects to breach reason \"x\"\n",
       "a.txt:4:15: li objects to breach reason \"x\"\n"
       "  expected: award, deduction or case; there is none yet\n"
       "  seen: there is no award, deduction or case \"breach\"\n"},
      {"expect score li 100\n",
       "a.txt:4:14: expect score li 100\n"
       "  expected: an account of li under qingzhen\n"
       "  seen: subject: has no account under qingzhen; expected a subject whose account is open\n"},
      {"expect gate wang loan fails\n",
       "a.txt:4: expect gate wang loan fails\n"
       "  expected: gate loan of wang fails\n"
       "  seen: 100.0 points, at or above 60.0\n"
       "  entries of wang:\n"
       "    0   2026-03-01  opening               100.0   100.0\n"},
      {"expect board wang hidden\n",
       "a.txt:4: expect board wang hidden\n"
       "  expected: wang on the notice board to be hidden\n"
       "  seen: shown\n"
       "  entries of wang:\n"
       "    0   2026-03-01  opening               100.0   100.0\n"},
      {"on 2026-02-28\n",
       "a.txt:4: on 2026-02-28\n"
       "  expected: a time from 2026-03-01T00:00:00Z on\n"
       "  seen: 2026-02-28T00:00:00Z: the clock never goes back\n"},
  };
  for (const auto& row : rows) {
    INFO(row.lines);
    const auto result = run_scenario(ground(), "a.txt", begun(row.lines));
    CHECK(!result.passed());
    CHECK(told(result) == row.told);
  }
}

TEST_CASE("the village itself may be wrong: the statement is named that set it up") {
  const auto result =
      run_scenario(ground(), "a.txt", "unit yingshan county\nunit yingshan/a/b village\non 2026-03-01\n");
  CHECK(told(result) ==
        "a.txt:2: unit yingshan/a/b village\n"
        "  expected: the village to be set up so\n"
        "  seen: is refused (not_registered) by rule register_unit: register_unit: unit \"yingshan/a\" is not "
        "registered; expected a registered unit\n");
}

TEST_CASE("people register, rulebooks stand side by side, and a new version is in force from its day on") {
  auto base = ground();
  base.read_file = [](const std::string& name) -> std::optional<std::string> {
    if (name == "drivers.json") return source_file("rulebooks/zhongshan-drivers/rulebook.json");
    if (name != "next.json") return std::nullopt;
    auto text = source_file("rulebooks/qingzhen/rulebook.json");
    const auto replace = [&](std::string_view from, std::string_view to) {
      const auto at = text.find(from);
      REQUIRE(at != std::string::npos);
      text.replace(at, from.size(), to);
    };
    replace("\"version\": 1", "\"version\": 2");
    replace("\"effective\": \"2026-01-01\"", "\"effective\": \"2026-04-01\"");
    replace("\"points\": \"3\"", "\"points\": \"4\"");
    return text;
  };
  const auto result = run_scenario(base, "a.txt",
                                   "use village\nofficer registrar in yingshan as registrar\n"
                                   "officer governor in yingshan as governor\nofficer deputy in yingshan as governor\n"
                                   "officer banker in yingshan as bank_officer\n"
                                   "person hua in ludishao with key\nrulebook drivers.json\nunder zhongshan-drivers\n"
                                   "account hua\non 2026-03-01\nexpect score hua 100.00\nunder qingzhen\n"
                                   "registrar registers household zhao in ludishao\nregistrar opens account zhao\n"
                                   "registrar with governor registers officer clerk in ludishao as recorder\n"
                                   "clerk awards zhao QZ7 evidence c1\nexpect score zhao 103\n"
                                   "governor proposes next.json as next\ndeputy approves next\nbanker approves next\n"
                                   "expect version 1\non 2026-04-01\n"
                                   "expect version 2\nclerk awards zhao QZ7 evidence c2\nexpect score zhao 107\n"
                                   "clerk awards zhao QZ7 evidence c3 dated 2026-03-31\nexpect score zhao 110\n"
                                   "clerk with hua awards zhao QZ7 evidence c1 -> refused limit_reached\n");
  CHECK(told(result) == "");
  CHECK(told(run_scenario(base, "a.txt", begun("accountant proposes ../absent.json\n"))) ==
        "a.txt:4:21: accountant proposes ../absent.json\n"
        "  expected: a file in the rulebook's folder\n"
        "  seen: \"../absent.json\" cannot be read\n");
}

// A shipped rulebook with its cast.
Ground shipped(const std::string& name) {
  Ground out;
  out.document = source_file("rulebooks/" + name + "/rulebook.json");
  out.id = name;
  out.read_file = [](const std::string&) { return std::nullopt; };
  out.find_cast = [name](const std::string& cast) -> std::optional<Included> {
    return Included{cast + ".cast", source_file("rulebooks/" + name + "/scenarios/" + cast + ".cast")};
  };
  return out;
}

TEST_CASE("lists, suspensions, consents and consultations can be expected too, and may not be as expected") {
  const std::string drivers =
      "use county\non 2026-03-02\ninspector with chief deducts lin ZD1 amount -3 evidence c1 reason \"x\"\nafter 7 "
      "days\n";
  CHECK(told(run_scenario(shipped("zhongshan-drivers"), "a.txt",
                          drivers + "expect standing lin dispatch yes until 2026-03-13\nafter 5 days\n"
                                    "expect standing lin dispatch no\nexpect asked lin 0\n")) == "");
  const auto failed = [](const ScenarioResult& result) {
    return result.failure ? result.failure->expected + " | " + result.failure->seen : told(result);
  };
  CHECK(failed(run_scenario(shipped("zhongshan-drivers"), "a.txt", drivers + "expect standing lin dispatch no\n")) ==
        "lin under dispatch: no | yes");
  CHECK(failed(run_scenario(shipped("zhongshan-drivers"), "a.txt", drivers + "expect standing lin black no\n")) ==
        "a list or a suspension of zhongshan-drivers | there is no \"black\"");
  CHECK(failed(run_scenario(shipped("zhongshan-drivers"), "a.txt", drivers + "expect grant lin dispatch 5\n")) ==
        "gate dispatch to grant lin 5.00 | none");
  const std::string town =
      "use town\non 2026-03-02\nsun agrees to be scored until 2027-03-01\n"
      "registrar opens account sun\n";
  CHECK(failed(run_scenario(shipped("rongcheng"), "a.txt",
                            town + "clerk asks star about sun reason \"the year's star\"\nexpect asked sun 2\n")) ==
        "times that somebody asked about sun: 2 | 1");
}

TEST_CASE("mistakes in a script: line, column, and what would be right") {
  const Row rows[] = {
      {"accountant award wang QZ7\n", "a.txt:4:12: finds \"award\"; expected perhaps awards\n"},
      {"accountant awards wang\n", "a.txt:4:23: ends too early; expected a rule's code\n"},
      {"accountant awards wang QZ9 quantity many\n", "a.txt:4:37: finds \"many\"; expected a whole number\n"},
      {"会计 awards wang QZ7 evidence 合同 reason\n", "a.txt:4:38: ends too early; expected words in quotes\n"},
      {"on 2026-02-30\n",
       "a.txt:4:4: finds \"2026-02-30\"; expected a day that exists, such as 2026-03-01, or a time such as "
       "2026-03-01T08:00:00Z\n"},
      {"expct score wang 3\n", "a.txt:4:1: \"expct\" begins no statement; expected perhaps expect\n"},
      {"expect score wang 3 4\n", "a.txt:4:21: finds \"4\"; expected in or the end of the line\n"},
      {"expect gate wang loan maybe\n", "a.txt:4:23: finds \"maybe\"; expected passes or fails\n"},
      {"household zhao in ludishao\n",
       "a.txt:4:1: stands after the first `on`; expected the village to be set up before its time begins\n"},
      {"accountant awards wang QZ7 reason \"open\\\n",
       "a.txt:4:35: the text in quotes is not closed; expected another \" on the same line\n"},
      {"accountant awards wang QZ7 -> refused limit_reachd\n",
       "a.txt:4:39: \"limit_reachd\" is no code of a refusal; expected perhaps limit_reached\n"},
      {"accountant awards wang QZ7 -> applied\n",
       "a.txt:4:31: does not say what becomes of it; expected refused CODE after ->\n"},
      {"expect score wang 3 -> refused limit_reached\n",
       "a.txt:4:21: only transactions are refused; expected a statement of an officer or a household before ->\n"},
      {"use nobody\n", "a.txt:4:5: there is no cast \"nobody\"; expected a file nobody.cast beside this one\n"},
      {"use village\n", "a.txt:4:5: \"village\" is in use already; expected each cast once\n"},
      {"", ""},
  };
  for (const auto& row : rows) {
    INFO(row.lines);
    CHECK(told(run_scenario(ground(), "a.txt", begun(row.lines))) == row.told);
  }
  CHECK(told(run_scenario(ground(), "a.txt", "use village\n")) ==
        "a.txt:1:1: the chain never begins; expected a line such as on 2026-03-01\n");
  CHECK(told(run_scenario(ground(), "a.txt", "use village\nexpect score wang 3\non 2026-03-01\n")) ==
        "a.txt:2:1: stands before the first `on`; expected a line such as on 2026-03-01 before it, which begins the "
        "chain\n");
  CHECK(told(run_scenario(ground(), "a.txt", "use bad\non 2026-03-01\n"))
            .starts_with("bad.cast:2:26: finds \"mayor\"; expected one of registrar, recorder, endorser, "));
}

TEST_CASE("all mistakes of a script are told at once, and nothing runs") {
  const auto result = run_scenario(ground(), "a.txt", begun("nonsense\nexpect score wang x\non 2026-13-01\n"));
  CHECK(result.mistakes.size() == 3);
  CHECK(result.statements == 0);
}

TEST_CASE("what falls due happens at its time, however far the clock leaps") {
  const auto result = run_scenario(
      ground(), "a.txt",
      begun("accountant with secretary deducts wang QZ3 evidence c1 reason \"x\" as breach\nafter 70 months\n"
            "expect case breach expired\nexpect entries wang 3\nexpect score wang 0\n"));
  REQUIRE(result.failure);
  CHECK(result.failure->seen == "100.0");
  REQUIRE(result.failure->entries.size() == 3);
  CHECK(result.failure->entries[1] == "1   2026-03-11  deduction QZ3         -10.0   90.0");
  CHECK(result.failure->entries[2] == "2   2031-03-01  expiry QZ3            10.0    100.0");
}

// A world in which an award was made.
struct Played {
  Played() : world(base.document, base.id, base.read_file), script(read_script("a.txt", text(), base.find_cast)) {
    for (const auto& line : script.lines) {
      world.enter(line);
      line.statement->run(world, line.match);
    }
  }
  static std::string text() { return begun("accountant awards wang QZ7 evidence c1\nafter 1 day\n"); }
  // What nothing but a broken engine could do.
  void change(const std::function<void(contracts::AccountRecord&)>& by) {
    const auto key = contracts::account_key(world.accounts().front());
    auto record = decode<contracts::AccountRecord>(*world.reader().get(storage::Column::state, key).value()).value();
    by(record);
    storage::WriteBatch batch;
    batch.put(storage::Column::state, key, encode(record));
    auto& store = const_cast<storage::Store&>(dynamic_cast<const storage::Store&>(world.reader()));
    REQUIRE(store.write(batch, storage::Sync::no).has_value());
  }

  Ground base = ground();
  World world;
  Script script;
};

TEST_CASE("invariants notice accounts that do not hold together") {
  struct Broken {
    std::function<void(contracts::AccountRecord&)> change;
    std::string told;
  };
  const Broken rows[] = {
      {[](auto&) {}, ""},
      {[](auto& record) { record.score = Amount{1040}; }, "its score is 104.0, and its entries add up to 103.0"},
      {[](auto& record) { record.history.bytes[0] ^= 1; }, "the digest chain over its entries is not the one it keeps"},
      {[](auto& record) { record.open_cases = 1; }, "0 cases are open, and it says 1"},
  };
  for (const auto& row : rows) {
    Played played;
    played.change(row.change);
    CHECK(broken_invariant(played.world) ==
          (row.told.empty() ? "" : "account of wang in book credit of qingzhen: " + row.told));
    CHECK(broken_replay(played.world) == "");
  }
}

TEST_CASE("every statement is told apart by its example, and says what it does") {
  std::vector<Grammar> grammars;
  for (const auto& statement : statements()) grammars.emplace_back(statement.form);
  for (std::size_t i = 0; i < grammars.size(); ++i) {
    const auto& statement = statements()[i];
    INFO(statement.form);
    CHECK(!statement.does.empty());
    CHECK((statement.run == nullptr) == (statement.phase == Phase::include));
    const std::string before =
        statement.phase == Phase::setup || statement.phase == Phase::any ? "" : "on 2026-01-01\n";
    const auto script = read_script("a.txt", before + std::string(statement.example) + "\non 2026-01-02\n",
                                    [](const std::string&) { return std::nullopt; });
    if (statement.phase == Phase::include) continue;
    for (const auto& mistake : script.mistakes) FAIL(mistake.text());
    CHECK(script.lines[before.empty() ? 0 : 1].statement == &statement);
  }
}

TEST_CASE("every statement is documented") {
  const auto document = source_file("docs/scenarios.md");
  INFO(statements_as_markdown());
  CHECK(document.find(statements_as_markdown()) != std::string::npos);
  INFO(slots_as_markdown());
  CHECK(document.find(slots_as_markdown()) != std::string::npos);
}

TEST_CASE("a table of money rules: each row by itself, with the exact change") {
  const std::string head = "# Rules\nuse village\non 2026-03-01\n";
  const Row rows[] = {
      {"accountant awards wang QZ7 evidence a | +3\naccountant awards wang QZ7 evidence a | +3.0\n", ""},
      {"accountant with secretary deducts wang QZ3 evidence a reason \"x\" | -10\n", ""},
      {"accountant awards wang QZ7 | refused evidence_missing\n", ""},
      {"accountant awards wang QZ7 evidence a | +2\n",
       "a.table:4: accountant awards wang QZ7 evidence a\n"
       "  expected: a change of 2.0\n"
       "  seen: 3.0\n"
       "  entries of wang:\n"
       "    0   2026-03-01  opening               100.0   100.0\n"
       "    1   2026-03-01  award QZ7             3.0     103.0\n"},
      {"accountant awards wang QZ7 evidence a | refused limit_reached\n",
       "a.table:4: accountant awards wang QZ7 evidence a -> refused limit_reached\n"
       "  expected: refused limit_reached\n"
       "  seen: it was applied\n"
       "  entries of wang:\n"
       "    0   2026-03-01  opening               100.0   100.0\n"
       "    1   2026-03-01  award QZ7             3.0     103.0\n"},
      {"\naccountant award wang QZ7 | +3\n", "a.table:5:12: finds \"award\"; expected perhaps awards\n"},
      {"", "a.table:1:1: has no row; expected rows such as: accountant awards wang QZ7 | +3\n"},
  };
  for (const auto& row : rows) {
    INFO(row.lines);
    CHECK(told(run_table(ground(), "a.table", head + row.lines)) == row.told);
  }
}

}  // namespace
