// tally watch: a trusted head that only moves forward, and an alarm for everything else.
#include <filesystem>

#include "common/json.h"
#include "contracts/genesis_json.h"
#include "tally_cli/harness.h"

namespace tally::test {

namespace {

struct Watch {
  Watch() {
    cli.node = &node;
    cli.environment["TALLY_PASSPHRASE_FILE"] = cli.passphrase_file();
    cli.environment["TALLY_KEY"] = cli.key_file("accountant");
    genesis = cli.write("genesis.json", contracts::genesis_text(node.genesis()));
    block();
    block();
  }
  void block() {
    const Run run = cli.run({"submit", "register-subject", "--unit", kUnit, "--commitment", std::string(64, 'a'),
                             "--subject", std::string(31, '0') + static_cast<char>('1' + blocks++)});
    INFO(run.err);
    REQUIRE(run.exit == 0);
  }
  Run round(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"watch", "--trust", cli.path("trust"), "--once", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return cli.run(arguments);
  }
  // A round without an alarm.
  Json quiet(std::vector<std::string> more = {}) {
    const Run run = round(std::move(more));
    INFO(run.err << run.out);
    REQUIRE(run.exit == 0);
    return parse_json(run.out).value();
  }
  Json alarm(const std::string& kind, int exit = static_cast<int>(cli::ExitCode::verification_failed)) {
    const std::string before = trusted();
    const Run run = round();
    INFO(run.err << run.out);
    CHECK(run.exit == exit);
    const Json told = parse_json(run.out).value();
    REQUIRE(told["alarms"].size() >= 1);
    CHECK(told["alarms"][0]["kind"] == kind);
    CHECK(trusted_header(before) == trusted_header(trusted()));
    return told["alarms"][0];
  }
  [[nodiscard]] std::string trusted() const { return cli.read("trust/trusted.json"); }
  static std::string trusted_header(const std::string& text) { return parse_json(text).value()["header"]; }

  OneNode node;
  Cli cli;
  std::string genesis;
  int blocks = 0;
};

}  // namespace

TEST_CASE("the trusted head moves forward from the genesis and over restarts") {
  Watch watch;
  CHECK(watch.round().err.find("--genesis") != std::string::npos);
  CHECK(watch.quiet({"--genesis", watch.genesis})["height"] == "2");
  CHECK(watch.quiet()["height"] == "2");
  watch.block();
  const Json told = watch.quiet();
  CHECK(told["height"] == "3");
  CHECK(told["alarms"].empty());
}

TEST_CASE("a fork with signatures on both sides is proven and kept and the trusted head stays") {
  Watch watch;
  (void)watch.quiet({"--genesis", watch.genesis});
  watch.node.forked_at = 2;
  watch.node.signs_forks = true;
  const Json alarm = watch.alarm("fork");
  CHECK(alarm["what"].get<std::string>().find("both were signed by townhall") != std::string::npos);
  // What is kept names the signer to whoever audits the chain.
  watch.node.forked_at = ~0ULL;
  watch.cli.environment["TALLY_KEY"] = watch.cli.key_file("auditor");
  const Run blamed = watch.cli.run({"audit", "--genesis", watch.genesis, "--blame", "--evidence",
                                    watch.cli.path("trust/alarms/fork-2.json"), "--json"});
  INFO(blamed.err);
  CHECK(parse_json(blamed.out).value()["blame"]["proven"].size() == 1);
}

TEST_CASE("a block without a certificate in place of the trusted one is an alarm and no proof") {
  Watch watch;
  (void)watch.quiet({"--genesis", watch.genesis});
  watch.node.forked_at = 2;
  CHECK(watch.alarm("lacks_trusted_head")["what"].get<std::string>().find("nothing certifies it") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(watch.cli.path("trust/alarms")));
}

TEST_CASE("headers that do not follow move nothing") {
  Watch watch;
  (void)watch.quiet({"--genesis", watch.genesis});
  watch.block();
  watch.block();
  watch.node.forked_at = 3;
  CHECK(watch.alarm("bad_answer")["what"].get<std::string>().starts_with("block 4.header.parent"));
  watch.node.forked_at = ~0ULL;
  CHECK(watch.quiet()["height"] == "4");
}

TEST_CASE("a node that goes back and one that is silent are alarms") {
  Watch watch;
  (void)watch.quiet({"--genesis", watch.genesis});
  watch.node.hidden_blocks = 1;
  CHECK(watch.alarm("went_back")["what"] == "its final block is 1, it was 2");
  watch.node.hidden_blocks = 0;
  watch.cli.node = nullptr;
  (void)watch.alarm("unreachable", static_cast<int>(cli::ExitCode::unreachable));
}

TEST_CASE("a chain that stands still is an alarm if it was asked for") {
  Watch watch;
  (void)watch.quiet({"--genesis", watch.genesis, "--stall", "10m"});
  watch.cli.now = watch.cli.now.plus(11ULL * 60 * 1000);
  (void)watch.quiet();
  const Run run = watch.round({"--stall", "10m"});
  CHECK(run.exit == static_cast<int>(cli::ExitCode::verification_failed));
  CHECK(run.out.find("no new block for 660 s") != std::string::npos);
}

TEST_CASE("a damaged trust file is refused and stays as it is") {
  Watch watch;
  (void)watch.quiet({"--genesis", watch.genesis});
  std::string text = watch.trusted();
  text[text.find("\"bytes\"") + 40] ^= 1;
  watch.cli.write("trust/trusted.json", text);
  const Run run = watch.round({"--genesis", watch.genesis});
  CHECK(run.exit == static_cast<int>(cli::ExitCode::bad_input));
  CHECK(run.err.find("it is never replaced by a guess") != std::string::npos);
  CHECK(watch.trusted() == text);
}

}  // namespace tally::test
