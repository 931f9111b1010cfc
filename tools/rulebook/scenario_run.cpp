#include "rulebook/scenario_run.h"

#include <boost/describe/enum_to_string.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "common/limits.h"
#include "common/time.h"
#include "rulebook/invariants.h"

namespace tally::rulebook {

using namespace contracts;

namespace {

namespace fs = std::filesystem;

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

// The account book, for whoever looks for the mistake.
std::vector<std::string> entry_lines(const World& world, const Account& account) {
  std::vector<std::string> out;
  const auto entries = world.entries(account);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& entry = entries[i];
    const std::string kind = boost::describe::enum_to_string(entry.kind, "unknown");
    out.push_back(padded(std::to_string(i), 4) + format_day(entry.block_time) + "  " +
                  padded(kind + (entry.rule.empty() ? "" : " " + entry.rule), 22) +
                  padded(world.points_text(entry.change), 8) + world.points_text(entry.score));
  }
  return out;
}

void add_account(const World& world, const ScriptLine& line, ScenarioFailure& failure) {
  if (!world.begun()) return;
  const auto account = world.account_of(line.match);
  if (!account) return;
  const auto known = world.accounts();
  if (std::find(known.begin(), known.end(), *account) == known.end()) return;
  failure.account = world.name_of(account->subject);
  failure.entries = entry_lines(world, *account);
}

ScenarioFailure failure_of(const World& world, const ScriptLine& line, const Stopped& stopped) {
  const ScriptLine& at = stopped.line != nullptr ? *stopped.line : line;
  ScenarioFailure out;
  out.file = at.file;
  out.line = at.line;
  out.column = stopped.column;
  out.statement = at.text;
  out.expected = stopped.expected;
  out.seen = stopped.seen;
  // A word at fault has nothing to do with the account's entries.
  if (out.column == 0) add_account(world, line, out);
  return out;
}

void run_lines(const Script& script, World& world, ScenarioResult& out) {
  for (const auto& line : script.lines) {
    try {
      world.enter(line);
      line.statement->run(world, line.match);
      ++out.statements;
      if (auto broken = broken_invariant(world); !broken.empty()) World::stop("the accounts to hold together", broken);
    } catch (const Stopped& stopped) {
      out.failure = failure_of(world, line, stopped);
      return;
    }
  }
  try {
    if (auto broken = broken_replay(world); !broken.empty())
      World::stop("the chain to hold, replayed from its genesis", broken);
  } catch (const Stopped& stopped) {
    out.failure = ScenarioFailure{out.file, 0, 0, "the end of the scenario", stopped.expected, stopped.seen, {}, {}};
  }
}

std::optional<std::string> read_text(const fs::path& path) {
  std::error_code failed;
  const auto size = fs::file_size(path, failed);
  if (failed || size > limits::kConfigBytesMax) return std::nullopt;
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return in ? std::optional(text.str()) : std::nullopt;
}

// A plain name: nothing outside the folder is read.
bool inside(const std::string& name) {
  const fs::path path(name);
  return !path.is_absolute() &&
         std::none_of(path.begin(), path.end(), [](const fs::path& part) { return part == ".."; });
}

Ground ground_of(const std::string& folder, std::string document, RulebookId id) {
  Ground out;
  out.document = std::move(document);
  out.id = std::move(id);
  out.read_file = [folder](const std::string& name) {
    return inside(name) ? read_text(fs::path(folder) / name) : std::nullopt;
  };
  out.find_cast = [folder](const std::string& name) -> std::optional<Included> {
    const auto path = fs::path(folder) / "scenarios" / (name + ".cast");
    auto text = inside(name) ? read_text(path) : std::nullopt;
    return text ? std::optional(Included{path.string(), *std::move(text)}) : std::nullopt;
  };
  return out;
}

Result<std::vector<fs::path>> scenario_files(const std::string& folder, const std::string& only) {
  std::vector<fs::path> out;
  std::error_code failed;
  const auto scenarios = fs::path(folder) / "scenarios";
  for (fs::directory_iterator at(scenarios, failed), end; !failed && at != end; at.increment(failed))
    if (at->path().extension() == ".txt") out.push_back(at->path());
  if (failed || out.empty())
    return make_error(ErrorCode::not_found, scenarios.string(), "holds no scenario", "files that end with .txt");
  std::sort(out.begin(), out.end());
  if (only.empty()) return out;
  for (const auto& path : out)
    if (path == fs::path(only) || path.filename() == fs::path(only) || path.stem() == fs::path(only))
      return std::vector{path};
  return make_error(ErrorCode::not_found, only, "is no scenario of " + folder, "a file of " + scenarios.string());
}

}  // namespace

ScenarioResult run_scenario(const Ground& ground, const std::string& file, std::string_view text) {
  ScenarioResult out;
  out.file = file;
  Script script = read_script(file, text, ground.find_cast);
  out.title = script.title;
  out.mistakes = std::move(script.mistakes);
  if (!out.mistakes.empty()) return out;
  World world(ground.document, ground.id, ground.read_file);
  run_lines(script, world, out);
  if (!world.begun()) return out;
  const auto head = world.chain().head();
  out.blocks = head.header.height.value;
  out.state_root = head.header.state_root;
  return out;
}

std::size_t FolderResult::passed() const {
  return static_cast<std::size_t>(
      std::count_if(scenarios.begin(), scenarios.end(), [](const ScenarioResult& one) { return one.passed(); }));
}

Result<FolderResult> run_folder(const std::string& folder, const std::string& only) {
  const auto document_path = (fs::path(folder) / "rulebook.json").string();
  auto document = read_text(document_path);
  if (!document) return make_error(ErrorCode::io_failed, document_path, "is absent or cannot be read", "a rulebook");
  FolderResult out;
  auto checked = check_rulebook(*document);
  out.mistakes = std::move(checked.mistakes);
  if (checked.rulebook == nullptr) return out;
  const auto files = scenario_files(folder, only);
  if (!files) return files.error();
  const auto ground = ground_of(folder, *std::move(document), checked.rulebook->id);
  for (const auto& path : *files) {
    const auto text = read_text(path);
    if (!text) return make_error(ErrorCode::io_failed, path.string(), "cannot be read", "a text file");
    out.scenarios.push_back(run_scenario(ground, path.string(), *text));
  }
  return out;
}

std::string in_words(const ScenarioFailure& failure) {
  std::string out = failure.file + ":";
  if (failure.line > 0) out += std::to_string(failure.line) + ":";
  if (failure.column > 0) out += std::to_string(failure.column) + ":";
  out += " " + failure.statement + "\n  expected: " + failure.expected + "\n  seen: " + failure.seen + "\n";
  if (!failure.entries.empty()) out += "  entries of " + failure.account + ":\n";
  for (const auto& entry : failure.entries) out += "    " + entry + "\n";
  return out;
}

std::string statements_as_markdown() {
  std::string out = "| statement | what it does | example |\n|---|---|---|\n";
  const auto cell = [](std::string_view text) {
    std::string safe;
    for (const char c : text) safe += c == '|' ? std::string("\\|") : std::string(1, c);
    return safe;
  };
  for (const auto& statement : statements())
    out += "| `" + cell(statement.form) + "` | " + cell(statement.does) + " | `" + cell(statement.example) + "` |\n";
  return out;
}

}  // namespace tally::rulebook
