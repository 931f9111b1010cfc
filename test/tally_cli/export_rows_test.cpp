// tally export of accounts, entries, cases and gates, over a node and over a chain file.
#include <filesystem>

#include "common/json.h"
#include "contracts/genesis_json.h"
#include "tally/csv.h"
#include "tally/fields.h"
#include "tally_cli/harness.h"

namespace tally::test {

namespace {

const std::string kHandle = "0123456789abcdef0123456789abcdef";
const std::string kOther = "fedcba9876543210fedcba9876543210";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

// Two households; awards, a deduction that took effect and one that waits.
struct Village {
  explicit Village(const ledger::Genesis& genesis = village_genesis()) : node(genesis) {
    cli.node = &node;
    cli.environment["TALLY_PASSPHRASE_FILE"] = cli.passphrase_file();
    as("accountant");
    for (const auto& subject : {kHandle, kOther}) {
      ok({"submit", "register-subject", "--unit", kUnit, "--commitment", std::string(64, 'a'), "--open-account",
          "qingzhen", "--subject", subject});
    }
    award(kHandle, 'a');
    award(kHandle, 'd');
    award(kOther, 'e');
    deduct("QZ3", 'b');
    ok({"submit", "advance-clock", "--by", "20d"});
    deduct("QZ5", 'c');
    as("auditor");
  }
  void as(const std::string& person) { cli.environment["TALLY_KEY"] = cli.key_file(person); }
  void ok(const std::vector<std::string>& arguments) {
    const Run run = cli.run(arguments);
    INFO(run.err << run.out);
    REQUIRE(run.exit == 0);
  }
  void award(const std::string& subject, char paper) {
    ok({"submit", "award", "--rulebook", "qingzhen", "--subject", subject, "--rule", "QZ9", "--quantity", "40",
        "--evidence", std::string(64, paper)});
  }
  void deduct(const std::string& rule, char paper) {
    ok({"submit", "deduct", "--rulebook", "qingzhen", "--subject", kHandle, "--rule", rule, "--evidence",
        std::string(64, paper), "--reason", "broken", "--cosign", cli.key_file("secretary"), "--cosign-passphrase-file",
        cli.passphrase_file()});
  }
  void rows(const std::string& option, const std::string& name, std::vector<std::string> more = {}) {
    std::vector<std::string> all{"export", option, cli.path(name)};
    all.insert(all.end(), more.begin(), more.end());
    ok(all);
  }

  OneNode node;
  Cli cli;
};

std::vector<Json> lines_of(const std::string& text) {
  std::vector<Json> out;
  for (const auto& line : cli::split(text, '\n')) {
    if (line.empty()) continue;
    auto parsed = parse_json(line);
    INFO(line);
    REQUIRE(parsed);
    out.push_back(*parsed);
  }
  return out;
}

std::int64_t number(const Json& json) {
  return std::stoll(json.get<std::string>());
}

}  // namespace

TEST_CASE("exported entries add up to the exported scores") {
  Village village;
  village.rows("--accounts", "accounts.ndjson");
  village.rows("--entries", "entries.ndjson");
  std::map<std::string, std::int64_t> sums;
  std::map<std::string, std::int64_t> counts;
  for (const auto& entry : lines_of(village.cli.read("entries.ndjson"))) {
    const std::string account = entry["book"].get<std::string>() + "/" + entry["subject"].get<std::string>();
    CHECK(number(entry["entry"]) == counts[account]++);
    sums[account] += number(entry["change"]);
    CHECK(number(entry["score"]) == sums[account]);
    CHECK(entry["unit"] == kUnit);
  }
  const auto accounts = lines_of(village.cli.read("accounts.ndjson"));
  REQUIRE(accounts.size() >= 2);
  for (const auto& account : accounts) {
    const std::string name = account["book"].get<std::string>() + "/" + account["subject"].get<std::string>();
    INFO(name);
    CHECK(number(account["entries"]) == counts[name]);
    // A book may begin above zero without an entry.
    const auto start = counts[name] == 0 ? number(account["score"]) : 0;
    CHECK(number(account["score"]) == sums[name] + start);
    CHECK(account["problem"] == "");
  }
}

TEST_CASE("exported rows name rules in words, amounts twice, and what happened to an entry") {
  Village village;
  village.rows("--entries", "entries.csv");
  const auto file = cli::parse_csv(village.cli.read("entries.csv"));
  CHECK(file.mistakes.empty());
  const auto column = [&](const std::string& name) {
    const auto found = std::find(file.columns.begin(), file.columns.end(), name);
    INFO(name);
    REQUIRE(found != file.columns.end());
    return static_cast<std::size_t>(found - file.columns.begin());
  };
  bool found = false;
  for (const auto& row : file.rows) {
    if (row.cells[column("kind")] != "deduction") continue;
    found = true;
    CHECK(row.cells[column("rule")] == "QZ3");
    CHECK(row.cells[column("rule_zh")] == "违反与合作企业的合同");
    CHECK(row.cells[column("change_text")].starts_with("-"));
    CHECK(row.cells[column("evidence")] == std::string(64, 'b'));
    CHECK(row.cells[column("reverses")].empty());
    CHECK(row.cells[column("case_number")] == "1");
  }
  CHECK(found);
  village.rows("--cases", "cases.ndjson");
  const auto cases = lines_of(village.cli.read("cases.ndjson"));
  REQUIRE(cases.size() == 2);
  CHECK(cases[0]["state"] == "effective");
  CHECK(cases[0]["rule"] == "QZ3");
  CHECK(cases[1]["state"] == "endorsed");
  CHECK(number(cases[1]["height"]) > number(cases[0]["height"]));
  CHECK(cases[0]["transaction"] != cases[1]["transaction"]);
}

TEST_CASE("exported gates say who passes and why") {
  Village village;
  village.rows("--gates", "gates.ndjson");
  const auto gates = lines_of(village.cli.read("gates.ndjson"));
  REQUIRE_FALSE(gates.empty());
  std::set<std::string> subjects;
  for (const auto& gate : gates) {
    subjects.insert(gate["subject"].get<std::string>());
    CHECK(gate["passes"].is_boolean());
    CHECK_FALSE(gate["reason_en"].get<std::string>().empty());
    if (gate["at_least"].is_null()) continue;
    INFO(gate.dump());
    const bool high = number(gate["score"]) >= number(gate["at_least"]);
    CHECK((high || !gate["passes"].get<bool>()));
  }
  CHECK(subjects == std::set<std::string>{kHandle, kOther});
}

TEST_CASE("a chain file gives the same rows as its node, and the same bytes twice") {
  Village village;
  village.rows("--file", "chain.tally");
  const std::string chain = village.cli.path("chain.tally");
  const std::string genesis = village.cli.write("genesis.json", contracts::genesis_text(village.node.genesis()));
  for (const std::string kind : {"accounts", "entries", "cases", "gates"}) {
    village.cli.node = &village.node;
    village.rows("--" + kind, kind + "-node.csv");
    village.cli.node = nullptr;
    village.rows("--" + kind, kind + "-file.csv", {"--source", chain, "--genesis", genesis});
    village.rows("--" + kind, kind + "-again.csv", {"--source", chain, "--genesis", genesis});
    const std::string text = village.cli.read(kind + "-file.csv");
    CHECK(text == village.cli.read(kind + "-node.csv"));
    CHECK(text == village.cli.read(kind + "-again.csv"));
    const auto parsed = cli::parse_csv(text);
    CHECK(parsed.mistakes.empty());
    CHECK_FALSE(parsed.rows.empty());
  }
}

TEST_CASE("exported rows can be narrowed by time, unit and rulebook") {
  Village village;
  const auto count = [&](const std::string& kind, const std::string& name, const std::vector<std::string>& more) {
    village.rows("--" + kind, name, more);
    return lines_of(village.cli.read(name)).size();
  };
  const auto all = count("entries", "1.ndjson", {});
  const auto early = count("entries", "2.ndjson", {"--until", "2026-03-10"});
  const auto late = count("entries", "3.ndjson", {"--since", "2026-03-10"});
  CHECK(early > 0);
  CHECK(late > 0);
  CHECK(early + late == all);
  CHECK(count("cases", "4.ndjson", {"--since", "2026-03-10"}) == 1);
  CHECK(count("entries", "5.ndjson", {"--unit", kUnit}) == all);
  CHECK(count("entries", "6.ndjson", {"--unit", "yingshan", "--rulebook", "qingzhen"}) == all);
  CHECK(village.cli.run({"export", "--entries", village.cli.path("7.csv"), "--unit", "yingshan/ludi"}).exit == 2);
  CHECK(village.cli.run({"export", "--entries", village.cli.path("7.csv"), "--rulebook", "qing"}).exit == 2);
  CHECK(village.cli.run({"export", "--accounts", village.cli.path("7.csv"), "--since", "2026-03-10"}).exit == 2);
  CHECK_FALSE(std::filesystem::exists(village.cli.path("7.csv")));
}

TEST_CASE("titles with commas, quotes, line ends and formulas survive the way through CSV") {
  auto genesis = village_genesis();
  const std::string wild = "=HYPERLINK(\\\"http://x\\\"), a, \\\"b\\\"\\n<script>";
  bool changed = false;
  for (auto& operation : genesis.operations) {
    auto decoded = contracts::decode_operation(operation);
    REQUIRE(decoded);
    auto* deploy = std::get_if<contracts::DeployRulebook>(&*decoded);
    if (deploy == nullptr) continue;
    deploy->document = replaced(deploy->document, "volunteer service", wild);
    operation = contracts::encode_operation(*decoded);
    changed = true;
  }
  REQUIRE(changed);
  Village village(genesis);
  village.rows("--entries", "entries.csv");
  const std::string text = village.cli.read("entries.csv");
  const auto file = cli::parse_csv(text);
  CHECK(file.mistakes.empty());
  const auto column = std::find(file.columns.begin(), file.columns.end(), "rule_en") - file.columns.begin();
  bool found = false;
  for (const auto& row : file.rows) {
    const std::string& cell = row.cells[static_cast<std::size_t>(column)];
    CHECK_FALSE(cell.starts_with("="));
    found = found || cell == "'=HYPERLINK(\"http://x\"), a, \"b\"\n<script>";
  }
  CHECK(found);
  village.rows("--entries", "entries.ndjson");
  CHECK(lines_of(village.cli.read("entries.ndjson")).size() == file.rows.size());
}

TEST_CASE("an export that fails leaves nothing behind") {
  Village village;
  village.rows("--file", "chain.tally");
  std::string bytes = village.cli.read("chain.tally");
  bytes[bytes.size() - 120] ^= 1;
  const std::string bad = village.cli.write("bad.tally", bytes);
  village.cli.node = nullptr;
  const Run run = village.cli.run(
      {"export", "--entries", village.cli.path("e.csv"), "--source", bad, "--chain-id", village.node.chain_id()});
  CHECK(run.exit == 6);
  CHECK(run.err.find("the chain does not hold") != std::string::npos);
  for (const std::string name : {"e.csv", "e.csv.part", "e.csv.state.part"})
    CHECK_FALSE(std::filesystem::exists(village.cli.path(name)));
  const std::string there = village.cli.write("there.csv", "mine");
  CHECK(village.cli.run({"export", "--entries", there, "--source", village.cli.path("chain.tally")}).exit == 2);
  CHECK(village.cli.read("there.csv") == "mine");
  CHECK(village.cli.run({"export", "--entries", village.cli.path("e.txt")}).exit == 2);
  CHECK(
      village.cli.run({"export", "--entries", village.cli.path("e.csv"), "--gates", village.cli.path("e.csv")}).exit ==
      2);
  CHECK(village.cli.run({"export", "--file", village.cli.path("c"), "--entries", village.cli.path("e.csv")}).exit == 2);
  CHECK(village.cli.run({"export", "--file", village.cli.path("c"), "--unit", kUnit}).exit == 2);
  CHECK(village.cli.run({"export"}).exit == 2);
}

}  // namespace tally::test
