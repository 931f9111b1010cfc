// Cases of workflows on the command line: opened, acted in, allocated, paid, and read back.
#include <fstream>
#include <sstream>

#include "common/json.h"
#include "tally_cli/harness.h"

namespace tally::test {

namespace {

using namespace contracts;

const std::string kWang = "0123456789abcdef0123456789abcdef";
const std::string kLi = "abcdef0123456789abcdef0123456789";
const std::string kEvidence(64, 'a');

std::string relief_document() {
  std::ifstream in(std::string(TALLY_SOURCE_DIR) + "/test/support/relief_rulebook.json");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

Bytes family(const std::string& handle, const char* key) {
  RegisterSubject out;
  out.subject = *SubjectHandle::from_hex(handle);
  out.unit = kUnit;
  out.commitment = *Digest::from_hex(kEvidence);
  out.key = named_key(key).public_key();
  return encode_operation(out);
}

ledger::Genesis relief_genesis() {
  auto out = village_genesis();
  out.operations.push_back(encode_operation(DeployRulebook{relief_document()}));
  out.operations.push_back(family(kWang, "wang"));
  out.operations.push_back(family(kLi, "li"));
  for (const auto& handle : {kWang, kLi})
    out.operations.push_back(encode_operation(OpenAccount{"relief", *SubjectHandle::from_hex(handle)}));
  return out;
}

struct Office {
  OneNode node{relief_genesis()};
  Cli cli;

  Office() {
    cli.node = &node;
    cli.environment["TALLY_PASSPHRASE_FILE"] = cli.passphrase_file();
    cli.environment["TALLY_COSIGN_PASSPHRASE_FILE"] = cli.passphrase_file();
  }
  Run as(const std::string& person, std::vector<std::string> arguments) {
    cli.environment["TALLY_KEY"] = cli.key_file(person);
    return cli.run(arguments);
  }
  void must(const std::string& person, std::vector<std::string> arguments) {
    const Run run = as(person, std::move(arguments));
    INFO(run.err);
    REQUIRE(run.exit == 0);
  }
  std::vector<std::string> opening(const std::string& workflow, const std::string& subject,
                                   std::vector<std::string> more = {}) {
    std::vector<std::string> out = {"submit",     "open-case", "--rulebook", "relief",
                                    "--workflow", workflow,    "--subject",  subject};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  // Case 1 is a day, case 2 a duty of wang.
  void sign_up() {
    must("accountant", opening("day", kLi, {"--set", "place=the east field"}));
    must("wang", opening("duty", kWang, {"--set", "hours=6", "--link", "day=1"}));
  }
};

// The last line: what became of the operation.
std::string outcome(const Run& run) {
  const auto end = run.out.find_last_not_of('\n');
  const auto line = run.out.rfind('\n', end);
  return run.out.substr(line + 1, end - line);
}

}  // namespace

TEST_CASE("a case is opened and acted in, and each receipt says where it stands") {
  Office office;
  const Run day = office.as("accountant", office.opening("day", kLi, {"--set", "place=here"}));
  INFO(day.err);
  CHECK(outcome(day) == "open_case  ok       case 1, now planned, goes on by itself 2026-03-31T08:00:00.001Z");
  const Run duty = office.as("wang", office.opening("duty", kWang, {"--set", "hours=6", "--link", "day=1"}));
  CHECK(outcome(duty) ==
        "open_case  ok       case 2, now joined, goes on by itself 2026-03-03T08:00:00.002Z, case 1: join");
  const std::vector<std::string> confirm = {"submit", "act",           "2",          "confirm",
                                            "--set",  "helper=" + kLi, "--evidence", kEvidence};
  const Run first = office.as("accountant", confirm);
  INFO(first.err);
  CHECK(outcome(first).find("case 2, 1 more must sign the same act with the same values") != std::string::npos);
  const Run second = office.as("secretary", confirm);
  INFO(second.err);
  CHECK(outcome(second) ==
        "act_case   ok       case 2, now done, goes on by itself 2026-04-30T08:00:00.002Z, award HELP of 20 in "
        "smallest units, obligation 1 of 75.00 yuan");
}

TEST_CASE("what the rulebook does not have is said before anything is sent") {
  Office office;
  struct Row {
    std::vector<std::string> arguments;
    std::string told;
  };
  for (const Row& row : std::vector<Row>{
           {office.opening("dutty", kWang), "--workflow: is \"dutty\", which relief does not have [invalid_field]"},
           {office.opening("duty", kWang, {"--set", "hour=6"}),
            "--set: names \"hour\", which the opener of duty does not give [invalid_field]"},
           {office.opening("duty", kWang, {"--set", "hours"}), "--set: is \"hours\" [invalid_field]"},
           {office.opening("duty", kWang, {"--set", "hours=9"}), "--set: hours is 9 [invalid_field]"},
           {office.opening("duty", kWang), "--set: does not give hours [invalid_field]"},
           {office.opening("duty", kWang, {"--set", "hours=6", "--link", "days=1"}),
            "--link: names \"days\", which is no link of duty [invalid_field]"},
           {office.opening("duty", kWang, {"--set", "hours=6", "--link", "day=x"}),
            "--link day: is \"x\" [invalid_field]"},
           {{"submit", "act", "seven", "confirm"}, "CASE: is \"seven\" [invalid_field]"},
           {{"submit", "allocate", "--rulebook", "relief", "--queue", "belief", "--unit", kUnit},
            "--queue: is \"belief\", which relief does not have [invalid_field]"},
           {{"submit", "allocate", "--rulebook", "relief", "--queue", "relief", "--unit", kUnit, "--pool", "1.234"},
            "--pool: is \"1.234\" [invalid_field]"},
           {{"submit", "settle", "x", "--evidence", kEvidence}, "OBLIGATION: is \"x\" [invalid_field]"}}) {
    const Run run = office.as("wang", row.arguments);
    CHECK(run.exit == 2);
    CHECK(first_line(run.err) == "error: " + row.told);
  }
  CHECK(office.node.posts == 0);
}

TEST_CASE("query case shows a workflow's case in words: state, fields, what may be done, history") {
  Office office;
  office.sign_up();
  const Run run = office.as("accountant", {"query", "case", "2"});
  INFO(run.err);
  REQUIRE(run.exit == 0);
  INFO(run.out);
  for (const char* text :
       {"duty  值勤 (duty)", "joined  已报名 (signed up)", "2026-03-03T08:00:00.002Z to missed  缺席 (missed)",
        "day is case 1", "hours   小时 (hours)", "0 values",
        "confirm  确认 (confirm)  recorder  done      helper  evidence, 1 more to sign (endorser)",
        "blame    批评 (blame)    recorder                    evidence, a reason", "hours=6", "case 1: join"})
    CHECK(run.out.find(text) != std::string::npos);
  const auto json = parse_json(office.as("accountant", {"query", "case", "2", "--json"}).out).value();
  CHECK(json["work"]["state"] == "joined");
  CHECK(json["history"]["acts"][0]["act"]["act"] == "open");
  CHECK(office.as("accountant", {"query", "case", "7"}).exit != 0);
}

TEST_CASE("query case and cases show deductions beside cases of workflows") {
  Office office;
  office.sign_up();
  office.must("accountant", {"submit", "act", "2", "blame", "--evidence", kEvidence, "--reason", "an hour late"});
  const Run deduction = office.as("accountant", {"query", "case", "3"});
  INFO(deduction.err);
  CHECK(deduction.out.find("LATE  迟到 (came late)") != std::string::npos);
  const Run unit = office.as("accountant", {"query", "cases", "--unit", kUnit});
  INFO(unit.err);
  CHECK(unit.out ==
        "case  state                       rulebook  of    subject                           until\n"
        "   3  proposed                    relief    LATE  " +
            kWang +
            "  2026-03-31T08:00:00.003Z\n"
            "   2  joined  已报名 (signed up)  relief    duty  " +
            kWang +
            "  2026-03-03T08:00:00.002Z\n"
            "   1  planned  计划 (planned)     relief    day   " +
            kLi + "  2026-03-31T08:00:00.001Z\n");
  const Run subject = office.as("wang", {"query", "cases", kWang, "--open"});
  INFO(subject.err);
  CHECK(subject.out.find("   3  proposed") != std::string::npos);
  CHECK(subject.out.find("   1  planned") == std::string::npos);
  const Run neither = office.as("wang", {"query", "cases"});
  CHECK(neither.exit == 2);
  CHECK(first_line(neither.err) == "error: SUBJECT: is missing [invalid_field]");
}

TEST_CASE("a queue is read and served, what it owes is read and settled") {
  Office office;
  office.must("wang", office.opening("claim", kWang, {"--set", "loss=100"}));
  office.must("li", office.opening("claim", kLi, {"--set", "loss=200.50"}));
  const Run queue = office.as("accountant", {"query", "queue", "relief", "relief", "--unit", kUnit});
  INFO(queue.err);
  CHECK(queue.out == "place  case  state  subject\n    1     2\n    2     1\n");
  const Run served = office.as("accountant", {"submit", "allocate", "--rulebook", "relief", "--queue", "relief",
                                              "--unit", kUnit, "--pool", "250"});
  INFO(served.err);
  CHECK(outcome(served) == "allocate   ok       case 2: serve with 200.50, obligation 1 of 200.50 yuan");
  const Run owed = office.as("li", {"query", "obligations", kLi});
  INFO(owed.err);
  CHECK(owed.out ==
        "obligation  title            amount  unit  state  due                       paid  case\n"
        "         1  救助金 (relief)  200.50  yuan  owed   2026-03-11T08:00:00.003Z           2\n");
  office.must("accountant", {"submit", "settle", "1", "--evidence", kEvidence});
  const Run paid = office.as("li", {"query", "obligations", kLi});
  CHECK(paid.out.find("paid") != std::string::npos);
  const Run again = office.as("accountant", {"submit", "settle", "1", "--evidence", kEvidence});
  CHECK(again.exit == 5);
  CHECK(again.err.find("[wrong_state]") != std::string::npos);
  const Run notices = office.as("wang", {"query", "notices", kWang});
  CHECK(notices.exit == 0);
  CHECK(notices.err == "no rows\n");
}

}  // namespace tally::test
