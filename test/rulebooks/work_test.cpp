// Scenarios about workflows: every statement, and what it says when things are not as expected.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "rulebook/scenario_run.h"

namespace {

using namespace tally;
using namespace tally::rulebook;

const std::string kVillage =
    "unit yingshan county\n"
    "unit yingshan/ludishao village\n"
    "officer accountant in ludishao as recorder\n"
    "officer secretary in ludishao as endorser\n"
    "officer banker in yingshan as bank_officer\n"
    "household wang in ludishao with key\n"
    "household li in ludishao with key\n"
    "household zhao in ludishao\n"
    "account wang\n"
    "account li\n"
    "on 2026-03-01\n";

Ground ground() {
  std::ifstream file(std::string(TALLY_SOURCE_DIR) + "/test/support/relief_rulebook.json");
  std::ostringstream text;
  text << file.rdbuf();
  Ground out;
  out.document = text.str();
  out.id = "relief";
  out.read_file = [](const std::string&) { return std::nullopt; };
  out.find_cast = [](const std::string& name) -> std::optional<Included> {
    return name == "village" ? std::optional(Included{"village.cast", kVillage}) : std::nullopt;
  };
  return out;
}

std::string told(const std::string& lines) {
  const auto result = run_scenario(ground(), "a.txt", "use village\n" + lines);
  std::string out;
  for (const auto& mistake : result.mistakes) out += mistake.text() + "\n";
  return result.failure ? out + in_words(*result.failure) : out;
}

TEST_CASE("a duty goes from sign-up to its marks, with a linked case, values, two signers and a payment") {
  CHECK(told("accountant starts day for zhao giving place=\"the east field\" as dike\n"
             "wang starts duty for wang linked day=dike giving hours=6 as duty-1\n"
             "expect state duty-1 joined\n"
             "expect field dike helpers 1\n"
             "expect field dike place \"the east field\"\n"
             "expect field duty-1 hours 6.00\n"
             "expect field duty-1 helper none\n"
             "expect field duty-1 begins 2026-03-01\n"
             "wang does confirm in duty-1 giving helper=li evidence photo -> refused same_person \"its own case\"\n"
             "accountant does confirm in duty-1 giving helper=li -> refused evidence_missing\n"
             "accountant does confirm in duty-1 giving helper=li evidence photo\n"
             "expect state duty-1 joined\n"
             "secretary does confirm in duty-1 giving helper=li evidence photo\n"
             "expect state duty-1 done\n"
             "expect field duty-1 helper li\n"
             "expect score wang 102\n"
             "expect owed wang 75\n"
             "expect owed wang 75.00 in yuan\n"
             "expect owed li 0\n"
             "expect field duty-1 marks none\n"
             "li does rate in duty-1 giving marks=4\n"
             "li does rate in duty-1 giving marks=4 -> refused limit_reached\n"
             "expect field duty-1 marks 4\n"
             "banker settles payment 1 of wang -> refused evidence_missing\n"
             "banker settles payment 1 of wang evidence transfer-1\n"
             "expect owed wang 0\n"
             "accountant does count in duty-1\n"
             "expect cases wang duty counted 1\n"
             "expect cases wang duty joined 0\n"
             "accountant does hold in dike reason \"it rained\"\n"
             "expect state dike held\n") == "");
}

TEST_CASE("several persons may sign one act") {
  CHECK(told("accountant starts day for zhao giving place=here as dike\n"
             "wang starts duty for wang linked day=dike giving hours=1 as duty-1\n"
             "accountant with secretary does confirm in duty-1 giving helper=li evidence photo\n"
             "expect state duty-1 done\n") == "");
}

TEST_CASE("a deduction that an act proposes gets its name, and goes its own course") {
  CHECK(told("accountant starts day for zhao giving place=here as dike\n"
             "wang starts duty for wang linked day=dike giving hours=1 as duty-1\n"
             "accountant does blame in duty-1 evidence list reason \"an hour late\" as late\n"
             "expect case late proposed\n"
             "secretary endorses late\n"
             "after 10 days\n"
             "expect case late effective\n"
             "expect score wang 95\n"
             "expect state duty-1 missed\n"
             "expect notices wang 1\n"
             "call repair-1 the last repair of wang\n"
             "expect state repair-1 begun\n") == "");
}

TEST_CASE("a queue is served in its order while the pool lasts") {
  CHECK(told("expect queue relief in ludishao nobody\n"
             "wang starts claim for wang giving loss=100 as claim-1\n"
             "li starts claim for li giving loss=250 as claim-2\n"
             "accountant starts claim for zhao giving loss=200.50 as claim-3\n"
             "expect queue relief in ludishao claim-2 claim-3 claim-1\n"
             "accountant allocates relief in ludishao pool 455\n"
             "expect state claim-2 served\n"
             "expect state claim-3 served\n"
             "expect owed zhao 200.5\n"
             "expect queue relief in yingshan claim-1\n"
             "expect cases wang claim waiting 1\n"
             "after 90 days\n"
             "expect state claim-1 lapsed\n"
             "expect queue relief in ludishao nobody\n") == "");
}

struct Row {
  const char* lines;
  const char* told;
};

TEST_CASE("what is not as expected says what was expected and seen") {
  const std::string before = "accountant starts claim for wang giving loss=100 as claim-1\n";
  const Row rows[] = {
      {"expect state claim-1 served\n",
       "a.txt:3: expect state claim-1 served\n"
       "  expected: case claim-1 served\n  seen: waiting\n"},
      {"expect field claim-1 loss 99\n",
       "a.txt:3: expect field claim-1 loss 99\n"
       "  expected: field loss of claim-1 99\n  seen: 100\n"},
      {"expect field claim-1 lost 99\n",
       "a.txt:3:22: expect field claim-1 lost 99\n"
       "  expected: one of loss, got\n  seen: claim has no field \"lost\"\n"},
      {"expect field claim-1 loss much\n",
       "a.txt:3:27: expect field claim-1 loss much\n"
       "  expected: a number of at most 6 decimals, such as 1.50\n  seen: loss is \"much\"\n"},
      {"expect queue relief in ludishao nobody\n",
       "a.txt:3: expect queue relief in ludishao nobody\n"
       "  expected: queue relief nobody\n  seen: claim-1\n"},
      {"expect queue belief in ludishao nobody\n",
       "a.txt:3:14: expect queue belief in ludishao nobody\n"
       "  expected: one of relief\n  seen: there is no queue \"belief\"\n"},
      {"expect cases wang claim lost 1\n",
       "a.txt:3:25: expect cases wang claim lost 1\n"
       "  expected: a state of claim\n  seen: there is no \"lost\"\n"},
      {"banker settles payment 1 of wang evidence x\n",
       "a.txt:3:24: banker settles payment 1 of wang evidence x\n"
       "  expected: an obligation\n  seen: wang has 0 obligations\n"},
      {"call repair-1 the last repair of zhao\n",
       "a.txt:3: call repair-1 the last repair of zhao\n"
       "  expected: zhao to have a case of repair\n  seen: there is none\n"},
      {"accountant reverses claim-1 reason \"x\"\n",
       "a.txt:3:21: accountant reverses claim-1 reason \"x\"\n"
       "  expected: an award or a deduction\n  seen: \"claim-1\" is a workflow's case\n"},
      {"accountant allocates relief in ludishao pool much\n",
       "a.txt:3:46: accountant allocates relief in ludishao pool much\n"
       "  expected: a number with at most 2 decimals, such as 3\n  seen: is \"much\"\n"},
  };
  for (const auto& row : rows) {
    INFO(row.lines);
    CHECK(told(before + row.lines) == row.told);
  }
}

TEST_CASE("an act that others must sign first cannot be named yet") {
  CHECK(told("accountant starts day for zhao giving place=here as dike\n"
             "wang starts duty for wang linked day=dike giving hours=1 as duty-1\n"
             "accountant does confirm in duty-1 giving helper=li evidence photo as x\n") ==
        "a.txt:4:70: accountant does confirm in duty-1 giving helper=li evidence photo as x\n"
        "  expected: a name where the last of them signs\n  seen: 1 more must sign before it happens\n");
}

TEST_CASE("mistakes of writing lists are told where they are") {
  const Row rows[] = {
      {"wang starts duty for wang giving hours 6\n",
       "a.txt:2:34: finds \"hours\"; expected a field and its value, such as hours=6\n"},
      {"wang starts duty for wang giving hours=6 evidense x\n",
       "a.txt:2:42: finds \"evidense\"; expected perhaps evidence\n"},
      {"wang starts duty for wang linked day giving hours=6\n",
       "a.txt:2:34: finds \"day\"; expected a link and the name of a case, such as activity=dike\n"},
      {"wang starts day for wang giving place=\"the field\n",
       "a.txt:2:33: the text in quotes is not closed; expected another \" on the same line\n"},
      {"wang with li does\n", "a.txt:2:18: ends too early; expected the code of an act of the case's workflow\n"},
  };
  for (const auto& row : rows) {
    INFO(row.lines);
    CHECK(told(row.lines) == row.told);
  }
}

}  // namespace
