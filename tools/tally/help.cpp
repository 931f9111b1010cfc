#include <ostream>

#include "tally/commands.h"

namespace tally::cli {

namespace {

constexpr std::size_t kColumnMax = 34;

void print_entry(std::ostream& out, const std::string& left, const std::string& right) {
  const std::size_t width = display_width(left);
  out << "  " << left;
  if (width + 2 > kColumnMax)
    out << '\n' << std::string(kColumnMax + 2, ' ');
  else
    out << std::string(kColumnMax - width, ' ');
  out << right << '\n';
}

std::string option_notes(const OptionInfo& option) {
  std::string notes;
  const auto note = [&](const std::string& text) { notes += (notes.empty() ? " [" : "; ") + text; };
  if (option.need == Need::required) note("required");
  if (option.repeats && option.kind != OptionInfo::Kind::argument) note("may be repeated");
  if (!option.default_text.empty()) note("default " + option.default_text);
  if (option.kind != OptionInfo::Kind::argument) note(variable_of(option.name.substr(2)));
  return notes.empty() ? "" : notes + "]";
}

void print_options(std::ostream& out, const CommandInfo& command, bool arguments) {
  for (const auto& option : command.options) {
    if ((option.kind == OptionInfo::Kind::argument) != arguments) continue;
    std::string left = option.name;
    if (option.kind == OptionInfo::Kind::value) {
      std::string value = option.metavar;
      if (!option.choices.empty()) {
        value.clear();
        for (const auto& choice : option.choices) value += (value.empty() ? "" : "|") + choice;
      }
      left += " " + value;
    }
    print_entry(out, left, option.help + option_notes(option));
  }
}

std::string usage_line(const CommandInfo& command) {
  std::string line = "Usage: " + command.path;
  if (!command.children.empty()) line += command.action ? " [COMMAND]" : " COMMAND";
  bool options = false;
  for (const auto& option : command.options) options = options || option.kind != OptionInfo::Kind::argument;
  if (options) line += " [OPTIONS]";
  for (const auto& option : command.options) {
    if (option.kind != OptionInfo::Kind::argument) continue;
    const std::string word = option.name + (option.repeats ? "..." : "");
    line += option.need == Need::required ? " " + word : " [" + word + "]";
  }
  return line;
}

Outcome<void> print_exit_codes(Context& context) {
  Report report;
  report.json = Json::array();
  Table table{{{"code", Align::right}, {"name"}, {"meaning"}}, {}};
  for (const auto& row : exit_code_table()) {
    const int code = static_cast<int>(row.code);
    report.json.push_back({{"code", code}, {"name", row.name}, {"meaning", row.meaning}});
    table.rows.push_back({std::to_string(code), std::string(row.name), std::string(row.meaning)});
  }
  report.sections.push_back({"", std::move(table)});
  context.emit(report);
  return {};
}

}  // namespace

void print_help(std::ostream& out, const CommandInfo& command) {
  out << usage_line(command) << "\n\n" << command.summary << ".\n";
  bool arguments = false;
  bool options = false;
  for (const auto& option : command.options) (option.kind == OptionInfo::Kind::argument ? arguments : options) = true;
  if (arguments) {
    out << "\nArguments:\n";
    print_options(out, command, true);
  }
  if (!command.children.empty()) {
    out << "\nCommands:\n";
    for (const auto& child : command.children) print_entry(out, child->name, child->summary);
  }
  out << "\nOptions:\n";
  if (options) print_options(out, command, false);
  print_entry(out, "-h, --help", "Print this help");
  if (command.path != "tally") out << "\nOptions of every command (--node, --key, --output and others): tally --help\n";
  if (!command.examples.empty()) {
    out << "\nExamples:\n";
    for (const auto& example : command.examples) out << "  " << example << '\n';
  }
}

void register_help(Program& program) {
  auto words = std::make_shared<std::vector<std::string>>();
  Command help = program.root().command(
      "help", "Help on a command, or on the exit codes", {"tally help submit award", "tally help exit-codes"},
      [&program, words](Context& context) -> Outcome<void> {
        if (words->size() == 1 && words->front() == "exit-codes") return print_exit_codes(context);
        const CommandInfo* at = &program.tree();
        for (const auto& word : *words) {
          const CommandInfo* below = nullptr;
          for (const auto& child : at->children) {
            if (child->name == word) below = child.get();
          }
          if (below == nullptr)
            return usage_failure("", at->path + " has no command \"" + word + "\"").then("see " + at->path + " --help");
          at = below;
        }
        print_help(*context.world().out, *at);
        return {};
      });
  help.arguments("COMMAND", *words, "Words of the command, or exit-codes", Need::optional);
}

}  // namespace tally::cli
