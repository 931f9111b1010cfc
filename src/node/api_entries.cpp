// Entries of many accounts by officer, rule, unit and time. Officers read within their unit: what they ask without a
// unit is asked of their own.
#include "common/time.h"
#include "contracts/entry_queries.h"
#include "contracts/transaction_json.h"
#include "node/api_pages.h"

namespace tally::node {

namespace {

Result<std::optional<TimestampMs>> time_from(const ApiCall& call, const char* name) {
  const std::string text = call.text(name);
  if (text.empty()) return std::optional<TimestampMs>{};
  const auto time = parse_time(text);
  if (!time) return Error(time.error()).within(name);
  return std::optional<TimestampMs>(*time);
}

std::optional<std::string> given(const ApiCall& call, const char* name) {
  std::string text = call.text(name);
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

Result<contracts::EntriesAsked> asked_in(const ApiCall& call) {
  contracts::EntriesAsked asked;
  if (const auto officer = given(call, "officer")) {
    asked.officer = contracts::PersonId::from_hex(*officer);
    if (!asked.officer)
      return make_error(ErrorCode::invalid_field, "officer", "is \"" + officer->substr(0, 80) + "\"",
                        "32 lower-case hexadecimal digits");
  }
  if (const auto subject = given(call, "subject")) {
    const auto handle = subject_from(*subject);
    if (!handle) return handle.error();
    asked.subject = *handle;
  }
  asked.rulebook = given(call, "rulebook");
  asked.rule = given(call, "rule");
  asked.unit = given(call, "unit");
  asked.book = call.text("book");
  const auto since = time_from(call, "since");
  if (!since) return since.error();
  const auto until = time_from(call, "until");
  if (!until) return until.error();
  asked.since = *since;
  asked.until = *until;
  return asked;
}

Json row_json(const contracts::EntryRow& row) {
  Json out = contracts::entry_row_json(row);
  // Where the proof of this entry and all after it in its account is served.
  out["proof"] = "/v1/proofs/history/" + row.account.rulebook + "/" + row.account.subject.hex() +
                 "?book=" + row.account.book + "&from=" + std::to_string(row.index);
  return out;
}

}  // namespace

Status Api::may_read_entries(const ApiCall& call, contracts::EntriesAsked& asked) const {
  if (asked.subject) return may_read_subject(call, *asked.subject);
  if (asked.unit) return may_read_unit(call, *asked.unit);
  if (Status registered = is_registered(call); !registered) return registered;
  const auto final_view = view();
  const auto officer = queries_.officer_by_key(*(*final_view)->reader, *call.key);
  if (!officer) return officer.error();
  if (!*officer) return {};  // a validator holds the whole chain anyway
  const auto& record = (*officer)->record;
  if (std::find(record.roles.begin(), record.roles.end(), contracts::Role::auditor) == record.roles.end())
    asked.unit = record.unit;
  return {};
}

void Api::add_entry_routes() {
  add("GET", "/v1/entries", [this](const ApiCall& call) -> Result<HttpResponse> {
    auto asked = asked_in(call);
    if (!asked) return asked.error();
    if (Status allowed = may_read_entries(call, *asked); !allowed) return allowed.error();
    const auto rows = rows_of(call);
    if (!rows) return rows.error();
    const auto final_view = view();
    if (!final_view) return final_view.error();
    return page_response(contracts::find_entries(queries_, *(*final_view)->reader, *asked, (*final_view)->header,
                                                 cursor_of(call), *rows),
                         row_json);
  });
}

}  // namespace tally::node
