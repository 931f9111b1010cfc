// Purpose: the frame of the program: the tree of commands with their options, parsed by CLI11, which nothing else
// of the program knows. Help, completions and the documentation are made by walking the tree.
// Every option also has an environment variable (TALLY_ and its name); what the command line says goes first.
// Thread rule: one thread.
// Errors: a wrong command line ends with exit code 2, the mistake and where to read on.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tally/context.h"

namespace tally::cli {

using Action = std::function<Outcome<void>(Context&)>;

enum class Need { optional, required };

struct OptionInfo {
  enum class Kind { value, flag, argument };
  Kind kind = Kind::value;
  std::string name;  // "--rule", or "FILE" for an argument
  std::string metavar;
  std::string help;
  Need need = Need::optional;
  bool repeats = false;
  std::vector<std::string> choices;
  std::string default_text;
  // Reads what was given; called only with at least one text.
  std::function<Outcome<void>(const std::vector<std::string>& given)> read;
};

struct CommandInfo {
  std::string name;
  std::string path;  // "tally submit award"
  std::string summary;
  std::vector<std::string> examples;  // whole command lines
  std::vector<OptionInfo> options;
  std::vector<std::unique_ptr<CommandInfo>> children;
  Action action;  // none: a group
};

// A handle for describing one command. What the options are read into must live as long as the Program: commands
// keep it in a shared_ptr that their action holds.
class Command {
 public:
  explicit Command(CommandInfo& info) : info_(&info) {}

  Command group(const std::string& name, const std::string& summary);
  Command command(const std::string& name, const std::string& summary, std::vector<std::string> examples,
                  Action action);

  Command& text(const std::string& name, const std::string& metavar, std::string& out, const std::string& help,
                Need need = Need::optional);
  Command& texts(const std::string& name, const std::string& metavar, std::vector<std::string>& out,
                 const std::string& help, Need need = Need::optional);
  Command& number(const std::string& name, const std::string& metavar, std::uint64_t& out, std::uint64_t low,
                  std::uint64_t high, const std::string& help, Need need = Need::optional);
  Command& choice(const std::string& name, std::string& out, std::vector<std::string> choices, const std::string& help,
                  Need need = Need::optional);
  // "90s", "15m", "24h" or "7d", as milliseconds.
  Command& duration(const std::string& name, std::uint64_t& out_ms, std::uint64_t high_ms, const std::string& help);
  Command& flag(const std::string& name, bool& out, const std::string& help);
  Command& argument(const std::string& name, std::string& out, const std::string& help, Need need = Need::required);
  Command& arguments(const std::string& name, std::vector<std::string>& out, const std::string& help,
                     Need need = Need::required);

  [[nodiscard]] const CommandInfo& info() const { return *info_; }

 private:
  OptionInfo& add(OptionInfo option);
  CommandInfo* info_;
};

class Program {
 public:
  Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  [[nodiscard]] Command root() { return Command(tree_); }
  [[nodiscard]] const CommandInfo& tree() const { return tree_; }
  // `arguments` without the program's name.
  int run(const std::vector<std::string>& arguments, const Surroundings& world);

 private:
  CommandInfo tree_;
};

// Adds commands to a program: how tools beside this one bring their own.
using Extension = std::function<void(Program&)>;

// The whole program: its own commands and `extensions`.
int run(const std::vector<std::string>& arguments, const Surroundings& world,
        const std::vector<Extension>& extensions = {});

// "90s" -> 90000; a bare number counts seconds.
Result<std::uint64_t> parse_duration(std::string_view text);

void print_help(std::ostream& out, const CommandInfo& command);

}  // namespace tally::cli
