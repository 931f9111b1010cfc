// Entries of many accounts: by officer, rule, unit, account and time.
#include "tally/query_views.h"
#include "tally/receipts.h"
#include "tally/transactions.h"

namespace tally::cli {

namespace {

struct EntryOptions {
  std::string officer;
  std::string rulebook;
  std::string rule;
  std::string unit;
  std::string subject;
  std::string book;
  std::string since;
  std::string until;
  PageOptions page;
};

std::string signed_points(const Json& entry) {
  std::string change = text_at(entry, "change_points");
  if (!change.starts_with('-') && change.find_first_not_of("0.") != std::string::npos) change.insert(0, "+");
  return change;
}

Outcome<void> show_entries(Context& context, const EntryOptions& options) {
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  const auto rows = fetch_rows(*client, "/v1/entries",
                               {{"officer", options.officer},
                                {"rulebook", options.rulebook},
                                {"rule", options.rule},
                                {"unit", options.unit},
                                {"subject", options.subject},
                                {"book", options.book},
                                {"since", options.since},
                                {"until", options.until}},
                               Access::personal, options.page);
  if (!rows) return rows.error();
  Table table{{{"block", Align::right},
               {"time"},
               {"account"},
               {"entry", Align::right},
               {"kind"},
               {"rule"},
               {"change", Align::right},
               {"score", Align::right},
               {"by"},
               {"transaction"}},
              {}};
  for (const auto& row : member(*rows, "rows")) {
    const Json& account = member(row, "account");
    const Json& entry = member(row, "entry");
    std::string by = text_at(entry, "proposer").substr(0, 8);
    if (const auto endorser = text_at(entry, "endorser"); !endorser.empty()) by += "+" + endorser.substr(0, 8);
    table.rows.push_back(
        {text_at(entry, "height"), time_text(text_at(entry, "block_time")),
         text_at(account, "rulebook") + "/" + text_at(account, "book") + " " + text_at(account, "subject"),
         text_at(row, "index"), text_at(entry, "kind"), text_at(entry, "rule"), signed_points(entry),
         text_at(entry, "score_points"), by, text_at(entry, "transaction").substr(0, 16)});
  }
  emit_page(context, *rows, std::move(table));
  note_rest(context, *rows);
  return {};
}

}  // namespace

void register_entry_queries(Command& query) {
  auto options = std::make_shared<EntryOptions>();
  Command entries =
      query.command("entries", "Entries of accounts by officer, rule, unit or account, and by time; newest first",
                    {"tally query entries --unit yingshan/qingzhen/ludishao --since 2026-01-01 --key auditor.key",
                     "tally query entries --officer 0a10...01 --rulebook qingzhen --rule QZ3 --all --output csv"},
                    [options](Context& context) { return show_entries(context, *options); });
  entries.text("--officer", "ID", options->officer, "Who proposed or endorsed them, 32 digits")
      .text("--rulebook", "ID", options->rulebook, "With --rule or --subject")
      .text("--rule", "CODE", options->rule, "The rule that they were made under")
      .text("--unit", "UNIT", options->unit, "Of subjects of this unit and below")
      .text("--subject", "HANDLE", options->subject, "Of this account, with --rulebook")
      .text("--book", "CODE", options->book, "With --subject: the book; without it the main one")
      .text("--since", "TIME", options->since, "Block time from then on, as 2026-03-01 or 2026-03-01T08:00:00Z")
      .text("--until", "TIME", options->until, "Block time before then");
  add_page_options(entries, options->page);
}

}  // namespace tally::cli
