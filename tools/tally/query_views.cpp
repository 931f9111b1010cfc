#include "tally/query_views.h"

#include "common/limits.h"
#include "tally/commands.h"

namespace tally::cli {

void add_page_options(Command& command, PageOptions& options) {
  command.number("--limit", "N", options.limit, 1, 1'000'000, "Rows at most")
      .flag("--all", options.all, "All rows, however many");
}

std::string query_text(const std::vector<std::pair<std::string, std::string>>& parts) {
  std::string out;
  for (const auto& [name, value] : parts) {
    if (!value.empty()) out += (out.empty() ? "?" : "&") + name + "=" + url_encoded(value);
  }
  return out;
}

const Json& member(const Json& object, const std::string& name) {
  static const Json kNothing;
  if (!object.is_object()) return kNothing;
  const auto found = object.find(name);
  return found == object.end() ? kNothing : *found;
}

Outcome<Json> fetch_rows(NodeClient& client, const std::string& path,
                         std::vector<std::pair<std::string, std::string>> parts, Access access,
                         const PageOptions& options) {
  Json out = {{"rows", Json::array()}, {"next", nullptr}};
  parts.emplace_back("limit", "");
  parts.emplace_back("cursor", "");
  while (true) {
    const std::uint64_t left = options.all ? limits::kPageRowsMax : options.limit - out["rows"].size();
    parts[parts.size() - 2].second = std::to_string(std::min<std::uint64_t>(left, limits::kPageRowsMax));
    auto page = client.get(path + query_text(parts), access);
    if (!page) return page;
    for (const auto& row : member(*page, "rows")) out["rows"].push_back(row);
    const std::string next = text_at(*page, "next");
    const bool full = !options.all && out["rows"].size() >= options.limit;
    out["next"] = next.empty() ? Json(nullptr) : Json(next);
    // A node that answers with the cursor it was given would keep us here for ever.
    if (next.empty() || full || next == parts.back().second) return out;
    parts.back().second = next;
  }
}

void emit_page(Context& context, const Json& page, Table table, std::string_view empty) {
  Report report;
  report.json = page;
  const bool none = table.rows.empty();
  report.sections.push_back({"", std::move(table)});
  context.emit(report);
  if (none) context.note(std::string(empty));
}

void note_rest(Context& context, const Json& page) {
  if (!member(page, "next").is_null()) context.note("there are more rows: --all, or a higher --limit");
}

std::string points_at(const Json& object, const std::string& name, const contracts::RulebookPtr& rulebook) {
  const std::string shown = text_at(object, name + "_points");
  if (!shown.empty()) return shown;
  const std::string raw = text_at(object, name);
  const auto number = json_detail::integer_from_text<std::int64_t>(raw);
  return number && rulebook ? rulebook->points(Amount{*number}) : raw;
}

std::string title_text(const Json& title) {
  const std::string zh = text_at(title, "zh");
  const std::string en = text_at(title, "en");
  if (zh.empty() || en.empty()) return zh + en;
  return zh + " (" + en + ")";
}

Outcome<std::string> only_of(const std::vector<std::string>& rulebooks) {
  if (rulebooks.size() == 1) return rulebooks.front();
  if (rulebooks.empty())
    return Failure(ExitCode::not_found, make_error(ErrorCode::not_found, "--rulebook", "the chain has none"));
  std::string names;
  for (const auto& name : rulebooks) names += (names.empty() ? "" : ", ") + name;
  return usage_failure("--rulebook", "is missing, and there are several", "one of " + names);
}

Outcome<std::string> chosen_rulebook(NodeClient& client, const std::string& given) {
  if (!given.empty()) return given;
  auto answer = client.get("/v1/rulebooks", Access::open);
  if (!answer) return answer.error();
  std::vector<std::string> ids;
  for (const auto& row : member(*answer, "rows")) ids.push_back(text_at(row, "rulebook"));
  return only_of(ids);
}

void register_query(Program& program) {
  Command group = program.root().group("query", "Read the final state of a node");
  register_chain_queries(group);
  register_account_queries(group);
  register_entry_queries(group);
  register_work_queries(group);
  register_subject_queries(group);
  register_list_queries(group);
}

}  // namespace tally::cli
