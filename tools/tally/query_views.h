// Purpose: what the files behind `tally query` share: pages, amounts and the register of an account.
#pragma once

#include "contracts/rulebook.h"
#include "tally/app.h"
#include "tally/node_client.h"

namespace tally::cli {

struct PageOptions {
  std::uint64_t limit = 100;
  bool all = false;
};
void add_page_options(Command& command, PageOptions& options);

// "?a=1&b=2" of the parts that are not empty, values percent-encoded.
std::string query_text(const std::vector<std::pair<std::string, std::string>>& parts);

// Follows cursors until `limit` rows are gathered. {"rows": [...], "next": cursor or null}.
Outcome<Json> fetch_rows(NodeClient& client, const std::string& path,
                         std::vector<std::pair<std::string, std::string>> parts, Access access,
                         const PageOptions& options);
// A page of rows as one table; `empty` is told where it has none.
void emit_page(Context& context, const Json& page, Table table, std::string_view empty = "no rows");
// Tells people that there is more.
void note_rest(Context& context, const Json& page);

// An amount as points: the text that the node gives beside it, else by the rulebook's scale, else as it is.
std::string points_at(const Json& object, const std::string& member, const contracts::RulebookPtr& rulebook);
// {"zh", "en"} as "zh (en)".
std::string title_text(const Json& title);
const Json& member(const Json& object, const std::string& name);  // null where it is absent

// The one that was given; without one, the only one that the node has.
Outcome<std::string> chosen_rulebook(NodeClient& client, const std::string& given);
// The only one of these; a usage mistake that names them where there are several.
Outcome<std::string> only_of(const std::vector<std::string>& rulebooks);

void register_account_queries(Command& query);  // account, history
void register_subject_queries(Command& query);  // consents, standings, sums, consultations
void register_entry_queries(Command& query);    // entries
void register_list_queries(Command& query);     // board, gate, rulebook, units, officers
void register_work_queries(Command& query);     // case, cases, queue, obligations, notices
void register_chain_queries(Command& query);    // status, transaction, block

}  // namespace tally::cli
