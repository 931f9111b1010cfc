// Completions: every command and option stands in every script, and bash takes its script.
#include <cstdlib>
#include <set>

#include "tally_cli/harness.h"

namespace tally::test {

namespace {

void gather(const cli::CommandInfo& command, std::vector<std::string>& paths, std::set<std::string>& options) {
  if (command.path != "tally") paths.push_back(command.path.substr(6));
  for (const auto& option : command.options) {
    if (option.kind != cli::OptionInfo::Kind::argument) options.insert(option.name);
  }
  for (const auto& child : command.children) gather(*child, paths, options);
}

// What the bash script offers after these words.
std::string offered(Cli& cli, const std::string& script, const std::vector<std::string>& words) {
  std::string line = "source " + script + "; COMP_WORDS=(";
  for (const auto& word : words) line += " '" + word + "'";
  line += "); COMP_CWORD=" + std::to_string(words.size() - 1) + "; _tally; echo \"${COMPREPLY[*]}\"";
  const std::string file = cli.write("try.sh", line);
  const std::string command = "bash " + file + " > " + cli.path("offered") + " 2>&1";
  REQUIRE(std::system(command.c_str()) == 0);
  return first_line(cli.read("offered"));
}

}  // namespace

TEST_CASE("scripts hold every command and every option") {
  std::vector<std::string> paths;
  std::set<std::string> options;
  Cli cli;
  cli.extensions.push_back([&](cli::Program& program) { gather(program.tree(), paths, options); });
  REQUIRE(cli.run({"version"}).exit == 0);
  cli.extensions.clear();
  REQUIRE(paths.size() > 40);
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const Run run = cli.run({"completion", shell});
    CHECK(run.exit == 0);
    CHECK(run.err.empty());
    for (const auto& path : paths) {
      INFO(shell << ": " << path);
      CHECK(run.out.find(path) != std::string::npos);
    }
    for (const auto& option : options) {
      INFO(shell << ": " << option);
      CHECK(run.out.find(shell == "fish" ? "-l " + option.substr(2) : option) != std::string::npos);
    }
  }
}

TEST_CASE("bash completes commands, options, choices") {
  Cli cli;
  const std::string script = cli.write("tally.bash", cli.run({"completion", "bash"}).out);
  CHECK(offered(cli, script, {"tally", "que"}) == "query");
  CHECK(offered(cli, script, {"tally", "query", "ac"}) == "account");
  CHECK(offered(cli, script, {"tally", "--node", "query", "key", "sh"}) == "show");
  CHECK(offered(cli, script, {"tally", "submit", "resolve", "7", "--resolution", ""}) == "upheld dismissed");
  CHECK(offered(cli, script, {"tally", "query", "status", "--output", "j"}) == "json");
  CHECK(offered(cli, script, {"tally", "query", "status", "--exit"}) == "--exit-when-healthy");
}

}  // namespace tally::test
