// tally report: what is planted in a chain is found, a clean chain has nothing on its lists, and the page stays a page.
#include <filesystem>

#include "common/json.h"
#include "contracts/genesis_json.h"
#include "tally_cli/harness.h"

namespace tally::test {

namespace {

const std::string kHandle = "0123456789abcdef0123456789abcdef";

struct Village {
  explicit Village(const ledger::Genesis& genesis = village_genesis()) : node(genesis) {
    cli.node = &node;
    cli.environment["TALLY_PASSPHRASE_FILE"] = cli.passphrase_file();
    as("accountant");
    run({"submit", "register-subject", "--unit", kUnit, "--commitment", std::string(64, 'a'), "--open-account",
         "qingzhen", "--subject", kHandle});
    award('a');
  }
  void as(const std::string& person) { cli.environment["TALLY_KEY"] = cli.key_file(person); }
  int run(const std::vector<std::string>& arguments) { return cli.run(arguments).exit; }
  void award(char paper) {
    REQUIRE(run({"submit", "award", "--rulebook", "qingzhen", "--subject", kHandle, "--rule", "QZ9", "--quantity", "40",
                 "--evidence", std::string(64, paper)}) == 0);
  }
  int deduct(const std::vector<std::string>& more) {
    std::vector<std::string> all{"submit", "deduct", "--rulebook", "qingzhen", "--subject", kHandle, "--rule", "QZ3"};
    all.insert(all.end(), more.begin(), more.end());
    return run(all);
  }
  std::string report(const std::string& name) {
    as("auditor");
    const Run done = cli.run({"report", "--chain-id", node.chain_id(), "--out", cli.path(name)});
    INFO(done.err << done.out);
    REQUIRE(done.exit == 0);
    as("accountant");
    return cli.read(name);
  }

  OneNode node;
  Cli cli;
};

Json list_of(const Json& facts, const std::string& code) {
  for (const auto& list : facts["lists"]) {
    if (list["code"] == code) return list;
  }
  FAIL("no list " << code);
  return {};
}

// Every tag of the page is closed in order.
bool balanced(const std::string& page) {
  std::vector<std::string> open;
  for (auto at = page.find('<'); at != page.npos; at = page.find('<', at + 1)) {
    const auto end = page.find('>', at);
    if (end == page.npos) return false;
    const std::string tag = page.substr(at + 1, end - at - 1);
    const std::string name = tag.substr(0, tag.find_first_of(" \n/", 1));
    if (tag.starts_with("!") || tag.ends_with("/") || name == "meta") continue;
    if (!tag.starts_with("/")) {
      open.push_back(name);
    } else {
      if (open.empty() || "/" + open.back() != tag) return false;
      open.pop_back();
    }
  }
  return open.empty();
}

}  // namespace

TEST_CASE("a clean chain has nothing on the lists of attempts") {
  Village village;
  const auto facts = parse_json(village.report("report.json")).value();
  CHECK(facts["version"] == 1);
  CHECK(facts["verdict"]["passed"] == true);
  CHECK(facts["totals"]["transactions"] == facts["verdict"]["transactions"]);
  CHECK(facts["totals"]["operations"] == facts["verdict"]["operations"]);
  for (const auto& list : facts["lists"]) {
    INFO(list.dump());
    CHECK((list["code"] == "large_change" || list["found"] == "0"));
  }
  std::uint64_t sum = 0;
  for (const auto& one : facts["activity"]) {
    for (const char* what : {"awards", "deductions", "others", "refused"})
      sum += std::stoull(one[what].get<std::string>());
  }
  CHECK(std::to_string(sum) == facts["verdict"]["operations"]);
}

TEST_CASE("planted attempts stand on their lists") {
  Village village;
  CHECK(village.deduct({"--reason", "broken"}) != 0);  // no evidence
  REQUIRE(village.deduct({"--reason", "broken", "--evidence", std::string(64, 'b')}) == 0);
  CHECK(village.run({"submit", "endorse", "1"}) != 0);  // one's own
  village.as("secretary");
  REQUIRE(village.run({"submit", "endorse", "1"}) == 0);
  village.as("accountant");
  REQUIRE(village.run({"submit", "advance-clock", "--by", "40d"}) == 0);
  CHECK(village.run({"submit", "object", "1", "--reason", "late"}) != 0);
  const auto facts = parse_json(village.report("report.json")).value();
  const auto evidence = list_of(facts, "no_evidence");
  CHECK(evidence["found"] == "1");
  CHECK(evidence["shown"][0]["subject"] == kHandle);
  CHECK(evidence["shown"][0]["rule"] == "QZ3");
  CHECK(list_of(facts, "same_person")["found"] == "1");
  CHECK(list_of(facts, "late_objection")["found"] == "1");
  CHECK(list_of(facts, "past_term")["found"] == "0");
  CHECK(facts["deductions"]["opened"] == "1");
  CHECK(facts["deductions"]["effective"] == "1");
  CHECK(facts["pairs"].size() == 1);
  CHECK(facts["pairs"][0]["permille"] == "1000");
  const std::string text = village.report("report.txt");
  CHECK(text.starts_with("Audit report\n\nThe chain holds. Verified until height "));
  CHECK(text.find("List: Late objections") != std::string::npos);
}

TEST_CASE("a hostile title stays text in the page, which needs nothing from elsewhere") {
  auto genesis = village_genesis();
  for (auto& operation : genesis.operations) {
    auto decoded = contracts::decode_operation(operation);
    REQUIRE(decoded);
    auto* deploy = std::get_if<contracts::DeployRulebook>(&*decoded);
    if (deploy == nullptr) continue;
    const std::string title = "volunteer service";
    const auto at = deploy->document.find(title);
    REQUIRE(at != std::string::npos);
    deploy->document.replace(at, title.size(), "</title><script>alert(1)</script>&'");
    operation = contracts::encode_operation(*decoded);
  }
  Village village(genesis);
  const std::string page = village.report("report.html");
  CHECK(page.find("<script") == std::string::npos);
  CHECK(page.find("&lt;script&gt;alert(1)") != std::string::npos);
  CHECK(page.find("http:") == std::string::npos);
  CHECK(page.find("https:") == std::string::npos);
  CHECK(page.find("url(") == std::string::npos);
  CHECK(page.find("<svg") != std::string::npos);
  CHECK(balanced(page));
  CHECK(page == village.report("again.html"));
}

TEST_CASE("the report of a chain that does not hold says so first and stops at what was verified") {
  Village village;
  village.award('d');
  village.as("auditor");
  REQUIRE(village.run({"export", "--file", village.cli.path("chain.tally")}) == 0);
  std::string bytes = village.cli.read("chain.tally");
  bytes[bytes.size() - 120] ^= 1;  // inside the last block's certificate
  const std::string bad = village.cli.write("bad.tally", bytes);
  village.cli.node = nullptr;
  const std::vector<std::string> report{"report", "--file", bad, "--chain-id", village.node.chain_id(), "--out"};
  auto json = report;
  json.push_back(village.cli.path("report.json"));
  CHECK(village.run(json) == 6);
  const auto facts = parse_json(village.cli.read("report.json")).value();
  CHECK(facts["verdict"]["passed"] == false);
  CHECK(facts["totals"]["transactions"] == facts["verdict"]["verified_until"]);
  auto html = report;
  html.push_back(village.cli.path("report.html"));
  CHECK(village.run(html) == 6);
  CHECK(village.cli.read("report.html").find("THE CHAIN DOES NOT HOLD") != std::string::npos);
  CHECK(village.run(html) == 2);  // never in the place of another
  CHECK_FALSE(std::filesystem::exists(village.cli.path("report.html.state.part")));
}

}  // namespace tally::test
