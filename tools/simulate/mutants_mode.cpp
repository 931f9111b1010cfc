#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <unistd.h>

#include "simulate/modes.h"

namespace tally::simulate {

namespace {

// The build with planted bugs is a program of its own beside this one.
int run(const std::vector<std::string>& arguments) {
  std::error_code failure;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", failure);
  const std::string program = (own.parent_path() / "simulate-mutants").string();
  std::vector<char*> pointers{const_cast<char*>(program.c_str())};
  for (const auto& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  ::execv(program.c_str(), pointers.data());
  std::cerr << "simulate: cannot run " << program << "; build the target simulate-mutants\n";
  return kBadInput;
}

}  // namespace

void add_mutants_mode(CLI::App& app, int& code) {
  auto* mode =
      app.add_subcommand("mutants", "Every planted bug, until a checker finds it (see simulate mutants --help)");
  mode->prefix_command();
  mode->set_help_flag();
  mode->callback([mode, &code] { code = run(mode->remaining()); });
}

}  // namespace tally::simulate
