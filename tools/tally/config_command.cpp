#include "tally/commands.h"

namespace tally::cli {

namespace {

Outcome<void> show_config(Context& context, bool origin) {
  const Settings& settings = context.settings();
  Report report;
  report.json = Json::object();
  report.json["file"] = settings.file();
  report.json["file_found"] = settings.file_found();
  report.json["profiles"] = settings.profiles();
  report.json["settings"] = Json::object();
  Table table{{{"setting"}, {"value"}}, {}};
  if (origin) {
    table.columns.push_back({"origin"});
    table.columns.push_back({"where"});
  }
  for (const auto& spec : setting_specs()) {
    const Setting& setting = settings.get(spec.name);
    std::vector<std::string> row = {std::string(spec.name), setting.value};
    Json entry = {{"value", setting.value}};
    if (origin) {
      row.insert(row.end(), {std::string(name_of(setting.origin)), setting.where});
      entry["origin"] = name_of(setting.origin);
      entry["where"] = setting.where;
    }
    table.rows.push_back(std::move(row));
    report.json["settings"][std::string(spec.name)] = std::move(entry);
  }
  report.sections.push_back({"", std::move(table)});
  context.emit(report);
  context.note("configuration file: " + settings.file() + (settings.file_found() ? "" : " (not there)"));
  return {};
}

}  // namespace

void register_config(Program& program) {
  auto origin = std::make_shared<bool>(false);
  program.root()
      .group("config", "Settings of this program")
      .command("show", "Print the settings in force",
               {"tally config show --origin", "tally --profile village config show --json"},
               [origin](Context& context) { return show_config(context, *origin); })
      .flag("--origin", *origin, "Also print where each setting comes from");
}

}  // namespace tally::cli
