#include "rulebook/scenario_run.h"
#include "tally/rulebook_commands.h"

namespace tally::cli {

namespace {

using rulebook::FolderResult;
using rulebook::ScenarioResult;

struct TestOptions {
  std::string folder;
  std::vector<std::string> files;
  std::uint64_t nodes = 0;  // 0: in memory
  bool statements = false;
};

Json json_of(const ScenarioResult& scenario) {
  Json out = {{"file", scenario.file},
              {"title", scenario.title},
              {"passed", scenario.passed()},
              {"statements", scenario.statements},
              {"blocks", std::to_string(scenario.blocks)},
              {"state_root", scenario.state_root.hex()}};
  out["mistakes"] = Json::array();
  for (const auto& mistake : scenario.mistakes)
    out["mistakes"].push_back({{"file", mistake.file},
                               {"line", mistake.line},
                               {"column", mistake.column},
                               {"problem", mistake.problem},
                               {"expected", mistake.expected}});
  out["failure"] = nullptr;
  if (const auto& failure = scenario.failure)
    out["failure"] = {
        {"file", failure->file},           {"line", failure->line},         {"column", failure->column},
        {"statement", failure->statement}, {"expected", failure->expected}, {"seen", failure->seen},
        {"node", failure->node},           {"account", failure->account},   {"entries", failure->entries}};
  return out;
}

std::string closing_line(const FolderResult& result, std::uint64_t nodes) {
  return std::to_string(result.passed()) + (result.passed() == 1 ? " scenario" : " scenarios") + " passed, " +
         std::to_string(result.failed()) + " failed" +
         (nodes == 0 ? "" : ", on " + std::to_string(nodes) + (nodes == 1 ? " node" : " nodes"));
}

std::string text_of(const FolderResult& result, const TestOptions& options) {
  const std::string document = options.folder + (options.folder.ends_with('/') ? "" : "/") + "rulebook.json";
  std::string out;
  for (const auto& mistake : result.mistakes) out += mistake.text(document) + "\n";
  for (const auto& scenario : result.scenarios) {
    const bool table = scenario.file.ends_with(".table");
    out += (scenario.passed() ? "ok      " : "FAILED  ") + scenario.file + ": " + scenario.title;
    if (scenario.passed()) out += " (" + std::to_string(scenario.statements) + (table ? " rows)" : " statements)");
    out += "\n";
    for (const auto& mistake : scenario.mistakes) out += mistake.text() + "\n";
    if (scenario.failure) out += in_words(*scenario.failure);
  }
  return out + closing_line(result, options.nodes) + "\n";
}

// Line by line, so that text from files cannot drive the terminal.
void emit_lines(Context& context, std::string_view text) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    context.emit_text(printable(text.substr(0, end)) + "\n");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

Report report_of(const FolderResult& result, std::uint64_t nodes) {
  Report report;
  report.json = {{"passed", result.passed()}, {"failed", result.failed()}, {"nodes", nodes}};
  report.json["mistakes"] = to_json(result.mistakes);
  report.json["scenarios"] = Json::array();
  Table table{{{"file"}, {"title"}, {"passed"}, {"statements"}, {"line"}, {"expected"}, {"seen"}}, {}};
  for (const auto& scenario : result.scenarios) {
    report.json["scenarios"].push_back(json_of(scenario));
    const auto failure = scenario.failure.value_or(rulebook::ScenarioFailure{});
    table.rows.push_back({scenario.file, scenario.title, scenario.passed() ? "yes" : "no",
                          std::to_string(scenario.statements), std::to_string(failure.line), failure.expected,
                          failure.seen});
  }
  report.sections.push_back({"", std::move(table)});
  return report;
}

Outcome<void> print_statements(Context& context) {
  Report report;
  report.json = {{"statements", Json::array()}, {"slots", Json::array()}};
  Table forms{{{"statement"}, {"what it does"}}, {}};
  for (const auto& statement : rulebook::statements()) {
    report.json["statements"].push_back(
        {{"form", statement.form}, {"does", statement.does}, {"example", statement.example}});
    forms.rows.push_back({std::string(statement.form), std::string(statement.does)});
  }
  Table slots{{{"stands for"}, {"what"}}, {}};
  for (const auto& kind : rulebook::slot_kinds()) {
    report.json["slots"].push_back({{"name", kind.name}, {"meaning", kind.meaning}});
    slots.rows.push_back({std::string(kind.name), kind.meaning});
  }
  report.sections.push_back({"", std::move(forms)});
  report.sections.push_back({"", std::move(slots)});
  context.emit(report);
  return {};
}

Outcome<void> test(Context& context, const TestOptions& options) {
  if (options.statements) return print_statements(context);
  if (options.folder.empty())
    return usage_failure("", "tally rulebook test needs DIR", "DIR: a folder with rulebook.json and scenarios/*.txt");
  rulebook::ChainFactory make_chain = rulebook::make_memory_chain;
  if (options.nodes > 0) {
    if (!context.world().network_chains)
      return usage_failure("--nodes", "this program cannot start nodes", "no --nodes: a chain in memory");
    make_chain = context.world().network_chains(options.nodes);
  }
  auto result = rulebook::run_folder(options.folder, options.files, make_chain);
  if (!result) return Failure(result.error());
  if (context.json() || context.csv())
    context.emit(report_of(*result, options.nodes));
  else
    emit_lines(context, text_of(*result, options));
  if (!result->mistakes.empty())
    return Failure(ExitCode::verification_failed,
                   make_error(ErrorCode::invalid_field, "", "the rulebook has mistakes, and no scenario was run"));
  if (result->failed() == 0) return {};
  return Failure(ExitCode::verification_failed,
                 make_error(ErrorCode::wrong_state, "", closing_line(*result, options.nodes)));
}

}  // namespace

void register_rulebook_test(Command& group) {
  auto options = std::make_shared<TestOptions>();
  group
      .command(
          "test", "Run a rulebook's scenarios, from DIR/scenarios/*.txt, on a chain in memory or on real nodes",
          {"tally rulebook test rulebooks/qingzhen", "tally rulebook test rulebooks/qingzhen --file household_wang.txt",
           "tally rulebook test rulebooks/qingzhen --nodes 4", "tally rulebook test --statements"},
          [options](Context& context) { return test(context, *options); })
      .argument("DIR", options->folder, "A folder with rulebook.json and scenarios", Need::optional)
      .texts("--file", "FILE", options->files, "Only this scenario; may be given again")
      .number("--nodes", "N", options->nodes, 1, 7,
              "Play each scenario on a fresh network of so many nodes on this machine; in memory unless given")
      .flag("--statements", options->statements, "Print the statements that scenarios are written in");
}

}  // namespace tally::cli
