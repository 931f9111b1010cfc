#include "common/limits.h"
#include "tally/query_views.h"
#include "tally/receipts.h"
#include "tally/transactions.h"

namespace tally::cli {

namespace {

struct AccountOptions {
  std::string rulebook;
  std::string subject;
  std::uint64_t entries = 20;
  std::string before;
  PageOptions page;
};

std::string day_of(const std::string& time) {
  return time_text(time).substr(0, 10);
}

std::string short_text(const std::string& hex) {
  return hex.substr(0, 8);
}

std::string entry_note(const Json& view, const Json& entry) {
  std::string out;
  const auto add = [&](const std::string& text) { out += (out.empty() ? "" : "; ") + text; };
  if (const auto reverses = text_at(entry, "reverses"); !reverses.empty()) add("takes back entry " + reverses);
  if (const auto taken = text_at(view, "taken_back_by"); !taken.empty()) add("taken back by entry " + taken);
  if (const auto number = text_at(entry, "case_number"); !number.empty()) add("case " + number);
  return out;
}

// An account book: oldest entry first, the score after each.
Table register_table(const Json& entries, const contracts::RulebookPtr& rulebook) {
  Table out{{{"entry", Align::right},
             {"date"},
             {"kind"},
             {"rule"},
             {"title"},
             {"change", Align::right},
             {"score", Align::right},
             {"by"},
             {"note"}},
            {}};
  for (auto at = entries.rbegin(); at != entries.rend(); ++at) {
    const Json& view = *at;
    const Json& entry = view.contains("entry") && view["entry"].is_object() ? view["entry"] : view;
    const std::string code = text_at(entry, "rule");
    const contracts::Rule* rule = rulebook ? rulebook->rule(code) : nullptr;
    std::string by = short_text(text_at(entry, "proposer"));
    if (const auto endorser = text_at(entry, "endorser"); !endorser.empty()) by += "+" + short_text(endorser);
    std::string change = points_at(entry, "change", rulebook);
    if (!change.starts_with('-') && change.find_first_not_of("0.") != std::string::npos) change.insert(0, "+");
    out.rows.push_back({text_at(view, "index"), day_of(text_at(entry, "event_time")), text_at(entry, "kind"), code,
                        rule != nullptr ? rule->title.zh : "", change, points_at(entry, "score", rulebook), by,
                        entry_note(view, entry)});
  }
  return out;
}

// {"entries": newest first, "next"}.
Outcome<Json> fetch_history(NodeClient& client, const std::string& base, std::string before, const PageOptions& page) {
  Json out = {{"entries", Json::array()}, {"next", nullptr}};
  while (true) {
    const std::uint64_t left = page.all ? limits::kPageRowsMax : page.limit - out["entries"].size();
    const std::string limit = std::to_string(std::min<std::uint64_t>(left, limits::kPageRowsMax));
    auto answer = client.get(base + "/history" + query_text({{"before", before}, {"limit", limit}}), Access::personal);
    if (!answer) return answer;
    for (const auto& entry : member(*answer, "entries")) out["entries"].push_back(entry);
    const std::string next = text_at(*answer, "next");
    out["next"] = next.empty() ? Json(nullptr) : Json(next);
    if (next.empty() || next == before || (!page.all && out["entries"].size() >= page.limit)) return out;
    before = next;
  }
}

std::string account_path(const AccountOptions& options) {
  return "/v1/accounts/" + url_encoded(options.rulebook) + "/" + url_encoded(options.subject);
}

Table gate_table(const Json& account) {
  Table out{{{"gate"}, {"passes"}, {"after open cases"}, {"why"}}, {}};
  const auto yes = [](const std::string& text) { return std::string(text == "true" ? "yes" : "no"); };
  for (const auto& gate : member(account, "gates")) {
    out.rows.push_back({title_text(member(gate, "title")), yes(text_at(gate, "passes")),
                        yes(text_at(gate, "passes_after_pending")), title_text(member(gate, "reason"))});
  }
  return out;
}

Table case_table(const Json& account, const contracts::RulebookPtr& rulebook) {
  Table out{{{"case", Align::right}, {"rule"}, {"change", Align::right}, {"state"}, {"deadline"}}, {}};
  for (const auto& view : member(account, "open_cases")) {
    const Json& record = member(view, "record");
    out.rows.push_back({text_at(view, "number"), text_at(record, "rule"), points_at(record, "change", rulebook),
                        text_at(record, "state"), time_text(text_at(record, "deadline"))});
  }
  return out;
}

Facts account_facts(const Json& account, const contracts::RulebookPtr& rulebook) {
  Facts out;
  out.add("subject", text_at(account, "subject"))
      .add("unit", text_at(account, "unit"))
      .add("rulebook", text_at(account, "rulebook") + " version " + text_at(account, "version"))
      .add("score", points_at(account, "score", rulebook))
      .add("stars", text_at(account, "stars") + "  " + title_text(member(account, "band")));
  if (const Json& rating = member(account, "rating"); rating.is_object())
    out.add("last rating", text_at(rating, "stars") + " at " + points_at(rating, "score", rulebook) + ", " +
                               time_text(text_at(rating, "time")));
  if (const auto pending = points_at(account, "pending", rulebook); pending.find_first_of("123456789") != pending.npos)
    out.add("open cases would take", pending);
  for (const auto& benefit : member(account, "benefits"))
    out.add(title_text(member(benefit, "title")), text_at(benefit, "value") + " " + text_at(benefit, "unit"));
  const Json& moment = member(account, "as_of");
  if (moment.is_object()) out.add("as of", time_text(text_at(moment, "time")) + ", block " + text_at(moment, "height"));
  return out;
}

Outcome<void> show_account(Context& context, const AccountOptions& options) {
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  auto rulebook = fetch_rulebook(*client, options.rulebook);
  if (!rulebook) return rulebook.error();
  auto account = client->get(account_path(options), Access::personal);
  if (!account) return account.error();
  auto history = fetch_history(*client, account_path(options), "", {options.entries, false});
  if (!history) return history.error();
  Report report;
  report.json = {{"account", *account}, {"history", *history}};
  report.sections.push_back({"", account_facts(*account, *rulebook).table()});
  report.sections.push_back({"Register", register_table(member(*history, "entries"), *rulebook)});
  if (!member(*account, "gates").empty()) report.sections.push_back({"Gates", gate_table(*account)});
  if (!member(*account, "open_cases").empty())
    report.sections.push_back({"Open cases", case_table(*account, *rulebook)});
  report.csv = 1;
  context.emit(report);
  if (!member(*history, "next").is_null())
    context.note("older entries: tally query history " + options.rulebook + " " + options.subject + " --all");
  return {};
}

Outcome<void> show_history(Context& context, const AccountOptions& options) {
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  auto rulebook = fetch_rulebook(*client, options.rulebook);
  if (!rulebook) return rulebook.error();
  auto history = fetch_history(*client, account_path(options), options.before, options.page);
  if (!history) return history.error();
  Report report;
  report.json = *history;
  report.sections.push_back({"", register_table(member(*history, "entries"), *rulebook)});
  context.emit(report);
  note_rest(context, *history);
  return {};
}

}  // namespace

void register_account_queries(Command& query) {
  auto options = std::make_shared<AccountOptions>();
  query
      .command("account", "An account: score, stars, register, gates with reasons, open cases",
               {"tally query account qingzhen 4f0c...e1 --key accountant.json",
                "tally query account qingzhen 4f0c...e1 --json"},
               [options](Context& context) { return show_account(context, *options); })
      .argument("RULEBOOK", options->rulebook, "Rulebook")
      .argument("SUBJECT", options->subject, "Handle of the subject, 32 digits")
      .number("--entries", "N", options->entries, 1, limits::kPageRowsMax, "Entries of the register at most");
  Command history = query.command("history", "The register of an account, oldest entry first",
                                  {"tally query history qingzhen 4f0c...e1 --all --output csv"},
                                  [options](Context& context) { return show_history(context, *options); });
  history.argument("RULEBOOK", options->rulebook, "Rulebook")
      .argument("SUBJECT", options->subject, "Handle of the subject, 32 digits")
      .text("--before", "N", options->before, "Only entries with a smaller number");
  add_page_options(history, options->page);
}

}  // namespace tally::cli
