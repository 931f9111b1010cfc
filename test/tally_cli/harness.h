// Purpose: runs the program in process: its arguments, environment, clock, standard streams and node are the test's.
#pragma once

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "support/temp_directory.h"
#include "tally/app.h"
#include "tally_cli/one_node.h"

// Lets Catch print results, so that a failed check shows the error.
template <class T>
struct Catch::StringMaker<tally::Result<T>> {
  static std::string convert(const tally::Result<T>& result) { return result ? "ok" : result.error().text(); }
};

namespace tally::test {

struct Run {
  int exit = -1;
  std::string out;
  std::string err;
};

class Cli {
 public:
  Cli();

  Run run(const std::vector<std::string>& arguments);
  // A file in the test's directory; its path.
  std::string write(const std::string& name, const std::string& text);
  [[nodiscard]] std::string path(const std::string& name) const { return (directory_.path() / name).string(); }
  [[nodiscard]] std::string read(const std::string& name) const;
  // A key file named after the person, whose passphrase stands in passphrase_file().
  std::string key_file(const std::string& person);
  [[nodiscard]] std::string passphrase_file() const { return path("passphrase"); }

  std::map<std::string, std::string> environment;
  std::string standard_input;
  std::vector<std::string> typed;  // answers to prompts, in order; none left: no terminal
  std::vector<std::string> prompts;
  TimestampMs now = kGenesisTime.plus(5000);
  std::uint64_t slept_ms = 0;
  OneNode* node = nullptr;  // null: nothing answers
  std::vector<cli::Extension> extensions;

 private:
  TempDirectory directory_;
};

// The part of the error that says what: the first line.
std::string first_line(const std::string& text);

}  // namespace tally::test
