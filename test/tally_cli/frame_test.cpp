// Usage errors, help, exit codes, and how failures are printed.

#include "common/json.h"
#include "tally/exit_codes.h"
#include "tally_cli/harness.h"

namespace tally::test {

namespace {

struct UsageRow {
  std::vector<std::string> arguments;
  std::string err;  // all of it
};

const std::vector<UsageRow> kUsage = {
    {{},
     "error: tally needs a command [invalid_field]\n  expected: one of submit, query, explain, dry-run, prove, verify, "
     "slip, audit, light, watch, export, archive, tx, validator, protocol, rulebook, parameters, recovery, snapshot, "
     "prune, restore, scrub, repair, diff, key, init, genesis, config, cel, completion, help, version\n  next: see "
     "tally "
     "--help\n"},
    {{"sbmit"},
     "error: tally has no command \"sbmit\" [invalid_field]\n  expected: perhaps submit\n  next: see tally --help\n"},
    {{"key"},
     "error: tally key needs a command [invalid_field]\n  expected: one of new, show\n  next: see tally key --help\n"},
    {{"key", "show"},
     "error: tally key show needs FILE [invalid_field]\n  expected: FILE: The key file\n  next: see tally key show "
     "--help\n"},
    {{"key", "show", "a", "b"},
     "error: tally key show takes no argument \"b\" [invalid_field]\n  next: see tally key show --help\n"},
    {{"key", "new", "a", "--lable", "x"},
     "error: tally key new has no option \"--lable\" [invalid_field]\n  expected: perhaps --label\n  next: see tally "
     "key "
     "new --help\n"},
    {{"query", "status", "--timeout", "soon"},
     "error: --timeout: is \"soon\" [invalid_field]\n  expected: a length of time such as 90s, 15m, 24h or 7d\n  next: "
     "see tally query status --help\n"},
    {{"submit", "award", "--rulebook", "r", "--subject", "s", "--rule", "c", "--quantity", "-3"},
     "error: --quantity: is \"-3\" [invalid_field]\n  expected: a whole number from 1 to 4294967295\n  next: see tally "
     "submit award --help\n"},
    {{"submit", "resolve", "7", "--resolution", "maybe", "--reason", "x"},
     "error: --resolution: is \"maybe\" [invalid_field]\n  expected: one of upheld, dismissed\n  next: see tally "
     "submit "
     "resolve --help\n"},
    {{"config", "show", "--output", "xml"},
     "error: --output: is \"xml\" [invalid_field]\n  expected: table, json or csv\n"},
    {{"submit", "sheet", "x.csv"}, "error: a sheet needs a rulebook [invalid_field]\n  expected: --rulebook ID\n"},
};

}  // namespace

TEST_CASE("a wrong command line ends with 2, the mistake and where to read on") {
  for (const auto& row : kUsage) {
    Cli cli;
    const Run run = cli.run(row.arguments);
    INFO(row.err);
    CHECK(run.exit == 2);
    CHECK(run.out.empty());
    CHECK(run.err == row.err);
  }
}

TEST_CASE("an option without its value is a usage error") {
  Cli cli;
  const Run run = cli.run({"query", "status", "--timeout"});
  CHECK(run.exit == 2);
  CHECK(run.err.find("--timeout") != std::string::npos);
}

TEST_CASE("usage errors are JSON objects with --json") {
  Cli cli;
  const Run run = cli.run({"--json", "sbmit"});
  CHECK(run.exit == 2);
  const auto error = parse_json(run.err);
  REQUIRE(error);
  CHECK((*error)["error"]["exit"] == 2);
  CHECK((*error)["error"]["what"] == "tally has no command \"sbmit\"");
  CHECK((*error)["error"]["next"] == "see tally --help");
}

TEST_CASE("the table of exit codes is complete and printed by help") {
  int expected = 0;
  for (const auto& row : cli::exit_code_table()) CHECK(static_cast<int>(row.code) == expected++);
  CHECK(expected == 13);
  Cli cli;
  const Run run = cli.run({"help", "exit-codes"});
  CHECK(run.exit == 0);
  CHECK(first_line(run.out) == "code  name                 meaning");
  CHECK(run.out.find("   6  verification_failed  ") != std::string::npos);
  CHECK(run.out.find("  10  unhealthy            ") != std::string::npos);
  const auto json = parse_json(cli.run({"help", "exit-codes", "--json"}).out);
  REQUIRE(json);
  CHECK(json->size() == 13);
}

TEST_CASE("error codes map to exit codes") {
  using cli::exit_code_of;
  using cli::ExitCode;
  CHECK(exit_code_of(ErrorCode::ok) == ExitCode::ok);
  CHECK(exit_code_of(ErrorCode::internal) == ExitCode::internal);
  CHECK(exit_code_of(ErrorCode::unreachable) == ExitCode::unreachable);
  CHECK(exit_code_of(ErrorCode::timeout) == ExitCode::not_final);
  for (const auto code : {ErrorCode::wrong_chain, ErrorCode::expired, ErrorCode::replay_conflict,
                          ErrorCode::bad_signature, ErrorCode::missing_role, ErrorCode::batch_aborted})
    CHECK(exit_code_of(code) == ExitCode::rejected);
  for (const auto code : {ErrorCode::bad_certificate, ErrorCode::root_mismatch, ErrorCode::broken_chain})
    CHECK(exit_code_of(code) == ExitCode::verification_failed);
  CHECK(exit_code_of(ErrorCode::config_invalid) == ExitCode::bad_input);
  CHECK(exit_code_of(ErrorCode::not_found) == ExitCode::not_found);
  CHECK(exit_code_of(ErrorCode::forbidden) == ExitCode::unauthorised);
}

TEST_CASE("every command has a summary and help with an example, groups have children") {
  Cli helper;
  std::size_t commands = 0;
  const std::function<void(const cli::CommandInfo&)> visit = [&](const cli::CommandInfo& command) {
    INFO(command.path);
    CHECK(!command.summary.empty());
    CHECK((command.action != nullptr) == command.children.empty());
    if (command.action) {
      ++commands;
      CHECK(!command.examples.empty());
      std::vector<std::string> words;
      std::string word;
      for (const char c : command.path + " --help ") {
        if (c != ' ') {
          word.push_back(c);
        } else {
          if (word != "tally") words.push_back(word);
          word.clear();
        }
      }
      const Run run = helper.run(words);
      CHECK(run.exit == 0);
      CHECK(run.out.starts_with("Usage: " + command.path));
      CHECK(run.out.find("\nExamples:\n") != std::string::npos);
    }
    for (const auto& option : command.options) CHECK(!option.help.empty());
    for (const auto& child : command.children) visit(*child);
  };
  Cli probe;
  probe.extensions.push_back([&](cli::Program& program) { visit(program.tree()); });
  CHECK(probe.run({"version"}).exit == 0);
  CHECK(commands >= 40);
}

TEST_CASE("help on a command by its words") {
  Cli cli;
  CHECK(cli.run({"help", "submit", "award"}).out == cli.run({"submit", "award", "--help"}).out);
  CHECK(cli.run({"help", "submit", "awrd"}).exit == 2);
}

TEST_CASE("an unreachable node names the address and a remedy") {
  Cli cli;
  const Run run = cli.run({"query", "status", "--node", "http://10.9.8.7:1"});
  CHECK(run.exit == 3);
  CHECK(run.err ==
        "error: the node at http://10.9.8.7:1 does not answer [unreachable]\n  why: http://10.9.8.7:1: refuses the "
        "connection\n  next: start the node, or name another with --node URL\n");
}

TEST_CASE("commands of other tools join the tree") {
  Cli cli;
  auto name = std::make_shared<std::string>();
  cli.extensions.push_back([name](cli::Program& program) {
    cli::Command group = program.root().group("devnet", "A network for trials");
    group
        .command("up", "Start it", {"tally devnet up"},
                 [name](cli::Context& context) -> cli::Outcome<void> {
                   context.emit_text("started " + *name);
                   return {};
                 })
        .text("--name", "NAME", *name, "Its name");
  });
  CHECK(cli.run({"devnet", "up", "--name", "x"}).out == "started x\n");
  cli.environment["TALLY_NAME"] = "from the environment";
  CHECK(cli.run({"devnet", "up"}).out == "started from the environment\n");
  CHECK(cli.run({"completion", "bash"}).out.find("\"devnet up\"") != std::string::npos);
}

TEST_CASE("an exception in a command is an internal error, not an abort") {
  Cli cli;
  cli.extensions.push_back([](cli::Program& program) {
    program.root().command("fail", "Fails", {"tally fail"},
                           [](cli::Context&) -> cli::Outcome<void> { throw std::runtime_error("disk on fire"); });
  });
  const Run run = cli.run({"fail"});
  CHECK(run.exit == 1);
  CHECK(run.err == "error: disk on fire [internal]\n");
}

}  // namespace tally::test
