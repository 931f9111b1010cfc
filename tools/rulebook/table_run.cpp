#include "rulebook/table_run.h"

#include "rulebook/script_run.h"

namespace tally::rulebook {

namespace {

constexpr std::size_t kStepsMax = 1000;

struct Row {
  std::size_t line = 0;  // its place among the lines, from 0
  std::string event;
  std::string change;  // empty: refused, which the event says itself
};

std::string trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1));
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// Takes the rows out of the lines; blank lines in their place keep the numbers of the others.
std::vector<Row> take_rows(std::vector<std::string>& lines) {
  std::vector<Row> out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto bar = lines[i].rfind('|');
    if (bar == std::string::npos || bar == 0 || trimmed(lines[i]).starts_with('#')) continue;
    const auto change = lines[i].substr(bar + 1);
    Row row{i, lines[i].substr(0, lines[i].find_last_not_of(" \t", bar - 1) + 1),
            trimmed(change.substr(0, change.find('#')))};
    if (row.change.starts_with("refused")) row.event += " -> " + std::exchange(row.change, {});
    out.push_back(std::move(row));
    lines[i].clear();
  }
  return out;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines) out += line + "\n";
  return out;
}

// Whatever the event set going runs its course.
void settle(World& world, const Account& account) {
  const auto open = [&] {
    const auto view = World::must(
        world.queries().account(world.reader(), account.rulebook, account.book, account.subject, world.now()));
    return !view.open_cases.empty();
  };
  for (std::size_t steps = 0; steps < kStepsMax && open(); ++steps) {
    const auto due = world.next_due();
    if (!due) break;
    world.go_to(std::max(*due, world.now()));
  }
}

class RowRun {
 public:
  RowRun(World& world, const Row& row) : world_(world), row_(row) {}

  void before(const ScriptLine& line) {
    if (!is_row(line)) return;
    account_ = world_.account_of(line.match);
    if (!account_) World::stop("an award or a deduction", "the statement is about no account");
    score_ = score();
  }
  void after(const ScriptLine& line) {
    if (!is_row(line) || row_.change.empty()) return;
    settle(world_, *account_);
    const Word wanted{row_.change, 0, false};
    const Amount change{score().value - score_.value};
    World::expect_equal(world_.points_text(world_.points(wanted)), world_.points_text(change), "a change of");
  }

 private:
  [[nodiscard]] bool is_row(const ScriptLine& line) const { return line.line == row_.line + 1 && line.outermost; }
  [[nodiscard]] Amount score() const {
    return World::must(world_.queries().account(world_.reader(), account_->rulebook, account_->book, account_->subject,
                                                world_.now()))
        .score;
  }

  World& world_;
  const Row& row_;
  std::optional<Account> account_;
  Amount score_;
};

}  // namespace

ScenarioResult run_table(const Ground& ground, const std::string& file, std::string_view text) {
  ScenarioResult out;
  out.file = file;
  auto lines = lines_of(text);
  const auto rows = take_rows(lines);
  for (const auto& row : rows) {
    lines[row.line] = row.event;
    const Script script = read_script(file, joined(lines), ground.find_cast);
    lines[row.line].clear();
    out.title = script.title;
    out.mistakes = script.mistakes;
    if (!out.mistakes.empty()) return out;
    World world(ground.document, ground.id, ground.read_file, ground.make_chain());
    RowRun run(world, row);
    ScenarioResult one;
    one.file = file;
    run_script(script, world, one,
               {[&](const ScriptLine& line) { run.before(line); }, [&](const ScriptLine& line) { run.after(line); }});
    out.blocks += one.blocks;
    out.state_root = one.state_root;
    out.failure = std::move(one.failure);
    if (out.failure) return out;
    ++out.statements;
  }
  if (rows.empty()) out.mistakes.push_back({file, 1, 1, "has no row", "rows such as: accountant awards wang QZ7 | +3"});
  return out;
}

}  // namespace tally::rulebook
