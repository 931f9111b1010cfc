// tally recovery: what the commands say when there is nothing to recover, or the files are wrong. Documents that are
// right are made and applied in test/node/halt_test.cpp.
#include <filesystem>

#include "consensus/epoch_recovery.h"
#include "tally_cli/harness.h"

namespace tally::test {

namespace {

Run recovery(Cli& cli, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "recovery");
  return cli.run(arguments);
}

}  // namespace

TEST_CASE("recovery: a node without its genesis has nothing to draft") {
  Cli cli;
  REQUIRE(cli.run({"init", cli.path("node"), "--name", "Ludishao"}).exit == 0);
  const Run run = recovery(cli, {"draft", cli.path("halt.json"), "--node-config", cli.path("node/node.toml")});
  INFO(run.out << run.err);
  CHECK(run.exit == 7);
  CHECK(first_line(run.err).starts_with("error: the node's files cannot be used"));
  CHECK_FALSE(std::filesystem::exists(cli.path("halt.json")));
}

TEST_CASE("recovery: show says what a document says") {
  Cli cli;
  OneNode node;
  const auto signer = crypto::make_signer(named_key("validator"), ledger::chain_id(node.genesis()));
  consensus::EpochRecovery document;
  document.statement = {Epoch{3}, BlockHeight{41}, Digest{{9}}};
  document.halt.push_back({{Epoch{3}, BlockHeight{42}, Digest{{1}}}, ReplicaIndex{2}, {}});
  consensus::add_signature(document, ReplicaIndex{1}, consensus::sign_recovery(document.statement, *signer));
  Json json = {{"format", "tally.recovery.v1"}, {"chain", node.chain_id()}};
  json["recovery"] = to_json(document);
  const std::string file = cli.write("halt.json", json.dump());
  const Run run = recovery(cli, {"show", file});
  INFO(run.out << run.err);
  CHECK(run.exit == 0);
  for (const char* says : {"epoch that ends", "3", "after block", "41", "signed by replicas", "42"})
    CHECK(run.out.find(says) != std::string::npos);
  CHECK(parse_json(recovery(cli, {"show", file, "--json"}).out).value() == json);
}

TEST_CASE("recovery: a file that is no document is refused with what is wrong in it") {
  Cli cli;
  struct Row {
    const char* text;
    const char* says;
  };
  const std::vector<Row> rows = {
      {"{}", "format: is not that of a recovery document"},
      {"nonsense", "is not JSON at line 1"},
      {R"({"format": "tally.recovery.v1", "chain": "00"})", "has other fields"},
      {R"({"format": "tally.recovery.v1", "chain": "00", "recovery": {}})", "chain: "},
  };
  for (const auto& row : rows) {
    const Run run = recovery(cli, {"show", cli.write("bad.json", row.text)});
    INFO(row.text << "\n" << run.out << run.err);
    CHECK(run.exit == 7);
    CHECK(run.err.find(row.says) != std::string::npos);
  }
}

TEST_CASE("recovery: the settings of the node are required, and must be there") {
  Cli cli;
  CHECK(recovery(cli, {"draft", cli.path("halt.json")}).exit == 2);
  const Run run = recovery(cli, {"draft", cli.path("halt.json"), "--node-config", cli.path("missing.toml")});
  CHECK(run.exit == 7);
  CHECK(run.err.find("the node's settings cannot be used") != std::string::npos);
}

}  // namespace tally::test
