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

void register_query(Program& program) {
  Command group = program.root().group("query", "Read the final state of a node");
  register_chain_queries(group);
  register_account_queries(group);
  register_work_queries(group);
  register_list_queries(group);
}

}  // namespace tally::cli
