#include "rulebook/scenario_run.h"

#include <boost/describe/enum_to_string.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "common/limits.h"
#include "common/time.h"
#include "rulebook/invariants.h"
#include "rulebook/script_run.h"
#include "rulebook/table_run.h"

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
  out.node = world.test_chain().where();
  // A word at fault has nothing to do with the account's entries.
  if (out.column == 0) add_account(world, line, out);
  return out;
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

void add_files(const fs::path& folder, const char* extension, std::vector<fs::path>& out) {
  std::error_code failed;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed))
    if (at->path().extension() == extension) out.push_back(at->path());
}

Result<std::vector<fs::path>> scenario_files(const std::string& folder, const std::vector<std::string>& only) {
  std::vector<fs::path> all;
  const auto scenarios = fs::path(folder) / "scenarios";
  add_files(scenarios, ".txt", all);
  add_files(folder, ".table", all);
  if (all.empty())
    return make_error(ErrorCode::not_found, folder, "holds neither scenarios nor a table",
                      scenarios.string() + "/*.txt, or a file that ends with .table");
  std::sort(all.begin(), all.end());
  if (only.empty()) return all;
  std::vector<fs::path> out;
  for (const auto& name : only) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const fs::path& path) {
      return path == fs::path(name) || path.filename() == fs::path(name) || path.stem() == fs::path(name);
    });
    if (found == all.end())
      return make_error(ErrorCode::not_found, name, "is no scenario of " + folder, "a file of " + scenarios.string());
    out.push_back(*found);
  }
  return out;
}

}  // namespace

void run_script(const Script& script, World& world, ScenarioResult& result, const Around& around) {
  for (const auto& line : script.lines) {
    try {
      world.enter(line);
      if (around.before) around.before(line);
      line.statement->run(world, line.match);
      if (around.after) around.after(line);
      ++result.statements;
      if (auto broken = broken_invariant(world); !broken.empty()) World::stop("the accounts to hold together", broken);
    } catch (const Stopped& stopped) {
      result.failure = failure_of(world, line, stopped);
      break;
    }
  }
  if (!world.begun()) return;
  const auto note_head = [&] {
    const auto head = world.chain().head();
    result.blocks = head.header.height.value;
    result.state_root = head.header.state_root;
  };
  note_head();
  if (result.failure) return;
  try {
    if (auto settled = world.test_chain().settle(); !settled)
      World::stop("everybody to hold the same chain", settled.error().text());
    note_head();
    if (auto broken = broken_replay(world); !broken.empty())
      World::stop("the chain to hold, replayed from its genesis", broken);
  } catch (const Stopped& stopped) {
    result.failure = ScenarioFailure{
        result.file, 0, 0, "the end", stopped.expected, stopped.seen, world.test_chain().where(), {}, {}};
  }
}

ScenarioResult run_scenario(const Ground& ground, const std::string& file, std::string_view text) {
  ScenarioResult out;
  out.file = file;
  Script script = read_script(file, text, ground.find_cast);
  out.title = script.title;
  out.mistakes = std::move(script.mistakes);
  if (!out.mistakes.empty()) return out;
  World world(ground.document, ground.id, ground.read_file, ground.make_chain());
  run_script(script, world, out);
  return out;
}

std::size_t FolderResult::passed() const {
  return static_cast<std::size_t>(
      std::count_if(scenarios.begin(), scenarios.end(), [](const ScenarioResult& one) { return one.passed(); }));
}

Result<FolderResult> run_folder(const std::string& folder, const std::vector<std::string>& only,
                                const ChainFactory& make_chain) {
  const auto document_path = (fs::path(folder) / "rulebook.json").string();
  auto document = read_text(document_path);
  if (!document) return make_error(ErrorCode::io_failed, document_path, "is absent or cannot be read", "a rulebook");
  FolderResult out;
  auto checked = check_rulebook(*document);
  out.mistakes = std::move(checked.mistakes);
  if (checked.rulebook == nullptr) return out;
  const auto files = scenario_files(folder, only);
  if (!files) return files.error();
  auto ground = ground_of(folder, *std::move(document), checked.rulebook->id);
  ground.make_chain = make_chain;
  for (const auto& path : *files) {
    const auto text = read_text(path);
    if (!text) return make_error(ErrorCode::io_failed, path.string(), "cannot be read", "a text file");
    const auto run = path.extension() == ".table" ? run_table : run_scenario;
    out.scenarios.push_back(run(ground, path.string(), *text));
  }
  return out;
}

std::string in_words(const ScenarioFailure& failure) {
  std::string out = failure.file + ":";
  if (failure.line > 0) out += std::to_string(failure.line) + ":";
  if (failure.column > 0) out += std::to_string(failure.column) + ":";
  out += " " + failure.statement + "\n  expected: " + failure.expected + "\n  seen: " + failure.seen + "\n";
  if (!failure.node.empty()) out += "  node: " + failure.node + "\n";
  if (!failure.entries.empty()) out += "  entries of " + failure.account + ":\n";
  for (const auto& entry : failure.entries) out += "    " + entry + "\n";
  return out;
}

namespace {

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

}  // namespace

std::string slots_as_markdown() {
  std::string out = "| stands for | what |\n|---|---|\n";
  for (const auto& kind : slot_kinds()) out += "| `" + std::string(kind.name) + "` | " + cell(kind.meaning) + " |\n";
  return out;
}

std::string statements_as_markdown() {
  std::string out = "| statement | what it does | example |\n|---|---|---|\n";
  for (const auto& statement : statements())
    out += "| `" + cell(statement.form) + "` | " + cell(statement.does) + " | `" + cell(statement.example) + "` |\n";
  return out;
}

}  // namespace tally::rulebook
