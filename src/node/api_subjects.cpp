// How a score came about, and what else a subject may see of itself: consents, lists and suspensions, sums,
// consultations. Whoever may read the account may read these.
#include "common/time.h"
#include "contracts/explain_json.h"
#include "node/api_pages.h"

namespace tally::node {

namespace {

Result<std::optional<TimestampMs>> moment_of(const ApiCall& call) {
  const std::string text = call.text("at");
  if (text.empty()) return std::optional<TimestampMs>{};
  const auto time = parse_time(text);
  if (!time) return Error(time.error()).within("at");
  return std::optional<TimestampMs>(*time);
}

template <class Rows, class ToJson>
Result<HttpResponse> rows_response(const Result<Rows>& rows, const ToJson& row_json) {
  if (!rows) return rows.error();
  Json out = Json::array();
  for (const auto& row : *rows) out.push_back(row_json(row));
  return json_response({{"rows", out}});
}

}  // namespace

void Api::add_subject_routes() {
  // Finds the subject and whether the reader may read it; `answer` gets what the views are asked with.
  const auto add_question = [this](const char* name, auto answer) {
    const std::string path = std::string("/v1/accounts/{}/{}/") + name;
    add("GET", path.c_str(), [this, answer](const ApiCall& call) -> Result<HttpResponse> {
      const auto subject = subject_from(call.parts[1]);
      if (!subject) return subject.error();
      if (Status allowed = may_read_subject(call, *subject); !allowed) return allowed.error();
      const auto final_view = view();
      const contracts::SubjectQuestion question{queries_, *(*final_view)->reader, call.parts[0], *subject,
                                                (*final_view)->header.time};
      return answer(call, question);
    });
  };
  add_question("explanation",
               [](const ApiCall& call, const contracts::SubjectQuestion& question) -> Result<HttpResponse> {
                 contracts::ExplainRequest request{question.rulebook, call.text("book"), question.subject, {}, 0, 0};
                 const auto at = moment_of(call);
                 if (!at) return at.error();
                 request.at = *at;
                 const auto from = call.number("from", 0, ~0ULL);
                 if (!from) return from.error();
                 request.from = *from;
                 const auto rows = rows_of(call);
                 if (!rows) return rows.error();
                 request.rows = *rows;
                 const auto out = contracts::explain(question.queries, question.reader, request, question.now);
                 if (!out) return out.error();
                 return json_response(contracts::explanation_json(*out));
               });
  add_question("consents", [](const ApiCall&, const contracts::SubjectQuestion& question) {
    return rows_response(contracts::consents_of(question), contracts::consent_json);
  });
  add_question("standings", [](const ApiCall&, const contracts::SubjectQuestion& question) {
    return rows_response(contracts::standings_of(question), contracts::standing_json);
  });
  add_question("sums", [](const ApiCall&, const contracts::SubjectQuestion& question) -> Result<HttpResponse> {
    const auto rulebook = question.queries.rulebook_at(question.reader, question.rulebook, question.now);
    if (!rulebook) return rulebook.error();
    return rows_response(contracts::sums_of(question),
                         [&](const contracts::SumView& sum) { return contracts::sum_json(sum, (*rulebook)->scale); });
  });
  add_question("consultations",
               [](const ApiCall& call, const contracts::SubjectQuestion& question) -> Result<HttpResponse> {
                 const auto rows = rows_of(call);
                 if (!rows) return rows.error();
                 const auto before = before_of(call);
                 if (!before) return before.error();
                 const auto page = contracts::consultations_of(question, *before, *rows);
                 if (!page) return page.error();
                 Json list = Json::array();
                 for (const auto& row : page->rows) list.push_back(contracts::consultation_json(row));
                 return json_response(
                     {{"rows", list}, {"next", page->next ? Json(std::to_string(*page->next)) : Json(nullptr)}});
               });
}

}  // namespace tally::node
