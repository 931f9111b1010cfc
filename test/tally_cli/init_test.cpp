// Node directories and genesis documents.
#include <filesystem>

#include "common/json.h"
#include "contracts/genesis_json.h"
#include "crypto/key_file.h"
#include "node/config.h"
#include "tally_cli/harness.h"

namespace tally::test {

using std::filesystem::perms;

TEST_CASE("init writes a directory that a node can read") {
  Cli cli;
  const std::string directory = cli.path("node");
  const std::string peer = "镇=" + named_key("peer").public_key().hex() + "@10.0.0.1:7001";
  const Run run = cli.run({"init", directory, "--name", "village", "--api", "127.0.0.1:9000", "--listen",
                           "10.0.0.2:7001", "--peer", peer, "--json"});
  INFO(run.err);
  REQUIRE(run.exit == 0);
  const auto config = node::read_config(directory + "/node.toml");
  REQUIRE(config);
  CHECK(config->api.port == 9000);
  CHECK(config->listen.host == "10.0.0.2");
  REQUIRE(config->peers.size() == 1);
  CHECK(config->peers[0].name == "镇");
  for (const char* name : {"/validator.key", "/validator.pass"})
    CHECK((std::filesystem::status(directory + name).permissions() & perms(0077)) == perms::none);
  std::string passphrase = cli.read("node/validator.pass");
  passphrase.pop_back();
  const auto key = crypto::read_key_file(directory + "/validator.key", passphrase);
  REQUIRE(key);
  CHECK(parse_json(run.out).value()["public_key"] == key->public_key().hex());
}

TEST_CASE("init refuses to touch a directory that holds a node") {
  Cli cli;
  for (const char* name : {"node.toml", "validator.key", "validator.pass", "data"}) {
    const std::string directory = std::string("node-of-") + name;
    cli.write(directory + "/" + name, "precious");
    const Run run = cli.run({"init", cli.path(directory), "--name", "x"});
    CHECK(run.exit == 2);
    CHECK(first_line(run.err) == "error: " + cli.path(directory) + "/" + name + ": already exists [invalid_field]");
    CHECK(cli.read(directory + "/" + name) == "precious");
  }
}

TEST_CASE("init checks addresses and peers before it writes") {
  Cli cli;
  struct Row {
    std::string option;
    std::string value;
    std::string expected;
  };
  const std::vector<Row> rows = {
      {"--api", "8080", "error: --api: is \"8080\" [invalid_field]"},
      {"--listen", "0.0.0.0:70000", "error: --listen: has the port \"70000\" [invalid_field]"},
      {"--peer", "nonsense", "error: --peer: is \"nonsense\" [invalid_field]"},
      {"--peer", "a=b@c:1", "error: --peer: is \"b\" [invalid_field]"},
  };
  for (const auto& row : rows) {
    const Run run = cli.run({"init", cli.path("node"), "--name", "x", row.option, row.value});
    CHECK(run.exit == 2);
    CHECK(first_line(run.err) == row.expected);
    CHECK(!std::filesystem::exists(cli.path("node")));
  }
}

namespace {

std::vector<std::string> genesis_arguments(Cli& cli) {
  const std::string rulebook = cli.write("rulebook.json", qingzhen_document());
  return {"genesis",
          "new",
          "--name",
          "营山",
          "--purpose",
          "development",
          "--clock",
          "test",
          "--time",
          "2026-03-01",
          "--validator",
          "townhall=" + cli.key_file("validator"),
          "--unit",
          "yingshan=county:营山县",
          "--officer",
          "unit=yingshan,roles=recorder+registrar,key=" + cli.key_file("accountant") +
              ",person=000102030405060708090a0b0c0d0e0f,title=会计, 县",
          "--rulebook",
          rulebook};
}

}  // namespace

TEST_CASE("genesis new makes a document that check, show and digest take") {
  Cli cli;
  const Run made = cli.run(genesis_arguments(cli));
  INFO(made.err);
  REQUIRE(made.exit == 0);
  const auto genesis = contracts::parse_genesis(made.out);
  REQUIRE(genesis);
  CHECK(genesis->clock == ledger::ClockMode::test);
  CHECK(genesis->operations.size() == 3);
  const std::string digest = ledger::chain_id(*genesis).hex();
  CHECK(made.err == "chain id " + digest + "; every office compares this line before it starts\n");
  const std::string file = cli.write("genesis.json", made.out);
  CHECK(cli.run({"genesis", "digest", file}).out == digest + "\n");
  CHECK(cli.run({"genesis", "check", file}).out == "genesis   in order\nchain id  " + digest + "\n");
  const Run shown = cli.run({"genesis", "show", file});
  CHECK(shown.out.find("TEST CLOCK") != std::string::npos);
  CHECK(shown.out.find("officer of yingshan: 会计, 县 (registrar, recorder)") != std::string::npos);
  CHECK(shown.out.find("rulebook qingzhen version 1: 青镇农户信用积分") != std::string::npos);
  // The same input, the same document: offices can make it apart from each other.
  CHECK(cli.run(genesis_arguments(cli)).out == made.out);
}

TEST_CASE("a production genesis refuses a test clock") {
  Cli cli;
  auto arguments = genesis_arguments(cli);
  arguments[5] = "production";
  const Run run = cli.run(arguments);
  CHECK(run.exit == 2);
  CHECK(run.out.empty());
  CHECK(run.err.find("clock: is test, for a chain whose purpose is production") != std::string::npos);
}

TEST_CASE("genesis check names every mistake") {
  Cli cli;
  auto json = parse_json(cli.run(genesis_arguments(cli)).out).value();
  json["window"] = "0";
  json["name"] = "";
  json["validators"].push_back({{"name", "short"}, {"key", "abc"}});
  json["validators"].push_back({{"name", "townhall"}, {"key", named_key("other").public_key().hex()}});
  json["operations"][1]["roles"][0] = "recordr";
  json["operations"].insert(json["operations"].begin(), Json{{"type", "register_untit"}});
  const Run run = cli.run({"genesis", "check", cli.write("bad.json", json.dump())});
  CHECK(run.exit == 7);
  CHECK(run.out.empty());
  CHECK(first_line(run.err).find("bad.json has 6 mistakes") != std::string::npos);
  for (const std::string part :
       {"  validators[1].key: is \"abc\"; expected 64 lower-case hexadecimal digits\n",
        "  operations[0].type: is \"register_untit\"; expected one of register_unit, ",
        "  operations[2].roles[0]: is \"recordr\"; expected one of registrar, ", "  name: has 0 bytes; expected 1 to ",
        "  window: is 0; expected 1 to 1024 blocks",
        "  validators[2].name: is \"townhall\", as validators[0] is; expected distinct names\n"}) {
    INFO(part << "\n" << run.err);
    CHECK(run.err.find(part) != std::string::npos);
  }
}

TEST_CASE("genesis check runs the operations as a node would") {
  Cli cli;
  auto json = parse_json(cli.run(genesis_arguments(cli)).out).value();
  json["operations"].erase(0);
  const Run run = cli.run({"genesis", "check", cli.write("bad.json", json.dump())});
  CHECK(run.exit == 7);
  CHECK(run.err.find("yingshan") != std::string::npos);
  CHECK(cli.run({"genesis", "check", cli.write("bad.json", "{")}).exit == 7);
  CHECK(cli.run({"genesis", "check", cli.write("bad.json", "[]")}).exit == 7);
  CHECK(cli.run({"genesis", "check", cli.path("absent.json")}).exit == 7);
}

}  // namespace tally::test
