// tally explain, tally dry-run and the queries about a subject, over a node and over a chain file.
#include "common/json.h"
#include "contracts/genesis_json.h"
#include "tally_cli/harness.h"

namespace tally::test {

namespace {

const std::string kHandle = "0123456789abcdef0123456789abcdef";
const std::string kEvidence(64, 'a');

// A household with an award, a deduction that waits, and one that took effect.
struct Book {
  Book() {
    cli.node = &node;
    cli.environment["TALLY_PASSPHRASE_FILE"] = cli.passphrase_file();
    as("accountant");
    ok({"submit", "register-subject", "--unit", kUnit, "--commitment", kEvidence, "--open-account", "qingzhen",
        "--subject", kHandle});
    ok({"submit", "award", "--rulebook", "qingzhen", "--subject", kHandle, "--rule", "QZ9", "--quantity", "40",
        "--evidence", kEvidence});
    deduct("QZ3", 'b');
    ok({"submit", "advance-clock", "--by", "20d"});
    deduct("QZ5", 'c');
  }
  void as(const std::string& person) { cli.environment["TALLY_KEY"] = cli.key_file(person); }
  void ok(const std::vector<std::string>& arguments) {
    const Run run = cli.run(arguments);
    INFO(run.err << run.out);
    REQUIRE(run.exit == 0);
  }
  void deduct(const std::string& rule, char paper) {
    ok({"submit", "deduct", "--rulebook", "qingzhen", "--subject", kHandle, "--rule", rule, "--evidence",
        std::string(64, paper), "--reason", "broken", "--cosign", cli.key_file("secretary"), "--cosign-passphrase-file",
        cli.passphrase_file()});
  }
  std::string exported() {
    const std::string file = cli.path("chain.tally");
    as("auditor");
    ok({"export", "--file", file});
    as("accountant");
    return file;
  }
  std::string genesis() { return cli.write("genesis.json", contracts::genesis_text(node.genesis())); }
  // The rulebook as a later version, with a change.
  std::string proposal(const std::string& from, const std::string& to) {
    std::string text = qingzhen_document();
    const auto change = [&](const std::string& old, const std::string& fresh) {
      const auto at = text.find(old);
      INFO(old);
      REQUIRE(at != std::string::npos);
      text.replace(at, old.size(), fresh);
    };
    change("\"version\": 1", "\"version\": 2");
    if (!from.empty()) change(from, to);
    return cli.write("proposal.json", text);
  }

  OneNode node;
  Cli cli;
};

}  // namespace

TEST_CASE("explain tells each step in words, with the running score") {
  Book book;
  const Run run = book.cli.run({"explain", kHandle});
  INFO(run.err << run.out);
  REQUIRE(run.exit == 0);
  const auto says = [&](const std::string& text) { return run.out.find(text) != std::string::npos; };
  CHECK(says("score" + std::string(18, ' ') + "100.0\n"));
  CHECK(says("open cases would take  -15.0\n"));
  CHECK(says("How it came about: 3 steps, together 100.0\n"));
  CHECK(says("1  award QZ9 志愿服务 (volunteer service)\n"));
  CHECK(says("asked +10.0, applied +10.0, then 110.0\n"));
  CHECK(says("+1.0 for each 4 hours, and 40 hours"));
  CHECK(says("2  deduction QZ3 违反与合作企业的合同 (breach of contract with a partner enterprise)\n"));
  CHECK(says("took effect when nobody had objected in time"));
  CHECK(says("endorsed by      secretary of " + std::string(kUnit)));
  CHECK(says("evidence digest  " + std::string(64, 'b')));
  CHECK(says("would take 15.0; takes effect at "));
  CHECK(first_line(book.cli.run({"explain", kHandle, "--output", "csv"}).out) ==
        "entry,date,kind,rule,title,asked,change,score,in words");
}

TEST_CASE("explain adds up in pages, at a past moment, and from a file as from a node") {
  Book book;
  const auto explained = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"explain", kHandle, "--json"});
    const Run run = book.cli.run(more);
    INFO(run.err);
    REQUIRE(run.exit == 0);
    return parse_json(run.out).value();
  };
  const Json whole = explained({});
  CHECK(whole["steps"].size() == 3);
  CHECK(whole["score_points"] == "100.0");
  book.node.explained_rows = 1;
  CHECK(explained({}) == whole);
  book.node.explained_rows = 1000;
  const std::string file = book.exported();
  CHECK(explained({"--file", file, "--genesis", book.genesis()}) == whole);

  const Json then = explained({"--at", "2026-03-01T09:00:00Z"});
  CHECK(then["steps"].size() == 2);
  CHECK(then["score_points"] == "110.0");
  CHECK(then["pending"].is_null());
  // The file knows what was open then.
  const Json from_file = explained({"--file", file, "--genesis", book.genesis(), "--at", "2026-03-01T09:00:00Z"});
  CHECK(from_file["steps"] == then["steps"]);
  CHECK(from_file["pending_points"] == "-10.0");
  CHECK(from_file["open_cases"].size() == 1);
}

TEST_CASE("explain: what is wrong is named") {
  Book book;
  CHECK(book.cli.run({"explain", "xyz"}).exit == 2);
  CHECK(book.cli.run({"explain", kHandle, "--at", "tomorrow"}).exit == 2);
  CHECK(book.cli.run({"explain", kHandle, "--genesis", "g"}).err.find("without --file or --data") != std::string::npos);
  CHECK(book.cli.run({"explain", kHandle, "--data", "d"}).err.find("--genesis: is missing") != std::string::npos);
  CHECK(book.cli.run({"explain", kHandle, "--data", "d", "--genesis", book.genesis()}).err.find("there is no store") !=
        std::string::npos);
  CHECK(book.cli.run({"explain", kHandle, "--book", "none"}).exit == 8);
  const std::string file = book.exported();
  CHECK(book.cli.run({"explain", kHandle, "--file", file, "--at", "2030-01-01"}).exit == 2);
  CHECK(book.cli.run({"explain", kHandle, "--file", file, "--chain-id", kEvidence}).exit == 6);
  std::string bytes = book.cli.read("chain.tally");
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  const Run bad = book.cli.run({"explain", kHandle, "--file", book.cli.write("bad.tally", bytes)});
  CHECK(bad.exit == 6);
  CHECK(bad.out.empty());
}

TEST_CASE("dry-run tells who would change, what would be refused, and ends with 0") {
  Book book;
  const std::string milder = book.proposal("\"points\": \"-10\"", "\"points\": \"-1\"");
  const std::string file = book.exported();
  const std::vector<std::string> command = {"dry-run", milder, "--since",   "2026-01-01",
                                            "--file",  file,   "--genesis", book.genesis()};
  const Run run = book.cli.run(command);
  INFO(run.err << run.out);
  REQUIRE(run.exit == 0);
  CHECK(run.out.find("Who would change\n") != std::string::npos);
  CHECK(run.out.find("version 2 in the place of version 1") != std::string::npos);
  CHECK(run.out.find("judged again   3 awards, deductions and spendings\n") != std::string::npos);
  CHECK(
      run.out.find("1 account of 1 would change: 1 higher, 0 lower, 0 gates otherwise; 0 operations would be refused, "
                   "0 accepted\n") != std::string::npos);
  auto as_json = command;
  as_json.push_back("--json");
  const Json json = parse_json(book.cli.run(as_json).out).value();
  CHECK(json["changes"][0]["now"]["score_points"] == "100.0");
  CHECK(json["changes"][0]["would"]["score_points"] == "109.0");
  // The node's own chain gives the same.
  const Run of_node = book.cli.run({"dry-run", milder, "--since", "2026-01-01", "--json"});
  INFO(of_node.err);
  CHECK(parse_json(of_node.out).value() == json);
}

TEST_CASE("dry-run: a stricter proposal refuses operations and says why") {
  Book book;
  const Run run = book.cli.run({"dry-run", book.proposal("\"quantity_max\": 40", "\"quantity_max\": 20"), "--since",
                                "2026-03-01", "--file", book.exported()});
  INFO(run.err << run.out);
  CHECK(run.exit == 0);
  CHECK(run.out.find("Operations that would be refused\n") != std::string::npos);
  CHECK(run.out.find("QZ9: quantity 40 is above 20; expected a quantity from 4 to 20 hours in steps of 4") !=
        std::string::npos);
}

TEST_CASE("dry-run: what is wrong with the proposal or the moment is named") {
  Book book;
  const std::string same = book.cli.write("same.json", qingzhen_document());
  const Run version = book.cli.run({"dry-run", same, "--since", "2026-01-01"});
  CHECK(version.exit == 7);
  CHECK(version.err.find("same.json: version: is 1, and version 1 of qingzhen is deployed") != std::string::npos);
  const Run broken = book.cli.run({"dry-run", book.cli.write("broken.json", "{}"), "--since", "2026-01-01"});
  CHECK(broken.exit == 7);
  CHECK(broken.err.find("tally rulebook check") != std::string::npos);
  CHECK(book.cli.run({"dry-run", same}).exit == 2);
  const Run late = book.cli.run({"dry-run", book.proposal("", ""), "--since", "2030-01-01"});
  CHECK(late.exit == 2);
  CHECK(late.err.find("after the history has ended") != std::string::npos);
}

TEST_CASE("consents, standings, sums and consultations of a subject") {
  Book book;
  book.ok({"submit", "give-consent", "--rulebook", "qingzhen", "--subject", kHandle, "--unit", kUnit, "--until",
           "2026-06-01", "--evidence", kEvidence});
  const Run consents = book.cli.run({"query", "consents", kHandle});
  INFO(consents.err << consents.out);
  CHECK(consents.exit == 0);
  CHECK(consents.out.find(std::string(kUnit) + " may ask") != std::string::npos);
  CHECK(consents.out.find("2026-06-01T00:00:00Z") != std::string::npos);
  CHECK(book.cli.run({"query", "consents", kHandle, "--json"}).out.find("\"runs\": true") != std::string::npos);

  book.ok(
      {"submit", "consult", "--rulebook", "qingzhen", "--subject", kHandle, "--gate", "loan", "--purpose", "a loan"});
  const Run asked = book.cli.run({"query", "consultations", kHandle, "--rulebook", "qingzhen"});
  INFO(asked.err << asked.out);
  CHECK(asked.exit == 0);
  CHECK(asked.out.find("loan 贷款申请 (loan application)") != std::string::npos);
  CHECK(asked.out.find("accountant (person ") != std::string::npos);

  const Run standings = book.cli.run({"query", "standings", kHandle});
  CHECK(standings.exit == 0);
  CHECK(standings.err == "no rows\n");
  CHECK(book.cli.run({"query", "sums", kHandle}).exit == 0);
  book.cli.environment.erase("TALLY_KEY");
  CHECK(book.cli.run({"query", "consents", kHandle}).exit == 9);
}

}  // namespace tally::test
