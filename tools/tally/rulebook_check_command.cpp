#include "common/limits.h"
#include "common/time.h"
#include "contracts/rulebook_check.h"
#include "tally/files.h"
#include "tally/rulebook_commands.h"

namespace tally::cli {

namespace {

struct CheckedFile {
  std::string name;
  contracts::CheckedRulebook checked;
};

std::string counted(std::size_t count, const std::string& one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

std::string good_words(const CheckedFile& file) {
  const auto& rulebook = *file.checked.rulebook;
  return file.name + ": ok, " + rulebook.id + " version " + std::to_string(rulebook.version) + ", " +
         counted(rulebook.rules.size(), "rule") + ", " + counted(rulebook.books.size(), "book") + ", effective " +
         format_day(rulebook.effective);
}

Json json_of(const CheckedFile& file) {
  Json out = {{"file", file.name}, {"ok", file.checked.rulebook != nullptr}};
  if (const auto& rulebook = file.checked.rulebook)
    out["rulebook"] = {{"id", rulebook->id},
                       {"version", rulebook->version},
                       {"rules", rulebook->rules.size()},
                       {"books", rulebook->books.size()},
                       {"effective", format_time(rulebook->effective)},
                       {"digest", rulebook->document.hex()}};
  out["mistakes"] = to_json(file.checked.mistakes);
  return out;
}

Report report_of(const std::vector<CheckedFile>& files) {
  Report report;
  report.json = Json::array();
  Table lines{{{""}}, {}};
  Table sheet{{{"file"}, {"line"}, {"column"}, {"path"}, {"problem"}, {"expected"}, {"code"}}, {}};
  for (const auto& file : files) {
    report.json.push_back(json_of(file));
    if (file.checked.rulebook != nullptr) lines.rows.push_back({good_words(file)});
    for (const auto& mistake : file.checked.mistakes) {
      lines.rows.push_back({mistake.text(file.name)});
      sheet.rows.push_back({file.name, std::to_string(mistake.line), std::to_string(mistake.column), mistake.path,
                            mistake.problem, mistake.expected, std::string(name_of(mistake.code))});
    }
  }
  report.sections.push_back({"", std::move(lines)});
  report.sections.push_back({"", std::move(sheet)});
  report.csv = 1;
  return report;
}

Outcome<void> check(Context& context, const std::vector<std::string>& names) {
  std::vector<CheckedFile> files;
  std::size_t bad = 0;
  std::size_t mistakes = 0;
  for (const auto& name : names) {
    // Too long a document is a mistake of the document, not of reading it.
    auto document = read_input(name, limits::kConfigBytesMax, context.world());
    if (!document) return document.error();
    files.push_back({name, contracts::check_rulebook(*document)});
    const auto found = files.back().checked.mistakes.size();
    mistakes += found;
    bad += found > 0 ? 1 : 0;
  }
  Report report = report_of(files);
  if (!context.csv()) report.sections.pop_back();
  context.emit(report);
  if (bad == 0) return {};
  return Failure(ExitCode::verification_failed,
                 make_error(ErrorCode::invalid_field, "",
                            counted(mistakes, "mistake") + " in " + counted(bad, "rulebook") + " of " +
                                std::to_string(files.size())));
}

}  // namespace

void register_rulebook_check(Command& group) {
  auto files = std::make_shared<std::vector<std::string>>();
  group
      .command("check", "Name every mistake of rulebook documents, with line and column",
               {"tally rulebook check rulebooks/qingzhen/rulebook.json",
                "tally rulebook check --json rulebooks/*/rulebook.json"},
               [files](Context& context) { return check(context, *files); })
      .arguments("FILE", *files, "A rulebook document; - is standard input");
}

}  // namespace tally::cli
