// tally prove, tally verify and tally query entries.
#include "common/json.h"
#include "contracts/genesis_json.h"
#include "tally_cli/harness.h"

namespace tally::test {

namespace {

const std::string kHandle = "0123456789abcdef0123456789abcdef";

// A household with two awards and a deduction that took effect.
struct Proofs {
  Proofs() {
    cli.node = &node;
    cli.environment["TALLY_PASSPHRASE_FILE"] = cli.passphrase_file();
    cli.environment["TALLY_KEY"] = cli.key_file("accountant");
    ok({"submit", "register-subject", "--unit", kUnit, "--commitment", std::string(64, 'a'), "--open-account",
        "qingzhen", "--subject", kHandle});
    award('a');
    award('b');
    ok({"submit", "deduct", "--rulebook", "qingzhen", "--subject", kHandle, "--rule", "QZ3", "--evidence",
        std::string(64, 'c'), "--reason", "broken", "--cosign", cli.key_file("secretary"), "--cosign-passphrase-file",
        cli.passphrase_file()});
    ok({"submit", "advance-clock", "--by", "20d"});
    award('d');
    genesis = cli.write("genesis.json", contracts::genesis_text(node.genesis()));
  }
  void award(char paper) {
    const Run run = cli.run({"submit", "award", "--rulebook", "qingzhen", "--subject", kHandle, "--rule", "QZ7",
                             "--evidence", std::string(64, paper), "--json"});
    INFO(run.err);
    REQUIRE(run.exit == 0);
    transaction = parse_json(run.err).value()["transaction"];
  }
  void ok(const std::vector<std::string>& arguments) {
    const Run run = cli.run(arguments);
    INFO(run.err << run.out);
    REQUIRE(run.exit == 0);
  }
  Run verify(const std::string& file, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"verify", cli.path(file), "--genesis", genesis};
    arguments.insert(arguments.end(), more.begin(), more.end());
    cli.node = nullptr;  // offline
    Run run = cli.run(arguments);
    cli.node = &node;
    return run;
  }
  Json verified(const std::string& file) {
    const Run run = verify(file, {"--json"});
    INFO(run.err);
    REQUIRE(run.exit == 0);
    return parse_json(run.out).value();
  }

  OneNode node;
  Cli cli;
  std::string genesis;
  std::string transaction;
};

}  // namespace

TEST_CASE("a score is proven to whoever holds the genesis, and the file stays small") {
  Proofs proofs;
  proofs.ok({"prove", "account", "qingzhen", kHandle, "--out", proofs.cli.path("score.proof")});
  CHECK(proofs.cli.read("score.proof").size() < 4096);
  const Json told = proofs.verified("score.proof");
  CHECK(told["score_points"] == "99.0");
  CHECK(told["account"]["subject"] == kHandle);
  CHECK(told["signers"].size() == 1);
  const Run words = proofs.verify("score.proof");
  CHECK(words.out.find("99.0 points") != std::string::npos);
  CHECK(words.out.find("TEST CLOCK") != std::string::npos);
  CHECK(proofs.verify("score.proof", {"--subject", kHandle}).exit == 0);
  const Run other = proofs.verify("score.proof", {"--subject", std::string(32, '1')});
  CHECK(other.exit == static_cast<int>(cli::ExitCode::verification_failed));
  CHECK(first_line(other.err).find("but the file proves account qingzhen/credit of " + kHandle) != std::string::npos);
}

TEST_CASE("entries are proven with their rules and what each did to the score") {
  Proofs proofs;
  proofs.ok({"prove", "history", "qingzhen", kHandle, "--last", "2", "--out", proofs.cli.path("book.proof")});
  const Json told = proofs.verified("book.proof");
  REQUIRE(told["entries"].size() == 2);
  CHECK(told["entries"][0]["index"] == "3");
  CHECK(told["entries"][0]["entry"]["kind"] == "deduction");
  CHECK(told["entries"][1]["entry"]["rule"] == "QZ7");
  CHECK(told["entries"][1]["rule_title"]["en"] == "season contract performed");
  CHECK(proofs.verify("book.proof").out.find("-10.0") != std::string::npos);
}

TEST_CASE("a gate is judged again by whoever checks it") {
  Proofs proofs;
  proofs.ok({"prove", "gate", "qingzhen", kHandle, "loan", "--out", proofs.cli.path("loan.proof")});
  const Json told = proofs.verified("loan.proof");
  CHECK(told["gate"]["code"] == "loan");
  CHECK(told["gate"]["passes"] == true);
  CHECK_FALSE(told["gate"]["reasons"].empty());
  const Run unknown =
      proofs.cli.run({"prove", "gate", "qingzhen", kHandle, "lone", "--out", proofs.cli.path("lone.proof")});
  CHECK(unknown.exit != 0);
  CHECK(unknown.err.find("gate: is \"lone\"") != std::string::npos);
}

TEST_CASE("a transaction is proven with its outcome and its signatures") {
  Proofs proofs;
  proofs.ok({"prove", "transaction", proofs.transaction, "--out", proofs.cli.path("award.proof")});
  const Json told = proofs.verified("award.proof");
  CHECK(told["receipt"]["code"] == "ok");
  CHECK(told["client_signatures"] == 1);
  CHECK(proofs.verify("award.proof", {"--transaction", proofs.transaction}).exit == 0);
  CHECK(proofs.verify("award.proof", {"--transaction", std::string(64, '0')}).exit != 0);
  CHECK(proofs.verify("award.proof").out.find(named_key("accountant").public_key().hex()) != std::string::npos);
}

TEST_CASE("what does not hold is refused in words, and nothing is written") {
  Proofs proofs;
  proofs.ok({"prove", "account", "qingzhen", kHandle, "--out", proofs.cli.path("score.proof")});
  std::string bytes = proofs.cli.read("score.proof");
  bytes[bytes.size() / 2] ^= 4;
  proofs.cli.write("damaged.proof", bytes);
  const Run damaged = proofs.verify("damaged.proof");
  CHECK(damaged.exit == static_cast<int>(cli::ExitCode::verification_failed));
  CHECK(damaged.err.find("damaged.proof proves nothing") != std::string::npos);
  CHECK(damaged.err.find("the file's own digest does not match") != std::string::npos);
  proofs.cli.write("letter.txt", "To whom it may concern");
  CHECK(proofs.verify("letter.txt").err.find("is not a proof file") != std::string::npos);
  CHECK(proofs.verify("absent.proof").exit == static_cast<int>(cli::ExitCode::bad_input));

  auto foreign = proofs.node.genesis();
  foreign.name = "elsewhere";
  proofs.genesis = proofs.cli.write("foreign.json", contracts::genesis_text(foreign));
  CHECK(proofs.verify("score.proof").err.find("the digest of the genesis") != std::string::npos);

  proofs.node.lies_in_proofs = true;
  const Run lied = proofs.cli.run({"prove", "account", "qingzhen", kHandle, "--out", proofs.cli.path("lie.proof")});
  CHECK(lied.exit == static_cast<int>(cli::ExitCode::verification_failed));
  CHECK(lied.err.find("the node's proof does not hold") != std::string::npos);
  CHECK(proofs.verify("lie.proof").exit == static_cast<int>(cli::ExitCode::bad_input));
}

TEST_CASE("entries are listed by unit and officer with what proves them") {
  Proofs proofs;
  const Run run = proofs.cli.run({"query", "entries", "--unit", kUnit, "--json"});
  INFO(run.err);
  REQUIRE(run.exit == 0);
  const Json rows = parse_json(run.out).value()["rows"];
  REQUIRE(rows.size() == 5);
  CHECK(rows[0]["entry"]["change_points"] == "3.0");
  CHECK(rows[0]["index"] == "4");
  const Run table = proofs.cli.run({"query", "entries", "--unit", kUnit, "--since", "2026-03-10"});
  CHECK(table.out.find("-10.0") != std::string::npos);
  const Run nothing = proofs.cli.run({"query", "entries"});
  CHECK(nothing.err.find("officer: is missing, as are rule, unit and subject") != std::string::npos);
}

}  // namespace tally::test
