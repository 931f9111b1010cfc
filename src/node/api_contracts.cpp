// Accounts, histories, notice boards, gates, units and rulebooks, with the rights to read them.
#include "common/time.h"
#include "contracts/records.h"
#include "contracts/transaction_json.h"
#include "contracts/unit.h"
#include "node/api_pages.h"

namespace tally::node {

namespace {

const auto kPlain = [](const auto& row) { return to_json(row); };

}  // namespace

Status Api::is_registered(const ApiCall& call) const {
  if (!call.key)
    return make_error(ErrorCode::unauthorised, "tally-key", "this needs a signed request",
                      "the headers tally-key, tally-time and tally-signature (--key with the command line)");
  const auto final_view = view();
  if (!final_view) return final_view.error();
  const auto officer = queries_.officer_by_key(*(*final_view)->reader, *call.key);
  if (!officer) return officer.error();
  for (const auto& validator : node_.chain().validators().members)
    if (validator.key == *call.key) return {};
  if (!*officer)
    return make_error(ErrorCode::forbidden, "tally-key", call.key->short_hex() + "... is no registered officer's key",
                      "the key of an officer or of a validator");
  return {};
}

Status Api::may_read_unit(const ApiCall& call, const contracts::UnitId& unit) const {
  if (Status registered = is_registered(call); !registered) return registered;
  const auto final_view = view();
  const auto officer = queries_.officer_by_key(*(*final_view)->reader, *call.key);
  if (!officer) return officer.error();
  if (!*officer) return {};  // a validator holds the whole chain anyway
  const auto& record = (*officer)->record;
  const bool auditor =
      std::find(record.roles.begin(), record.roles.end(), contracts::Role::auditor) != record.roles.end();
  if (auditor || contracts::in_unit(unit, record.unit)) return {};
  return make_error(ErrorCode::forbidden, "unit", "is " + unit + ", outside " + record.unit,
                    "a unit of the officer's own or below it");
}

Status Api::may_read_subject(const ApiCall& call, const SubjectHandle& subject) const {
  const auto final_view = view();
  if (!final_view) return final_view.error();
  const auto& reader = *(*final_view)->reader;
  if (call.key) {
    const auto own = queries_.subject_by_key(reader, *call.key);
    if (!own) return own.error();
    if (*own == subject) return {};
  }
  if (Status registered = is_registered(call); !registered) return registered;
  const auto record = queries_.subject(reader, subject);
  if (!record) return record.error();
  return may_read_unit(call, record->record.unit);
}

void Api::add_contract_routes() {
  add_account_routes();
  add_subject_routes();
  add_entry_routes();
  add_proof_routes();
  add_header_routes();
  add_board_routes();
  add_case_routes();
  add_work_list_routes();
  add("GET", "/v1/rulebooks", [this](const ApiCall&) -> Result<HttpResponse> {
    const auto final_view = view();
    if (!final_view) return final_view.error();
    const auto rulebooks = queries_.rulebooks(*(*final_view)->reader);
    if (!rulebooks) return rulebooks.error();
    return json_response({{"rows", to_json(*rulebooks)}});
  });
  add("GET", "/v1/rulebooks/{}", [this](const ApiCall& call) -> Result<HttpResponse> {
    const auto final_view = view();
    if (!final_view) return final_view.error();
    const auto& reader = *(*final_view)->reader;
    const auto rulebook = queries_.rulebook_at(reader, call.parts[0], (*final_view)->header.time);
    if (!rulebook) return rulebook.error();
    auto text = queries_.rulebook_text(reader, call.parts[0], (*rulebook)->version);
    if (!text) return text.error();
    HttpResponse response;
    response.body = std::move(text).value();
    return response;
  });
  add("GET", "/v1/units", [this](const ApiCall& call) -> Result<HttpResponse> {
    if (Status allowed = is_registered(call); !allowed) return allowed.error();
    const auto final_view = view();
    if (!final_view) return final_view.error();
    const auto rows = rows_of(call);
    if (!rows) return rows.error();
    return page_response(queries_.all_units(*(*final_view)->reader, cursor_of(call), *rows), kPlain);
  });
  add("GET", "/v1/officers", [this](const ApiCall& call) -> Result<HttpResponse> {
    if (Status allowed = may_read_unit(call, call.text("unit")); !allowed) return allowed.error();
    const auto final_view = view();
    const auto rows = rows_of(call);
    if (!rows) return rows.error();
    return page_response(queries_.officers(*(*final_view)->reader, call.text("unit"), cursor_of(call), *rows), kPlain);
  });
}

void Api::add_account_routes() {
  add("GET", "/v1/accounts/{}/{}", [this](const ApiCall& call) -> Result<HttpResponse> {
    const auto subject = subject_from(call.parts[1]);
    if (!subject) return subject.error();
    if (Status allowed = may_read_subject(call, *subject); !allowed) return allowed.error();
    const auto final_view = view();
    const auto account = queries_.account(*(*final_view)->reader, call.parts[0], call.text("book"), *subject,
                                          (*final_view)->header.time);
    if (!account) return account.error();
    Json out = contracts::account_json(*account);
    out["as_of"] = {{"height", to_json((*final_view)->height)}, {"time", format_time((*final_view)->header.time)}};
    return json_response(out);
  });
  add("GET", "/v1/accounts/{}/{}/history", [this](const ApiCall& call) -> Result<HttpResponse> {
    const auto subject = subject_from(call.parts[1]);
    if (!subject) return subject.error();
    if (Status allowed = may_read_subject(call, *subject); !allowed) return allowed.error();
    const auto rows = rows_of(call);
    if (!rows) return rows.error();
    const auto before = before_of(call);
    if (!before) return before.error();
    const auto final_view = view();
    const auto page =
        queries_.history(*(*final_view)->reader, call.parts[0], call.text("book"), *subject, *before, *rows);
    if (!page) return page.error();
    return json_response(contracts::history_json(*page));
  });
  add("GET", "/v1/accounts/{}/{}/proof", [this](const ApiCall& call) -> Result<HttpResponse> {
    const auto subject = subject_from(call.parts[1]);
    if (!subject) return subject.error();
    if (Status allowed = may_read_subject(call, *subject); !allowed) return allowed.error();
    const auto final_view = view();
    const auto id = queries_.account_id(*(*final_view)->reader, call.parts[0], call.text("book"), *subject,
                                        (*final_view)->header.time);
    if (!id) return id.error();
    const Bytes key = contracts::account_key(*id);
    const auto evidence = ledger::prove_state(**final_view, key);
    if (!evidence) return evidence.error();
    return json_response({{"key", to_hex(key)}, {"evidence", to_json(*evidence)}});
  });
}

void Api::add_board_routes() {
  add("GET", "/v1/notice-board/{}", [this](const ApiCall& call) -> Result<HttpResponse> {
    const auto final_view = view();
    if (!final_view) return final_view.error();
    const auto rows = rows_of(call);
    if (!rows) return rows.error();
    return page_response(queries_.notice_board(*(*final_view)->reader, call.parts[0], call.text("unit"),
                                               (*final_view)->header.time, cursor_of(call), *rows),
                         kPlain);
  });
  add("GET", "/v1/gates/{}/{}", [this](const ApiCall& call) -> Result<HttpResponse> {
    if (Status allowed = may_read_unit(call, call.text("unit")); !allowed) return allowed.error();
    const auto final_view = view();
    const auto rows = rows_of(call);
    if (!rows) return rows.error();
    const TimestampMs now = (*final_view)->header.time;
    const auto rulebook = queries_.rulebook_at(*(*final_view)->reader, call.parts[0], now);
    if (!rulebook) return rulebook.error();
    const unsigned scale = (*rulebook)->scale;
    return page_response(queries_.under_gate(*(*final_view)->reader, call.parts[0], call.text("unit"), call.parts[1],
                                             now, cursor_of(call), *rows),
                         [scale](const contracts::UnderGateRow& row) {
                           Json out = to_json(row);
                           out["score"] = format_amount(row.score, scale);
                           return out;
                         });
  });
}

}  // namespace tally::node
