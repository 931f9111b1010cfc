// Sheets: every mistake by row and column, nothing sent unless all rows are in order.

#include "common/json.h"
#include "tally_cli/harness.h"

namespace tally::test {

namespace {

const std::string kHandle = "0123456789abcdef0123456789abcdef";
const std::string kEvidence(64, 'a');

struct MistakeRow {
  std::string cells;     // below "subject,rule,quantity,amount,event_time,reason,evidence,kind"
  std::string expected;  // behind "sheet.csv: row 2"
};

// $H is a handle, $E the digest of evidence.
const std::vector<MistakeRow> kMistakes = {
    {"abc,QZ9,4,,2026-02-20,,$E,",
     ", column subject: is \"abc\"; expected a handle of 32 lower-case hexadecimal digits"},
    {",QZ9,4,,2026-02-20,,$E,", ", column subject: is empty; expected a handle of 32 lower-case hexadecimal digits"},
    {"$H,QZ99,4,,2026-02-20,,$E,",
     ", column rule: is \"QZ99\"; expected a rule of qingzhen: QZ3, QZ3-court, QZ4, QZ5, QZ6, QZ7, QZ8, QZ9"},
    {"$H,QZ9,four,,2026-02-20,,$E,", ", column quantity: is \"four\"; expected a whole number of at least 1"},
    {"$H,QZ9,0,,2026-02-20,,$E,", ", column quantity: is \"0\"; expected a whole number of at least 1"},
    {"$H,QZ9,-4,,2026-02-20,,$E,", ", column quantity: is \"-4\"; expected a whole number of at least 1"},
    {"$H,QZ9,,,2026-02-20,,$E,", ", column quantity: is empty; expected how many hours (小时)"},
    {"$H,QZ9,5,,2026-02-20,,$E,",
     ", column quantity: quantity 5 is not a whole number of 4 hours; expected a quantity "},
    {"$H,QZ7,2,,2026-02-20,,$E,", ", column quantity: quantity is 2; expected 1: the rule does not count a quantity"},
    {"$H,QZ7,,3,2026-02-20,,$E,", ", column amount: an amount of 3.0 was given; expected no amount: the rule fixes it"},
    {"$H,QZ7,,1.25,2026-02-20,,$E,",
     ", column amount: is \"1.25\"; expected a number with at most 1 decimals, such as 3"},
    {"$H,QZ7,,,20.2.2026,,$E,",
     ", column event_time: is \"20.2.2026\"; expected a UTC time such as 2026-03-01 or 2026-03-01T08:00:00Z"},
    {"$H,QZ7,,,2026-03-02,,$E,",
     ", column event_time: is \"2026-03-02\"; expected a time that is past; the chain's clock says "
     "2026-03-01T08:00:00Z"},
    {"$H,QZ7,,,2024-01-01,,$E,",
     ", column event_time: is \"2024-01-01\"; expected a time since 2025-01-25T08:00:00Z: the rulebook looks back 400 "
     "days"},
    {"$H,QZ7,,,2026-02-20,,,",
     ", column evidence: is empty; expected a digest, file:NAME or a document's name: rule QZ7 asks for it"},
    {"$H,QZ3,,,2026-02-20,,$E,", ", column reason: is empty; expected a reason: rule QZ3 asks for one"},
    {"$H,QZ7,,,2026-02-20,,$E,deduct", ", column kind: is \"deduct\"; expected award, as rule QZ7 is"},
    {"$H,QZ7,,,2026-02-20,,file:absent.pdf,",
     ", column evidence: is \"file:absent.pdf\", and the file cannot be read (No such file or directory); expected a "
     "file "
     "that can be read"},
    {"$H,QZ7,,", ": has 4 cells; expected 8, one for each column"},
};

std::string filled(std::string text) {
  for (auto at = text.find("$H"); at != text.npos; at = text.find("$H")) text.replace(at, 2, kHandle);
  for (auto at = text.find("$E"); at != text.npos; at = text.find("$E")) text.replace(at, 2, kEvidence);
  return text;
}

constexpr const char* kHeader = "subject,rule,quantity,amount,event_time,reason,evidence,kind\n";

struct Village {
  Village() {
    cli.node = &node;
    cli.environment = {{"HOME", cli.path("")},
                       {"TALLY_KEY", cli.key_file("accountant")},
                       {"TALLY_PASSPHRASE_FILE", cli.passphrase_file()},
                       {"TALLY_RULEBOOK", "qingzhen"}};
  }
  void register_subject(const std::string& handle) {
    const Run run = cli.run({"submit", "register-subject", "--subject", handle, "--unit", kUnit, "--commitment",
                             kEvidence, "--open-account", "qingzhen"});
    INFO(run.err << run.out);
    REQUIRE(run.exit == 0);
  }
  Run sheet(const std::string& text, std::vector<std::string> more = {}) {
    const std::string file = cli.write("sheet.csv", text);
    std::vector<std::string> arguments = {"submit", "sheet", file};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return cli.run(arguments);
  }

  OneNode node;
  Cli cli;
};

}  // namespace

TEST_CASE("each mistake of a sheet has its exact text, and nothing is sent") {
  Village village;
  for (const auto& row : kMistakes) {
    const Run run = village.sheet(filled(kHeader + row.cells + "\n"));
    INFO(run.err);
    CHECK(run.exit == 7);
    CHECK(run.out.empty());
    CHECK(run.err.find("sheet.csv: row 2" + row.expected) != std::string::npos);
    CHECK(run.err.find("sheet.csv has 1 mistake; nothing was sent [invalid_field]") != std::string::npos);
  }
  CHECK(village.node.posts == 0);
}

TEST_CASE("a bad row far below is named by its number in a spreadsheet") {
  Village village;
  std::string text = kHeader;
  for (int i = 0; i < 135; ++i) text += filled("$H,QZ9,4,,2026-02-20,,doc " + std::to_string(i) + ",\n");
  text += filled("$H,QZ9,x,,2026-02-20,,$E,\n");
  const Run run = village.sheet(text);
  CHECK(run.exit == 7);
  CHECK(run.err.find("sheet.csv: row 137, column quantity: is \"x\"; expected a whole number of at least 1\n") !=
        std::string::npos);
}

TEST_CASE("the first twenty mistakes are listed, the rest is counted") {
  Village village;
  std::string text = kHeader;
  for (int i = 0; i < 25; ++i) text += filled("$H,QZ9,x,,2026-02-20,,$E,\n");
  const Run run = village.sheet(text);
  CHECK(run.err.find("sheet.csv has 25 mistakes; nothing was sent") != std::string::npos);
  CHECK(run.err.find("row 21,") != std::string::npos);
  CHECK(run.err.find("row 22,") == std::string::npos);
  CHECK(run.err.find("and 5 more") != std::string::npos);
}

TEST_CASE("mistakes of the header") {
  Village village;
  struct Row {
    std::string header;
    std::string expected;
  };
  const std::vector<Row> rows = {
      {"subject,rule", "row 1, column event_time: is missing; expected a column subject, rule and event_time each"},
      {"subject,rule,event_time,points",
       "row 1, column points: is not a known column; expected one of subject, rule, quantity, amount, event_time, "
       "reason, evidence, kind"},
      {"subject,rule,event_time,rule", "row 1, column rule: stands twice in the header; expected each column once"},
  };
  for (const auto& row : rows) {
    const Run run = village.sheet(row.header + "\n");
    INFO(run.err);
    CHECK(run.exit == 7);
    CHECK(run.err.find("sheet.csv: " + row.expected + "\n") != std::string::npos);
  }
  CHECK(village.sheet(kHeader).err.find("row 2: there are no rows") != std::string::npos);
}

TEST_CASE("a dry run tells what a sheet says without key, node or network") {
  Village village;
  village.cli.environment.erase("TALLY_KEY");
  village.cli.node = nullptr;
  const std::string rulebook = village.cli.write("rulebook.json", qingzhen_document());
  const Run run = village.sheet(filled("rule,subject,event_time,quantity,evidence,reason\n"
                                       "QZ9,$H,2026-02-20,8,帮扶记录,\nQZ3,$H,2026-02-21,,$E,毁约\n"),
                                {"--dry-run", "--rulebook-file", rulebook});
  INFO(run.err);
  CHECK(run.exit == 0);
  CHECK(run.out ==
        "row  operation  subject                           rule  points\n"
        "  2  award      0123456789abcdef0123456789abcdef  QZ9      2.0\n"
        "  3  deduct     0123456789abcdef0123456789abcdef  QZ3    -10.0\n");
}

TEST_CASE("a sheet is sent as one transaction whose rows stand for themselves") {
  Village village;
  village.register_subject(kHandle);
  const std::uint64_t before = village.node.posts;
  const Run run = village.sheet(filled(std::string(kHeader) + "$H,QZ9,4,,2026-02-20,,$E,\n" +
                                       "ffffffffffffffffffffffffffffffff,QZ9,4,,2026-02-20,,$E,\n"));
  CHECK(village.node.posts == before + 1);
  CHECK(run.exit == 5);
  CHECK(run.out.find("row 2      ok              +1.0 points, score now 101.0, entry 1\n") != std::string::npos);
  CHECK(run.out.find("row 3      not_registered  refused [not_registered]") != std::string::npos);
  CHECK(run.err.find("error: 1 of 2 operations of transaction") != std::string::npos);
}

TEST_CASE("a sheet that is sent again is refused, so that it is not paid twice") {
  Village village;
  village.register_subject(kHandle);
  const std::string text = filled(std::string(kHeader) + "$H,QZ9,4,,2026-02-20,志愿,$E,\n");
  CHECK(village.sheet(text).exit == 0);
  village.cli.now = village.cli.now.plus(60'000);
  const Run again = village.sheet(text);
  CHECK(again.exit == 5);
  CHECK(again.err.find("[replay_conflict]") != std::string::npos);
  CHECK(again.err.find("next: this sheet was sent before; --again") != std::string::npos);
  // With other evidence it is another sheet.
  CHECK(village.sheet(filled(std::string(kHeader) + "$H,QZ9,4,,2026-02-20,志愿,other,\n")).exit == 0);
  const Run on_purpose = village.sheet(text, {"--again"});
  CHECK(on_purpose.err.find("replay_conflict") == std::string::npos);
}

TEST_CASE("a sheet of more than 1000 rows is split, and says so") {
  Village village;
  village.node.takes_but_never_orders = true;
  std::string text = kHeader;
  for (int i = 0; i < 2100; ++i) text += filled("$H,QZ9,4,,2026-02-20,,doc " + std::to_string(i) + ",\n");
  const Run run = village.sheet(text, {"--no-wait", "--json"});
  INFO(run.err);
  CHECK(run.exit == 0);
  CHECK(village.node.posts == 3);
  CHECK(parse_json(run.out).value()["transactions"].size() == 3);
  CHECK(village.sheet(text, {"--no-wait"}).err.starts_with("the sheet of 2100 rows is split into 3 transactions\n"));
  CHECK(village.sheet(text, {"--mode", "all_or_nothing"}).exit == 2);
}

TEST_CASE("rows that say the same are doubted aloud") {
  Village village;
  village.register_subject(kHandle);
  const Run run = village.sheet(filled(std::string(kHeader) + "$H,QZ9,4,,2026-02-20,,$E,\n$H,QZ9,4,,2026-02-20,,$E,\n"),
                                {"--dry-run"});
  CHECK(run.exit == 0);
  CHECK(run.err.find("row 3 says the same as row 2; both count") != std::string::npos);
}

}  // namespace tally::test
