// tally light: from a node and from a file; what it says, what it refuses, and what it admits to leaving out.
#include "common/json.h"
#include "contracts/genesis_json.h"
#include "tally_cli/harness.h"

namespace tally::test {

namespace {

struct Light {
  Light() {
    cli.node = &node;
    cli.environment["TALLY_PASSPHRASE_FILE"] = cli.passphrase_file();
    cli.environment["TALLY_KEY"] = cli.key_file("accountant");
    genesis = cli.write("genesis.json", contracts::genesis_text(node.genesis()));
    for (char digit = '1'; digit <= '3'; ++digit) {
      const Run run = cli.run({"submit", "register-subject", "--unit", kUnit, "--commitment", std::string(64, 'a'),
                               "--subject", std::string(31, '0') + digit});
      INFO(run.err);
      REQUIRE(run.exit == 0);
    }
    cli.environment["TALLY_KEY"] = cli.key_file("auditor");
  }
  Run run(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"light", "--genesis", genesis, "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return cli.run(arguments);
  }
  // Refused; what the verdict names.
  Json refused(std::vector<std::string> more = {}) {
    const Run told = run(std::move(more));
    INFO(told.err << told.out);
    CHECK(told.exit == static_cast<int>(cli::ExitCode::verification_failed));
    return parse_json(told.out).value()["failure"];
  }

  OneNode node;
  Cli cli;
  std::string genesis;
};

}  // namespace

TEST_CASE("a light pass over a node proves the receipts of a sample and says what it left out") {
  Light light;
  const Run run = light.run({"--samples", "2", "--seed", "7"});
  INFO(run.err);
  REQUIRE(run.exit == 0);
  const Json told = parse_json(run.out).value();
  CHECK(told["verified_until"] == "3");
  CHECK(told["certificates"] == "3");
  CHECK(told["sampled_transactions"] == "2");
  CHECK(told["receipts"] == "2");
  CHECK(told["seed"] == "7");
  CHECK(told["not_checked"].get<std::string>().find("the batches of 1 of 3 blocks") != std::string::npos);
}

TEST_CASE("a node that lies in headers or in proofs is caught by a light pass") {
  Light light;
  light.node.forked_at = 2;
  Json failure = light.refused();
  CHECK(failure["height"] == "3");
  CHECK(failure["what"] == "header.parent");
  // Certified by the liar, and still no parent of what follows.
  light.node.signs_forks = true;
  CHECK(light.refused()["height"] == "3");
  light.node.forked_at = 3;
  CHECK(light.refused()["height"] == "3");
  light.node.forked_at = ~0ULL;
  light.node.lies_in_proofs = true;
  failure = light.refused();
  CHECK(failure["what"].get<std::string>().starts_with("receipt"));
}

TEST_CASE("a light pass over a file samples signatures and needs no node") {
  Light light;
  const std::string file = light.cli.path("chain.tally");
  REQUIRE(light.cli.run({"export", "--file", file}).exit == 0);
  light.cli.node = nullptr;
  const Run run = light.run({"--file", file, "--samples", "2"});
  INFO(run.err);
  REQUIRE(run.exit == 0);
  const Json told = parse_json(run.out).value();
  CHECK(told["batches"] == "3");
  CHECK(told["client_signatures"] == "2");
  CHECK(told["not_checked"].get<std::string>().find("1 of 3 transactions") != std::string::npos);
  std::string bytes = light.cli.read("chain.tally");
  bytes[bytes.size() - 120] ^= 1;  // inside the last block's certificate
  CHECK(light.refused({"--file", light.cli.write("bad.tally", bytes)})["height"] == "3");
  CHECK(light.run({"--epochs", file}).exit == static_cast<int>(cli::ExitCode::usage));
  CHECK(light.run({"--file", file, "--epochs", file}).exit != 0);
  CHECK(light.run({"--file", light.cli.path("absent.tally")}).exit == static_cast<int>(cli::ExitCode::bad_input));
}

}  // namespace tally::test
