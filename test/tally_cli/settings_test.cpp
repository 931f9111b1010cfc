// Precedence of flag, environment, profile and file.

#include "common/json.h"
#include "tally_cli/harness.h"

namespace tally::test {

namespace {

constexpr const char* kConfig = R"(node = "http://file:1"
output = "json"
default_profile = "village"

[profile.village]
node = "http://profile:1"
key = "keys/accountant.json"

[profile.bank]
node = "http://bank:1"
)";

Json shown(Cli& cli, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"config", "show", "--origin", "--json"});
  const Run run = cli.run(arguments);
  INFO(run.err);
  REQUIRE(run.exit == 0);
  return parse_json(run.out).value();
}

}  // namespace

TEST_CASE("a setting comes from flag, environment, profile, file, in this order") {
  Cli cli;
  Json all = shown(cli, {});
  CHECK(all["file_found"] == false);
  CHECK(all["settings"]["node"]["value"] == "http://127.0.0.1:8080");
  CHECK(all["settings"]["node"]["origin"] == "built-in");

  const std::string file = cli.write(".config/tally/config.toml", "node = \"http://file:1\"\n");
  all = shown(cli, {});
  CHECK(all["settings"]["node"]["value"] == "http://file:1");
  CHECK(all["settings"]["node"]["origin"] == "file");
  CHECK(all["settings"]["node"]["where"] == file);

  cli.write(".config/tally/config.toml", kConfig);
  all = shown(cli, {});
  CHECK(all["settings"]["node"]["value"] == "http://profile:1");
  CHECK(all["settings"]["node"]["origin"] == "profile");
  CHECK(all["settings"]["key"]["value"] == cli.path(".config/tally/keys/accountant.json"));
  CHECK(all["settings"]["profile"]["origin"] == "file");

  cli.environment["TALLY_NODE"] = "http://environment:1";
  all = shown(cli, {});
  CHECK(all["settings"]["node"]["value"] == "http://environment:1");
  CHECK(all["settings"]["node"]["where"] == "TALLY_NODE");

  all = shown(cli, {"--node", "http://flag:1"});
  CHECK(all["settings"]["node"]["value"] == "http://flag:1");
  CHECK(all["settings"]["node"]["origin"] == "flag");
}

TEST_CASE("a profile is chosen by flag or environment") {
  Cli cli;
  cli.write(".config/tally/config.toml", kConfig);
  CHECK(shown(cli, {"--profile", "bank"})["settings"]["node"]["value"] == "http://bank:1");
  cli.environment["TALLY_PROFILE"] = "bank";
  CHECK(shown(cli, {})["settings"]["node"]["value"] == "http://bank:1");
  cli.environment["TALLY_PROFILE"] = "moon";
  const Run run = cli.run({"config", "show"});
  CHECK(run.exit == 2);
  CHECK(run.err ==
        "error: profile: is \"moon\" (from TALLY_PROFILE) [invalid_field]\n  expected: one of bank, village\n");
}

TEST_CASE("TALLY_CONFIG names the file, a missing one is an error") {
  Cli cli;
  cli.environment["TALLY_CONFIG"] = cli.write("other.toml", "node = \"http://other:1\"\n");
  CHECK(shown(cli, {})["settings"]["node"]["value"] == "http://other:1");
  cli.environment["TALLY_CONFIG"] = cli.path("absent.toml");
  CHECK(cli.run({"config", "show"}).exit == 7);
}

TEST_CASE("the configuration file is read strictly, mistakes have line and column") {
  struct Row {
    std::string text;
    std::string expected;
  };
  const std::vector<Row> rows = {
      {"node = 5\n", ", line 1, column 8: node is not text [config_invalid]"},
      {"\nnod = \"x\"\n", ", line 2, column 7: nod is not a known setting [config_invalid]"},
      {"[profile.a]\ndefault_profile = \"b\"\n",
       ", line 2, column 19: profile.a.default_profile is not a known setting [config_invalid]"},
      {"profile = \"a\"\n", ", line 1, column 11: profile is not a table [config_invalid]"},
      {"node = \n", ", line 1, column 8: the file is not TOML"},
  };
  for (const auto& row : rows) {
    Cli cli;
    cli.write(".config/tally/config.toml", row.text);
    const Run run = cli.run({"config", "show"});
    INFO(run.err);
    CHECK(run.exit == 7);
    CHECK(first_line(run.err).find(row.expected) != std::string::npos);
  }
}

TEST_CASE("options of commands have environment variables, the command line goes first") {
  Cli cli;
  OneNode node;
  cli.node = &node;
  node.ready = false;
  cli.environment["TALLY_CHECK"] = "true";
  CHECK(cli.run({"query", "status"}).exit == 10);
  cli.environment["TALLY_CHECK"] = "no";
  CHECK(cli.run({"query", "status"}).exit == 0);
  cli.environment["TALLY_CHECK"] = "perhaps";
  CHECK(cli.run({"query", "status"}).exit == 2);
  CHECK(cli.run({"query", "status", "--check"}).exit == 10);
}

}  // namespace tally::test
