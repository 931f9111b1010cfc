#include <boost/describe/enum_to_string.hpp>

#include "common/limits.h"
#include "contracts/rulebook_check.h"
#include "rulebook/difference.h"
#include "tally/files.h"
#include "tally/rulebook_commands.h"

namespace tally::cli {

namespace {

using rulebook::Difference;
using rulebook::Direction;

struct DiffFiles {
  std::string before;
  std::string after;
};

Outcome<Json> read_document(Context& context, const std::string& file) {
  auto text = read_input(file, limits::kRulebookBytesMax, context.world());
  if (!text) return text.error();
  auto json = parse_json(*text);
  if (!json) return Failure(ExitCode::bad_input, Error(json.error()).within(file));
  if (!json->is_object())
    return input_failure(file, "is " + json_detail::kind_of(*json), "a rulebook, which is an object");
  if (const auto checked = contracts::check_rulebook(*text); checked.rulebook == nullptr)
    context.warn(file + " is no good rulebook, mistakes: " + std::to_string(checked.mistakes.size()) +
                 " (tally rulebook check " + file + ")");
  return std::move(json).value();
}

Json name_json(const DiffFiles& files, bool before, const Json& document) {
  const auto field = [&](const char* name) { return document.value(name, Json(nullptr)); };
  return {{"file", before ? files.before : files.after}, {"id", field("id")}, {"version", field("version")}};
}

std::string name_words(const Json& document) {
  const auto word = [&](const char* name) {
    const auto found = document.find(name);
    return found == document.end() ? std::string("?") : rulebook::in_words(*found);
  };
  return word("id") + " version " + word("version");
}

Report report_of(const DiffFiles& files, const Json& before, const Json& after) {
  const auto differences = rulebook::compare(before, after);
  Report report;
  Json changes = Json::array();
  Table table{{{"part"}, {"where"}, {"before"}, {"after"}, {"for people"}}, {}};
  for (const auto& difference : differences) {
    const std::string direction = boost::describe::enum_to_string(difference.direction, "none");
    changes.push_back({{"part", difference.part},
                       {"where", difference.where},
                       {"what", boost::describe::enum_to_string(difference.what, "changed")},
                       {"before", difference.before.value_or(Json(nullptr))},
                       {"after", difference.after.value_or(Json(nullptr))},
                       {"direction", difference.direction == Direction::none ? Json(nullptr) : Json(direction)}});
    table.rows.push_back({difference.part, difference.where,
                          difference.before ? rulebook::in_words(*difference.before) : "(none)",
                          difference.after ? rulebook::in_words(*difference.after) : "(removed)",
                          difference.direction == Direction::none ? "" : direction});
  }
  report.json = {{"before", name_json(files, true, before)},
                 {"after", name_json(files, false, after)},
                 {"same", differences.empty()},
                 {"changes", std::move(changes)}};
  const std::string heading = name_words(before) + " -> " + name_words(after);
  if (differences.empty())
    report.sections.push_back({"", Table{{{""}}, {{heading + ": no difference"}}}});
  else
    report.sections.push_back({heading, std::move(table)});
  return report;
}

Outcome<void> diff(Context& context, const DiffFiles& files) {
  const auto before = read_document(context, files.before);
  if (!before) return before.error();
  const auto after = read_document(context, files.after);
  if (!after) return after.error();
  context.emit(report_of(files, *before, *after));
  return {};
}

}  // namespace

void register_rulebook_diff(Command& group) {
  auto files = std::make_shared<DiffFiles>();
  group
      .command("diff", "Tell what a new version of a rulebook changes, and for whom it is stricter or milder",
               {"tally rulebook diff rulebook-1.json rulebook-2.json"},
               [files](Context& context) { return diff(context, *files); })
      .argument("OLD", files->before, "The document before")
      .argument("NEW", files->after, "The document after");
}

}  // namespace tally::cli
