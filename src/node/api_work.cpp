// Deductions and cases of workflows, queues, obligations and notices.
#include "contracts/transaction_json.h"
#include "contracts/work_json.h"
#include "node/api_pages.h"

namespace tally::node {

// Anybody whom the chain knows: officers, validators, subjects with a key.
Status Api::is_known(const ApiCall& call) const {
  const Status registered = is_registered(call);
  if (registered || !call.key) return registered;
  const auto final_view = view();
  if (!final_view) return final_view.error();
  const auto own = queries_.subject_by_key(*(*final_view)->reader, *call.key);
  if (!own) return own.error();
  return *own ? Status{} : registered;
}

// Whose the case is. Who may not read learns nothing of which numbers exist.
Result<Api::CaseOwner> Api::readable_case(const ApiCall& call, const storage::Reader& reader) const {
  const auto number = from_json<std::uint64_t>(Json(call.parts[0]));
  if (!number) return Error(number.error()).within("case");
  CaseOwner out{*number, {}, false};
  if (const auto work = queries_.work_record(reader, *number)) {
    out.subject = work->subject;
    out.work = true;
  } else {
    const auto deduction = queries_.case_of(reader, *number);
    if (Status registered = is_registered(call); !registered && !deduction) return registered.error();
    if (!deduction) return deduction.error();
    out.subject = deduction->record.subject;
  }
  if (Status allowed = may_read_subject(call, out.subject); !allowed) return allowed.error();
  return out;
}

void Api::add_case_routes() {
  add("GET", "/v1/cases/{}", [this](const ApiCall& call) -> Result<HttpResponse> {
    const auto final_view = view();
    if (!final_view) return final_view.error();
    const auto& reader = *(*final_view)->reader;
    const auto owner = readable_case(call, reader);
    if (!owner) return owner.error();
    if (!owner->work) {
      const auto deduction = queries_.case_of(reader, owner->number);
      if (!deduction) return deduction.error();
      return json_response(contracts::case_json(*deduction, std::nullopt));
    }
    const auto work = queries_.work(reader, owner->number);
    if (!work) return work.error();
    return json_response({{"number", to_json(owner->number)}, {"work", contracts::work_json(*work)}});
  });
  add("GET", "/v1/cases/{}/acts", [this](const ApiCall& call) -> Result<HttpResponse> {
    const auto final_view = view();
    if (!final_view) return final_view.error();
    const auto& reader = *(*final_view)->reader;
    const auto owner = readable_case(call, reader);
    if (!owner) return owner.error();
    const auto rows = rows_of(call);
    if (!rows) return rows.error();
    const auto before = before_of(call);
    if (!before) return before.error();
    const auto page = queries_.work_acts(reader, owner->number, *before, *rows);
    if (!page) return page.error();
    return json_response(contracts::act_page_json(*page));
  });
  add("GET", "/v1/cases", [this](const ApiCall& call) -> Result<HttpResponse> {
    if (Status allowed = may_read_unit(call, call.text("unit")); !allowed) return allowed.error();
    const auto final_view = view();
    const auto rows = rows_of(call);
    if (!rows) return rows.error();
    const bool open_only = call.text("open") == "true";
    return page_response(
        queries_.cases_of_unit(*(*final_view)->reader, call.text("unit"), open_only, cursor_of(call), *rows),
        [](const contracts::CaseView& found) { return contracts::case_json(found, std::nullopt); });
  });
  add("GET", "/v1/work", [this](const ApiCall& call) -> Result<HttpResponse> {
    if (Status allowed = may_read_unit(call, call.text("unit")); !allowed) return allowed.error();
    const auto final_view = view();
    const auto rows = rows_of(call);
    if (!rows) return rows.error();
    const bool open_only = call.text("open") == "true";
    return page_response(
        queries_.work_of_unit(*(*final_view)->reader, call.text("unit"), open_only, cursor_of(call), *rows),
        contracts::work_row_json);
  });
  add("GET", "/v1/queues/{}/{}", [this](const ApiCall& call) { return queue(call); });
}

// Numbers and places for everybody; whose cases they are for officers of the unit.
Result<HttpResponse> Api::queue(const ApiCall& call) const {
  if (Status known = is_known(call); !known) return known.error();
  const auto final_view = view();
  if (!final_view) return final_view.error();
  const auto& reader = *(*final_view)->reader;
  const auto rows = rows_of(call);
  if (!rows) return rows.error();
  const auto page = queries_.queue(reader, call.parts[0], call.parts[1], call.text("unit"), (*final_view)->header.time,
                                   cursor_of(call), *rows);
  const bool officer = may_read_unit(call, call.text("unit")).has_value();
  return page_response(page, [&](const contracts::QueueRow& row) {
    Json out = to_json(row);
    if (!officer) return out;
    const auto record = queries_.work_record(reader, row.case_number);
    if (record) out.update({{"subject", to_json(record->subject)}, {"state", record->state}});
    return out;
  });
}

void Api::add_work_list_routes() {
  const auto add_list = [this](const char* path, auto ask) {
    add("GET", path, [this, ask](const ApiCall& call) -> Result<HttpResponse> {
      const auto subject = subject_from(call.parts[0]);
      if (!subject) return subject.error();
      if (Status allowed = may_read_subject(call, *subject); !allowed) return allowed.error();
      const auto final_view = view();
      const auto rows = rows_of(call);
      if (!rows) return rows.error();
      return ask(*(*final_view)->reader, *subject, call, *rows);
    });
  };
  using storage::Reader;
  add_list("/v1/subjects/{}/deductions",
           [this](const Reader& reader, const SubjectHandle& subject, const ApiCall&, std::size_t) {
             auto found = queries_.cases_of_subject(reader, subject);
             if (!found) return Result<HttpResponse>(found.error());
             return page_response<contracts::CaseView>(
                 contracts::Page<contracts::CaseView>{*std::move(found), std::nullopt},
                 [](const contracts::CaseView& one) { return contracts::case_json(one, std::nullopt); });
           });
  add_list("/v1/subjects/{}/work",
           [this](const Reader& reader, const SubjectHandle& subject, const ApiCall& call, std::size_t rows) {
             const bool open_only = call.text("open") == "true";
             return page_response(queries_.work_of_subject(reader, subject, open_only, cursor_of(call), rows),
                                  contracts::work_row_json);
           });
  add_list("/v1/subjects/{}/obligations", [this](const Reader& reader, const SubjectHandle& subject,
                                                 const ApiCall& call, std::size_t rows) {
    return page_response(queries_.obligations(reader, subject, cursor_of(call), rows), contracts::obligation_json);
  });
  add_list("/v1/subjects/{}/notices",
           [this](const Reader& reader, const SubjectHandle& subject, const ApiCall& call, std::size_t rows) {
             return page_response(queries_.notices(reader, subject, cursor_of(call), rows), contracts::notice_json);
           });
}

}  // namespace tally::node
