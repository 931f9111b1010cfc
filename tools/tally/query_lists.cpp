#include "common/time.h"
#include "tally/query_views.h"
#include "tally/receipts.h"
#include "tally/transactions.h"

namespace tally::cli {

namespace {

struct ListOptions {
  std::string rulebook;
  std::string gate;
  std::string unit;
  bool document = false;
  PageOptions page;
};

// What a column shows of a row: a path of members, "record.title".
struct ListColumn {
  Column column;
  std::string path;
};

std::string at_path(const Json& row, const std::string& path) {
  const Json* at = &row;
  std::string rest = path;
  for (auto dot = rest.find('.'); dot != rest.npos; dot = rest.find('.')) {
    at = &member(*at, rest.substr(0, dot));
    rest = rest.substr(dot + 1);
  }
  const Json& value = member(*at, rest);
  if (value.is_object() && value.contains("zh")) return title_text(value);
  if (value.is_array()) {
    std::string out;
    for (const auto& item : value)
      out += (out.empty() ? "" : ", ") + (item.is_string() ? item.get<std::string>() : item.dump());
    return out;
  }
  return text_at(*at, rest);
}

Outcome<void> show_list(Context& context, const std::string& path,
                        const std::vector<std::pair<std::string, std::string>>& parts, Access access,
                        const PageOptions& page, const std::vector<ListColumn>& columns) {
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  auto rows = fetch_rows(*client, path, parts, access, page);
  if (!rows) return rows.error();
  Table table;
  for (const auto& one : columns) table.columns.push_back(one.column);
  for (const auto& row : member(*rows, "rows")) {
    std::vector<std::string> cells;
    for (const auto& one : columns) cells.push_back(at_path(row, one.path));
    table.rows.push_back(std::move(cells));
  }
  emit_page(context, *rows, std::move(table));
  note_rest(context, *rows);
  return {};
}

Outcome<void> list_rulebooks(Context& context) {
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  auto answer = client->get("/v1/rulebooks", Access::open);
  if (!answer) return answer.error();
  Table table{{{"rulebook"}, {"version", Align::right}, {"effective"}, {"retired from"}, {"document digest"}}, {}};
  for (const auto& row : member(*answer, "rows")) {
    for (const auto& version : member(member(row, "record"), "versions"))
      table.rows.push_back({text_at(row, "rulebook"), text_at(version, "version"),
                            time_text(text_at(version, "effective")),
                            time_text(text_at(member(row, "record"), "retired")), text_at(version, "document")});
  }
  Report report;
  report.json = *answer;
  report.sections.push_back({"", std::move(table)});
  context.emit(report);
  return {};
}

std::string amount_words(const contracts::Rulebook& rulebook, const contracts::Rule& rule) {
  const auto& amount = rule.amount;
  if (amount.kind == contracts::AmountKind::range)
    return rulebook.points(amount.from) + " to " + rulebook.points(amount.to);
  if (amount.kind == contracts::AmountKind::fixed) return rulebook.points(amount.points);
  return rulebook.points(amount.points) + " per " + (amount.units == 1 ? "" : std::to_string(amount.units) + " ") +
         amount.unit.zh;
}

Outcome<void> show_rulebook(Context& context, const ListOptions& options) {
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  if (options.document) {
    auto text = client->get_raw("/v1/rulebooks/" + url_encoded(options.rulebook), Access::open);
    if (!text) return text.error();
    // To the byte: its digest stands on chain.
    context.emit_text(text->body);
    return {};
  }
  auto rulebook = fetch_rulebook(*client, options.rulebook);
  if (!rulebook) return rulebook.error();
  const contracts::Rulebook& book = **rulebook;
  Report report;
  report.json = {
      {"id", book.id}, {"version", book.version}, {"document", book.document.hex()}, {"rules", Json::array()}};
  report.sections.push_back({"", Facts()
                                     .add("rulebook", book.id + " version " + std::to_string(book.version))
                                     .add("title", book.title.zh + " (" + book.title.en + ")")
                                     .add("effective", format_time(book.effective))
                                     .add("document digest", book.document.hex())
                                     .table()});
  Table rules{{{"rule"}, {"title"}, {"kind"}, {"points", Align::right}, {"in force"}, {"evidence"}, {"objection"}}, {}};
  for (const auto& rule : book.rules) {
    rules.rows.push_back({rule.code, rule.title.zh, to_json(rule.kind).get<std::string>(), amount_words(book, rule),
                          rule.on ? "yes" : "no", rule.evidence_required ? "yes" : "no",
                          rule.adverse() ? std::to_string(rule.objection_days) + " days" : ""});
    report.json["rules"].push_back({{"code", rule.code},
                                    {"title", to_json(rule.title)},
                                    {"kind", to_json(rule.kind)},
                                    {"points", amount_words(book, rule)},
                                    {"on", rule.on},
                                    {"evidence_required", rule.evidence_required},
                                    {"objection_days", rule.objection_days}});
  }
  report.sections.push_back({"", std::move(rules)});
  report.csv = 1;
  context.emit(report);
  return {};
}

void register_boards(Command& query, const std::shared_ptr<ListOptions>& options) {
  Command board = query.command(
      "board", "The notice board of a rulebook: stars, positives only",
      {"tally query board qingzhen --unit yingshan/qingzhen"}, [options](Context& context) {
        return show_list(context, "/v1/notice-board/" + url_encoded(options->rulebook), {{"unit", options->unit}},
                         Access::open, options->page,
                         {{{"subject"}, "subject"}, {{"unit"}, "unit"}, {{"stars", Align::right}, "stars"}});
      });
  board.argument("RULEBOOK", options->rulebook, "Rulebook")
      .text("--unit", "UNIT", options->unit, "This unit and those below it", Need::required);
  add_page_options(board, options->page);
  Command gate = query.command(
      "gate", "The subjects that fall under a gate, for officers of the unit",
      {"tally query gate qingzhen loan --unit yingshan/qingzhen/ludishao --key secretary.json"},
      [options](Context& context) {
        return show_list(context, "/v1/gates/" + url_encoded(options->rulebook) + "/" + url_encoded(options->gate),
                         {{"unit", options->unit}}, Access::personal, options->page,
                         {{{"subject"}, "subject"},
                          {{"unit"}, "unit"},
                          {{"score", Align::right}, "score"},
                          {{"stars", Align::right}, "stars"}});
      });
  gate.argument("RULEBOOK", options->rulebook, "Rulebook")
      .argument("GATE", options->gate, "Code of the gate")
      .text("--unit", "UNIT", options->unit, "This unit and those below it", Need::required);
  add_page_options(gate, options->page);
}

void register_people(Command& query, const std::shared_ptr<ListOptions>& options) {
  Command units = query.command(
      "units", "The tree of units", {"tally query units --key secretary.json"}, [options](Context& context) {
        return show_list(context, "/v1/units", {}, Access::personal, options->page,
                         {{{"unit"}, "unit"}, {{"kind"}, "record.kind"}, {{"title"}, "record.title"}});
      });
  add_page_options(units, options->page);
  Command officers = query.command(
      "officers", "The officers of a unit and below", {"tally query officers --unit yingshan --key registrar.json"},
      [options](Context& context) {
        return show_list(context, "/v1/officers", {{"unit", options->unit}}, Access::personal, options->page,
                         {{{"person"}, "person"},
                          {{"unit"}, "record.unit"},
                          {{"title"}, "record.title"},
                          {{"roles"}, "record.roles"},
                          {{"keys"}, "record.keys"}});
      });
  officers.text("--unit", "UNIT", options->unit, "This unit and those below it", Need::required);
  add_page_options(officers, options->page);
}

}  // namespace

void register_list_queries(Command& query) {
  auto options = std::make_shared<ListOptions>();
  register_boards(query, options);
  query
      .command("rulebook", "The rulebooks in force, or the rules of one",
               {"tally query rulebook", "tally query rulebook qingzhen",
                "tally query rulebook qingzhen --document > rulebook.json"},
               [options](Context& context) -> Outcome<void> {
                 if (!options->rulebook.empty()) return show_rulebook(context, *options);
                 if (options->document) return usage_failure("--document", "needs a rulebook", "an id before it");
                 return list_rulebooks(context);
               })
      .argument("RULEBOOK", options->rulebook, "Id of a rulebook", Need::optional)
      .flag("--document", options->document, "Print the document itself, to the byte");
  register_people(query, options);
}

}  // namespace tally::cli
