// Submitting, waiting, offline signing, and what is read back.

#include "common/json.h"
#include "contracts/transaction_json.h"
#include "crypto/digest.h"
#include "tally_cli/harness.h"

namespace tally::test {

namespace {

const std::string kHandle = "0123456789abcdef0123456789abcdef";
const std::string kEvidence(64, 'a');

struct Office {
  explicit Office(ledger::ClockMode clock = ledger::ClockMode::test) : node(village_genesis(clock)) {
    cli.node = &node;
    cli.environment["TALLY_KEY"] = cli.key_file("accountant");
    cli.environment["TALLY_PASSPHRASE_FILE"] = cli.passphrase_file();
  }
  Run register_subject(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"submit",       "register-subject", "--unit",         kUnit,
                                          "--commitment", kEvidence,          "--open-account", "qingzhen"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return cli.run(arguments);
  }
  Run award(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"submit", "award",  "--rulebook", "qingzhen",   "--subject",
                                          kHandle,  "--rule", "QZ7",        "--evidence", kEvidence};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return cli.run(arguments);
  }

  OneNode node;
  Cli cli;
};

std::string announced(const std::string& err) {
  const std::string line = first_line(err);
  REQUIRE(line.starts_with("transaction "));
  return line.substr(12);
}

}  // namespace

TEST_CASE("submit names the transaction, waits, and tells the receipt in words") {
  Office office;
  REQUIRE(office.register_subject({"--subject", kHandle}).exit == 0);
  const Run run = office.award({"--reason", "按时履约"});
  INFO(run.err);
  CHECK(run.exit == 0);
  const std::string id = announced(run.err);
  CHECK(run.out == "transaction  " + id +
                       "\nstate        final\nblock        2\nblock time   2026-03-01T08:00:00.002Z\n\n"
                       "operation  outcome  words\naward      ok       +3.0 points, score now 103.0, entry 1\n");
  // The reason itself never leaves the office.
  for (const auto& target : office.node.targets) CHECK(target.find("履约") == std::string::npos);
}

TEST_CASE("a fresh handle is said before it is sent and stands in the result") {
  Office office;
  const Run run = office.register_subject({"--json"});
  REQUIRE(run.exit == 0);
  const auto said = parse_json(first_line(run.err)).value();
  const auto result = parse_json(run.out).value();
  CHECK(said["subject"].get<std::string>().size() == 32);
  CHECK(result["transactions"][0]["subject"] == said["subject"]);
  CHECK(result["transactions"][0]["id"] == said["transaction"]);
  CHECK(result["transactions"][0]["state"] == "final");
}

TEST_CASE("a rejected transaction ends with 5 and the rule's reason") {
  Office office;
  const Run run = office.award();
  CHECK(run.exit == 5);
  CHECK(run.err.find("was rejected; nothing was applied [not_registered]") != std::string::npos);
  CHECK(run.out.find("state        rejected") != std::string::npos);
}

TEST_CASE("a time-out shows the transaction and how to ask again") {
  Office office;
  office.node.takes_but_never_orders = true;
  const Run run = office.award({"--timeout", "3s", "--node", "http://10.0.0.1:8080"});
  CHECK(run.exit == 4);
  CHECK(run.out.empty());
  const std::string id = announced(run.err);
  CHECK(run.err == "transaction " + id + "\nerror: transaction " + id +
                       " is not final after 3 s [not_final]\n  why: the node says it is pending\n  next: ask again: "
                       "tally query transaction " +
                       id + " --wait 30s --node http://10.0.0.1:8080\n");
  CHECK(office.cli.slept_ms == 3000);
}

TEST_CASE("submit --no-wait returns once the node has taken it") {
  Office office;
  office.node.takes_but_never_orders = true;
  const Run run = office.award({"--no-wait", "--json"});
  CHECK(run.exit == 0);
  CHECK(parse_json(run.out).value()["transactions"][0]["state"] == "pending");
  CHECK(office.cli.slept_ms == 0);
}

TEST_CASE("another chain than the one expected is refused before anything is signed") {
  Office office;
  const Run run = office.award({"--chain", std::string(64, '0')});
  CHECK(run.exit == 5);
  CHECK(run.err.find("[wrong_chain]") != std::string::npos);
  CHECK(office.node.posts == 0);
}

TEST_CASE("award and deduct take only rules of their kind") {
  Office office;
  const Run run = office.award({"--rule", "QZ3"});
  CHECK(run.exit == 2);
  Cli& cli = office.cli;
  const Run deduct = cli.run({"submit", "award", "--rulebook", "qingzhen", "--subject", kHandle, "--rule", "QZ3"});
  CHECK(deduct.exit == 2);
  CHECK(first_line(deduct.err) == "error: --rule: is QZ3, which takes points [invalid_field]");
  CHECK(office.node.posts == 0);
}

TEST_CASE("a cosigned deduction is endorsed at once") {
  Office office;
  REQUIRE(office.register_subject({"--subject", kHandle}).exit == 0);
  const std::vector<std::string> deduct = {"submit",
                                           "deduct",
                                           "--rulebook",
                                           "qingzhen",
                                           "--subject",
                                           kHandle,
                                           "--rule",
                                           "QZ3",
                                           "--reason",
                                           "毁约",
                                           "--evidence",
                                           kEvidence,
                                           "--json",
                                           "--cosign",
                                           office.cli.key_file("secretary"),
                                           "--cosign-passphrase-file",
                                           office.cli.passphrase_file()};
  const Run run = office.cli.run(deduct);
  INFO(run.err);
  CHECK(run.exit == 0);
  const auto output = parse_json(run.out).value()["transactions"][0]["receipt"]["results"][0]["output"];
  CHECK(output["case_number"] == "1");
  CHECK(output["effective"].is_string());
}

TEST_CASE("the test clock is moved by an officer with the role") {
  Office office;
  // Further than a transaction may be valid: the next one must know of it.
  CHECK(office.cli.run({"submit", "advance-clock", "--by", "40d"}).exit == 0);
  CHECK(office.register_subject().exit == 0);
  const Run status = office.cli.run({"query", "status"});
  CHECK(status.out.find("TEST CLOCK") != std::string::npos);
  CHECK(status.out.find("2026-04-10T08:00:00") != std::string::npos);
  Office real(ledger::ClockMode::real);
  const Run refused = real.cli.run({"submit", "advance-clock", "--by", "10d"});
  CHECK(refused.exit == 5);
  CHECK(refused.err.find("[test_clock_disabled]") != std::string::npos);
}

TEST_CASE("transactions are made, signed and sent in steps") {
  Office office;
  Cli& cli = office.cli;
  REQUIRE(office.register_subject({"--subject", kHandle}).exit == 0);
  const std::string operations =
      cli.write("operations.json", R"([{"type": "award", "rulebook": "qingzhen", "subject": ")" + kHandle +
                                       R"(", "rule": "QZ7", "quantity": 1, "event_time": "2026-02-20", "reason": ")" +
                                       std::string(64, '0') + R"(", "evidence": ")" + kEvidence + R"("}])");
  cli.node = nullptr;  // making and signing need no network
  const std::string unsigned_file = cli.path("tx.json");
  const Run made = cli.run({"tx", "make", operations, "--author", cli.key_file("accountant"), "--chain",
                            office.node.chain_id(), "--valid-until", "2026-03-05", "--out", unsigned_file});
  INFO(made.err);
  REQUIRE(made.exit == 0);
  const std::string signed_file = cli.path("signed.json");
  REQUIRE(cli.run({"tx", "sign", unsigned_file, "--out", signed_file}).exit == 0);
  CHECK(cli.run({"tx", "sign", signed_file}).exit == 2);                          // the same key twice
  CHECK(cli.run({"tx", "sign", unsigned_file, "--out", signed_file}).exit == 2);  // no file is replaced
  const Run shown = cli.run({"tx", "show", signed_file});
  CHECK(shown.exit == 0);
  CHECK(shown.out.find(named_key("accountant").public_key().hex() + "  author") != std::string::npos);
  cli.node = &office.node;
  const Run early = cli.run({"tx", "submit", unsigned_file});
  CHECK(early.exit == 7);
  const Run sent = cli.run({"tx", "submit", signed_file});
  INFO(sent.err);
  CHECK(sent.exit == 0);
  CHECK(sent.out.find("+3.0 points, score now 103.0, entry 1") != std::string::npos);

  auto forged = parse_json(cli.read("signed.json")).value();
  forged["body"]["valid_until"] = "2026-03-06";
  forged.erase("id");
  CHECK(cli.run({"tx", "submit", cli.write("forged.json", forged.dump())}).exit == 6);
  CHECK(cli.run({"tx", "show", cli.path("forged.json")}).exit == 6);
  forged["body"]["extra"] = 1;
  const Run unknown = cli.run({"tx", "show", cli.write("unknown.json", forged.dump())});
  CHECK(unknown.exit == 7);
  CHECK(unknown.err.find("extra") != std::string::npos);
}

TEST_CASE("mistakes in a list of operations are all named") {
  Office office;
  const std::string file = office.cli.write("operations.json", R"([{"type": "endorse"}, {"type": "endorse",
      "case_number": "7"}, {"type": "dance"}])");
  const Run run = office.cli.run({"tx", "make", file, "--author", office.cli.key_file("accountant")});
  CHECK(run.exit == 7);
  CHECK(run.err.find("operations.json: [0].case_number: is missing\n") != std::string::npos);
  CHECK(run.err.find("operations.json: [2].type: is \"dance\"; expected one of") != std::string::npos);
}

TEST_CASE("an account reads like an account book") {
  Office office;
  REQUIRE(office.register_subject({"--subject", kHandle}).exit == 0);
  REQUIRE(office.award({"--event-time", "2026-02-20"}).exit == 0);
  const Run run = office.cli.run({"query", "account", "qingzhen", kHandle});
  INFO(run.err);
  CHECK(run.exit == 0);
  CHECK(run.out.find("score                                   103.0\n") != std::string::npos);
  CHECK(run.out.find("Register\n"
                     "entry  date        kind     rule  title         change  score  by        note\n"
                     "    0  2026-03-01  opening                      +100.0  100.0  6163636f\n"
                     "    1  2026-02-20  award    QZ7   履行当季合同    +3.0  103.0  6163636f\n") != std::string::npos);
  const auto json = parse_json(office.cli.run({"query", "account", "qingzhen", kHandle, "--json"}).out).value();
  CHECK(json["account"]["score"] == "1030");
  CHECK(json["history"]["entries"].size() == 2);
  CHECK(first_line(office.cli.run({"query", "account", "qingzhen", kHandle, "--output", "csv"}).out) ==
        "entry,date,kind,rule,title,change,score,by,note");
}

TEST_CASE("what may not be read ends with 9, what is not there with 8") {
  Office office;
  office.cli.environment.erase("TALLY_KEY");
  const Run refused = office.cli.run({"query", "account", "qingzhen", kHandle});
  CHECK(refused.exit == 9);
  CHECK(refused.err.find("--key FILE") != std::string::npos);
  office.cli.environment["TALLY_KEY"] = office.cli.key_file("secretary");
  REQUIRE(office.cli.run({"query", "transaction", kEvidence}).exit == 8);
  CHECK(office.cli.run({"query", "rulebook", "absent"}).exit == 8);
  CHECK(office.cli.run({"query", "transaction", "abc"}).exit == 2);
}

TEST_CASE("a node that is not ready ends with 10 if asked to") {
  Office office;
  office.node.ready = false;
  CHECK(office.cli.run({"query", "status"}).exit == 0);
  const Run run = office.cli.run({"query", "status", "--check", "--json"});
  CHECK(run.exit == 10);
  CHECK(parse_json(run.out).value()["health"]["healthy"] == false);
  CHECK(office.cli.run({"query", "status", "--exit-when-healthy", "--timeout", "2s"}).exit == 10);
  CHECK(office.cli.slept_ms == 2000);
  office.node.ready = true;
  CHECK(office.cli.run({"query", "status", "--exit-when-healthy"}).exit == 0);
}

TEST_CASE("audit and export") {
  Office office;
  Cli& cli = office.cli;
  REQUIRE(office.register_subject({"--subject", kHandle}).exit == 0);
  REQUIRE(office.award().exit == 0);
  const std::string chain = office.node.chain_id();
  cli.environment["TALLY_KEY"] = cli.key_file("auditor");
  const Run live = cli.run({"audit", "--chain-id", chain, "--progress"});
  INFO(live.err);
  CHECK(live.exit == 0);
  CHECK(live.out.find("verdict            the chain holds; verified until height 2\n") != std::string::npos);
  CHECK(live.out.find("TEST CLOCK") != std::string::npos);
  CHECK(live.err.find("2 of 2 blocks") != std::string::npos);

  const std::string file = cli.path("chain.tally");
  REQUIRE(cli.run({"export", "--file", file}).exit == 0);
  CHECK(cli.run({"export", "--file", file}).exit == 2);
  cli.node = nullptr;
  const std::string genesis = cli.write("genesis.json", office.node.handle("GET", "/v1/genesis", "", {}).body);
  const Run good = cli.run({"audit", "--file", file, "--genesis", genesis, "--json"});
  CHECK(good.exit == 0);
  CHECK(good.err.empty());
  const auto verdict = parse_json(good.out).value();
  CHECK(verdict["verified_until"] == "2");
  CHECK(verdict["chain"] == chain);
  CHECK(verdict["chain_known_beforehand"] == true);

  std::string bytes = cli.read("chain.tally");
  bytes[bytes.size() - 120] ^= 1;  // inside the last block's certificate
  const Run bad = cli.run({"audit", "--file", cli.write("bad.tally", bytes), "--genesis", genesis});
  CHECK(bad.exit == 6);
  CHECK(bad.out.find("first bad block    2\n") != std::string::npos);
  CHECK(bad.out.find("THE CHAIN DOES NOT HOLD; verified until height 1") != std::string::npos);
  const Run cut = cli.run({"audit", "--file", cli.write("cut.tally", bytes.substr(0, bytes.size() / 2))});
  CHECK(cut.exit == 6);
  CHECK(cut.err.find("warning: neither --genesis nor --chain-id") != std::string::npos);
  CHECK(cli.run({"audit", "--file", file, "--chain-id", kEvidence}).exit == 6);
  CHECK(cli.run({"audit", "--file", cli.path("absent.tally")}).exit == 7);
}

}  // namespace tally::test
