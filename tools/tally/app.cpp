#include "tally/app.h"

#include <CLI/CLI.hpp>
#include <exception>
#include <ostream>

#include "common/nearest.h"
#include "tally/commands.h"

namespace tally::cli {

namespace {

std::string child_names(const CommandInfo& command) {
  std::string names;
  for (const auto& child : command.children) names += (names.empty() ? "" : ", ") + child->name;
  return names;
}

std::string advice(const CommandInfo& command) {
  return "see " + command.path + " --help";
}

std::string nearest(const CommandInfo& command, std::string_view word) {
  std::vector<std::string> names;
  if (word.starts_with('-')) {
    for (const auto& option : command.options) names.push_back(option.name);
  } else {
    for (const auto& child : command.children) names.push_back(child->name);
  }
  return nearest_word(word, names);
}

// One parse: a CLI11 tree made from ours, and the way back from it.
class Parser {
 public:
  explicit Parser(const CommandInfo& root) : cli_(root.summary, root.name) {
    cli_.allow_extras();
    attach(cli_, root);
  }

  // Where a mistake was made, for its advice; set by parse.
  [[nodiscard]] const CommandInfo& selected() const { return *selected_; }
  [[nodiscard]] bool wants_help() const { return wants_help_; }

  Outcome<void> parse(std::vector<std::string> arguments) {
    std::reverse(arguments.begin(), arguments.end());
    Outcome<void> outcome{};
    try {
      cli_.parse(arguments);
    } catch (const CLI::CallForHelp&) {
      wants_help_ = true;
    } catch (const CLI::ParseError& mistake) {
      outcome = usage_failure("", mistake.what());
    }
    select();
    if (!outcome || wants_help_) return outcome;
    const auto extras = cli_.remaining(true);
    if (!extras.empty()) return unexpected(extras.front());
    return {};
  }

  // What stood on the command line for an option, or nothing.
  [[nodiscard]] std::vector<std::string> given(const OptionInfo& option) const {
    const CLI::Option* found = options_.at(&option);
    if (found->count() == 0) return {};
    if (option.kind == OptionInfo::Kind::flag && found->results().front().empty()) return {"true"};
    return found->results();
  }
  // The selected command and the groups around it, outermost first.
  [[nodiscard]] const std::vector<const CommandInfo*>& path() const { return path_; }

 private:
  void attach(CLI::App& app, const CommandInfo& command) {
    commands_[&app] = &command;
    app.set_help_flag("-h,--help", "Print this help");
    for (const auto& option : command.options) options_[&option] = attach_option(app, option);
    // Once a command is chosen, a later word that happens to name another one is an argument.
    app.require_subcommand(0, 1);
    for (const auto& child : command.children) {
      CLI::App* sub = app.add_subcommand(child->name, child->summary);
      sub->fallthrough();
      sub->allow_extras();
      attach(*sub, *child);
    }
  }
  static CLI::Option* attach_option(CLI::App& app, const OptionInfo& option) {
    if (option.kind == OptionInfo::Kind::flag) return app.add_flag(option.name);
    CLI::Option* out = app.add_option(option.name);
    if (!option.repeats) return out;
    out->expected(1, CLI::detail::expected_max_vector_size);
    out->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    // A flag takes one text each time; only arguments take all that follow.
    return out->allow_extra_args(option.kind == OptionInfo::Kind::argument);
  }
  void select() {
    const CLI::App* app = &cli_;
    path_ = {commands_.at(app)};
    while (!app->get_subcommands().empty()) {
      app = app->get_subcommands().back();
      path_.push_back(commands_.at(app));
    }
    selected_ = path_.back();
  }
  [[nodiscard]] Failure unexpected(const std::string& word) const {
    const CommandInfo& command = *selected_;
    const bool option = word.starts_with('-');
    std::string best = nearest(command, word);
    for (auto outer = path_.rbegin(); option && best.empty() && outer != path_.rend(); ++outer)
      best = nearest(**outer, word);
    const std::string kind = option                     ? " has no option "
                             : command.children.empty() ? " takes no argument "
                                                        : " has no command ";
    Failure out = usage_failure("", command.path + kind + "\"" + word + "\"");
    if (!best.empty())
      out.expected = "perhaps " + best;
    else if (!option && !command.children.empty())
      out.expected = "one of " + child_names(command);
    return out;
  }

  CLI::App cli_;
  std::map<const CLI::App*, const CommandInfo*> commands_;
  std::map<const OptionInfo*, const CLI::Option*> options_;
  std::vector<const CommandInfo*> path_;
  const CommandInfo* selected_ = nullptr;
  bool wants_help_ = false;
};

bool names_setting(const OptionInfo& option) {
  for (const auto& spec : setting_specs()) {
    if (option.name == flag_of(spec.name)) return true;
  }
  return false;
}

// Reads the options of the selected command from the command line, else from the environment.
Outcome<void> read_options(const Parser& parser, const Surroundings& world) {
  for (const CommandInfo* command : parser.path()) {
    for (const auto& option : command->options) {
      auto given = parser.given(option);
      const bool from_environment = option.kind != OptionInfo::Kind::argument && !names_setting(option);
      if (given.empty() && from_environment) {
        const auto value = world.environment(variable_of(option.name.substr(2)));
        if (value && !value->empty()) given = {*value};
      }
      if (!given.empty()) {
        if (auto read = option.read(given); !read) return read.error();
      } else if (option.need == Need::required) {
        return usage_failure("", command->path + " needs " + option.name,
                             option.help.empty() ? "" : option.name + ": " + option.help);
      }
    }
  }
  return {};
}

int finish(const Failure& failure, const Surroundings& world, bool as_json) {
  print_failure(*world.err, failure, as_json);
  return static_cast<int>(failure.exit);
}

}  // namespace

Program::Program() {
  tree_.name = "tally";
  tree_.path = "tally";
  tree_.summary = "Tallystick: a shared ledger for village credit";
  tree_.examples = {"tally query status --node http://127.0.0.1:8080",
                    "tally submit award --rulebook qingzhen --subject HANDLE --rule QZ7 --key officer.json",
                    "tally help exit-codes"};
}

int Program::run(const std::vector<std::string>& arguments, const Surroundings& world) {
  std::map<std::string, std::string> flags;
  bool as_json = false;
  tree_.options.clear();
  for (const auto& spec : setting_specs()) {
    OptionInfo option{OptionInfo::Kind::value,
                      flag_of(spec.name),
                      std::string(spec.metavar),
                      std::string(spec.help),
                      Need::optional,
                      false,
                      {},
                      {},
                      {}};
    option.default_text = std::string(spec.built_in);
    if (spec.name == "output") option.choices = {"table", "json", "csv"};
    option.read = [&flags, name = std::string(spec.name)](const std::vector<std::string>& given) -> Outcome<void> {
      flags[name] = given.front();
      return {};
    };
    tree_.options.push_back(std::move(option));
  }
  Command(tree_).flag("--json", as_json, "Short for --output json");

  Parser parser(tree_);
  auto outcome = parser.parse(arguments);
  const bool json_before_parse = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
  const CommandInfo& command = parser.selected();
  if (parser.wants_help()) {
    print_help(*world.out, command);
    return 0;
  }
  if (outcome) outcome = read_options(parser, world);
  if (outcome && !command.action)
    outcome = usage_failure("", command.path + " needs a command", "one of " + child_names(command));
  if (!outcome) return finish(Failure(outcome.error()).then(advice(command)), world, as_json || json_before_parse);
  if (as_json) flags["output"] = "json";
  auto settings = Settings::resolve(flags, world);
  if (!settings) return finish(settings.error(), world, as_json);
  Context context(world, std::move(*settings));
  try {
    outcome = command.action(context);
  } catch (const std::exception& thrown) {
    outcome = Failure(make_error(ErrorCode::internal, "", thrown.what()));
  }
  if (!outcome) return finish(outcome.error(), world, context.json());
  if (!world.out->flush())
    return finish(Failure(make_error(ErrorCode::internal, "", "the result could not be written")), world,
                  context.json());
  return 0;
}

int run(const std::vector<std::string>& arguments, const Surroundings& world,
        const std::vector<Extension>& extensions) {
  Program program;
  register_own_commands(program);
  for (const auto& extension : extensions) extension(program);
  return program.run(arguments, world);
}

}  // namespace tally::cli
