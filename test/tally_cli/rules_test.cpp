// Rules on a running chain: proposing, commenting, approving, retiring, parameters; and what is refused before sending.
#include <fstream>

#include "common/json.h"
#include "tally_cli/harness.h"

namespace tally::test {

namespace {

using Words = std::vector<std::string>;

struct Town {
  Town() {
    cli.node = &node;
    cli.environment["TALLY_PASSPHRASE_FILE"] = cli.passphrase_file();
  }
  Run as(const std::string& who, Words arguments) {
    cli.environment["TALLY_KEY"] = cli.key_file(who);
    return cli.run(arguments);
  }
  Run good(const std::string& who, Words arguments) {
    Run run = as(who, std::move(arguments));
    INFO(run.out << run.err);
    CHECK(run.exit == 0);
    return run;
  }
  Json json(Words arguments) {
    arguments.emplace_back("--json");
    const Run run = cli.run(arguments);
    INFO(run.err);
    REQUIRE(run.exit == 0);
    return parse_json(run.out).value();
  }
  std::string version(const std::string& number, const std::string& effective) {
    std::string text = qingzhen_document();
    const auto replace = [&](const std::string& from, const std::string& to) {
      const auto at = text.find(from);
      REQUIRE(at != text.npos);
      text.replace(at, from.size(), to);
    };
    replace("\"version\": 1", "\"version\": " + number);
    replace("\"effective\": \"2026-01-01\"", "\"effective\": \"" + effective + "\"");
    return cli.write("version-" + number + ".json", text);
  }

  OneNode node{rules_genesis()};
  Cli cli;
};

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a rulebook is proposed, commented on, approved and in force on its day, and the audit agrees") {
  Town town;
  const auto file = town.version("2", "2026-04-01");
  const Run proposed = town.good("accountant", {"rulebook", "propose", file, "--reason", "the meeting of May"});
  CHECK(holds(proposed.out, "proposal 1 is open: 0 of 2 approvals, 2 are missing (tally rulebook approve 1)"));
  const Run listed = town.cli.run({"rulebook", "proposals"});
  CHECK(holds(listed.out, "rulebook qingzhen version 2 from 2026-04-01T00:00:00Z on"));
  CHECK(town.cli.run({"rulebook", "proposals", "1", "--document"}).out == town.cli.read("version-2.json"));
  const Run commented = town.good("secretary", {"rulebook", "comment", "1", "--text", "too short"});
  CHECK(holds(commented.err, "the text itself stays with you"));

  const Run first = town.good("governor", {"rulebook", "approve", "1", "--document", file});
  CHECK(holds(first.err, "proposal 1: rulebook qingzhen version 2 from 2026-04-01T00:00:00Z on"));
  const Run again = town.as("governor", {"rulebook", "approve", "1"});
  CHECK(again.exit == 5);
  CHECK(holds(again.err, "has approved proposal 1 already; expected the approval of a different person"));
  const Run last = town.good("banker", {"rulebook", "approve", "1"});
  CHECK(holds(last.out, "2 of 2 approvals, adopted once its time for comments is over"));
  const Json open = town.json({"rulebook", "proposals", "1"});
  CHECK(open["terms"][1]["words"] == "1 x bank_officer");
  CHECK(open["approvers"].size() == 2);
  CHECK(open["comment_rows"].size() == 1);

  // Parameters change in the middle of the chain.
  town.good("governor", {"parameters", "propose", "keys_per_person=4", "spending=off", "--in", "4"});
  const Run approved = town.good("deputy", {"parameters", "approve", "2"});
  CHECK(holds(approved.err, "proposal 2: keys_per_person = 4, spending off from block "));
  town.good("accountant", {"submit", "advance-clock", "--by", "8d"});
  for (int i = 0; i < 3; ++i) town.good("accountant", {"submit", "advance-clock", "--by", "1h"});
  const Json rows = town.json({"rulebook", "proposals", "--all"})["rows"];
  REQUIRE(rows.size() == 2);
  CHECK(rows[0]["state"] == "adopted");
  CHECK(rows[1]["state"] == "adopted");
  const Json parameters = town.json({"parameters", "show"});
  CHECK(parameters["parameters"][5]["name"] == "keys_per_person");
  CHECK(parameters["parameters"][5]["value"] == "4");
  CHECK(parameters["features"][0]["on"] == false);
  const Run shown = town.cli.run({"rulebook", "show"});
  CHECK(holds(shown.out, "the default"));
  CHECK(holds(shown.out, "2026-04-01T00:00:00Z"));
  // Who replays the chain from its bytes comes to the same state.
  const Run audit = town.good("auditor", {"audit", "--chain-id", town.node.chain_id()});
  CHECK(holds(audit.out, "the chain holds"));
}

TEST_CASE("what the program sees is told before anything is sent") {
  Town town;
  const auto file = town.version("2", "2026-04-01");
  const auto posts = town.node.posts;
  const auto broken = town.cli.write("broken.json", "{\"format\": 3}");
  const Run mistakes = town.as("accountant", {"rulebook", "propose", broken});
  CHECK(mistakes.exit == 7);
  CHECK(holds(mistakes.err, "mistakes; nothing was sent"));
  CHECK(holds(mistakes.err, ":1:12: format: is"));
  CHECK(town.as("governor", {"parameters", "propose", "keys_per_person=99", "--in", "5"}).exit == 2);
  const Run unknown = town.as("governor", {"parameters", "propose", "spendin=off", "--in", "5"});
  CHECK(holds(unknown.err, "perhaps spending"));
  CHECK(town.as("governor", {"parameters", "propose", "spending=off"}).exit == 2);
  CHECK(town.as("governor", {"rulebook", "comment", "1"}).exit == 2);
  CHECK(town.as("governor", {"rulebook", "approve", "7"}).exit != 0);
  CHECK(town.node.posts == posts);

  town.good("accountant", {"rulebook", "propose", file});
  const Run other = town.as("governor", {"rulebook", "approve", "1", "--document", town.version("3", "2026-04-01")});
  CHECK(other.exit == 7);
  CHECK(holds(other.err, "is not what proposal 1 says; nothing was sent"));
  town.node.shows_another_document = true;
  const Run lied = town.as("governor", {"rulebook", "approve", "1"});
  CHECK(lied.exit == 6);
  CHECK(holds(lied.err, "shows something else than proposal 1 says"));
}

TEST_CASE("approvals are taken back, proposals withdrawn, rulebooks retired") {
  Town town;
  town.good("accountant", {"rulebook", "retire", "qingzhen", "--from", "2026-06-01"});
  town.good("governor", {"rulebook", "approve", "1"});
  CHECK(holds(town.good("governor", {"rulebook", "approve", "1", "--take-back"}).out, "0 of 2 approvals"));
  CHECK(town.as("governor", {"rulebook", "withdraw", "1"}).exit == 5);
  CHECK(holds(town.good("accountant", {"rulebook", "withdraw", "1"}).out, "proposal 1 is withdrawn"));
  town.good("governor", {"rulebook", "retire", "qingzhen", "--from", "2026-06-01"});
  town.good("deputy", {"rulebook", "approve", "2"});
  town.good("banker", {"rulebook", "approve", "2"});
  town.good("accountant", {"submit", "advance-clock", "--by", "8d"});
  town.good("accountant", {"submit", "advance-clock", "--by", "1h"});
  CHECK(holds(town.cli.run({"rulebook", "show"}).out, "2026-06-01T00:00:00Z"));
  CHECK(town.cli.run({"rulebook", "proposals"}).err == "no proposal is open; --all shows closed ones\n");
}

TEST_CASE("a genesis takes its constitution from a file and tells it in words") {
  Cli cli;
  const std::string source = std::string(TALLY_SOURCE_DIR) + "/test/rulebooks/commons/constitution.json";
  const auto make = [&](const std::string& constitution, const std::string& out) {
    return cli.run({"genesis", "new", "--name", "trial", "--purpose", "development", "--clock", "test", "--validator",
                    "one=" + named_key("validator").public_key().hex(), "--constitution", constitution, "--out", out});
  };
  const Run made = make(source, cli.path("genesis.json"));
  INFO(made.err);
  REQUIRE(made.exit == 0);
  CHECK(holds(cli.run({"genesis", "show", cli.path("genesis.json")}).out,
              "constitution: rulebooks are proposed by recorder of a village or governor of a town, approved by 1 x "
              "governor of a town, after 14 days for comments"));
  const auto broken = [&](const std::string& from, const std::string& to) {
    std::ifstream in(source);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto at = text.find(from);
    REQUIRE(at != text.npos);
    return make(cli.write("broken.json", text.replace(at, from.size(), to)), cli.path("absent.json"));
  };
  CHECK(holds(broken("\"open_days\": 60", "\"open_days\": 14").err,
              "constitution.rulebooks.open_days is 14; expected more than comment_days, which is 14, and at most 730"));
  CHECK(holds(broken("\"town\"}]", "\"city\"}]").err, "rulebooks.proposers[1].unit_kind"));
}

}  // namespace tally::test
