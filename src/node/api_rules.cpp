// The constitution, proposals about rules with their documents and comments, and the engine's parameters. Open to all:
// rules are public, and no subject is named but those that comment, by their handles.
#include "contracts/governance_json.h"
#include "node/api_pages.h"

namespace tally::node {

namespace {

Result<std::uint64_t> number_in(const ApiCall& call) {
  auto number = from_json<std::uint64_t>(Json(call.parts[0]));
  if (!number) return Error(number.error()).within("proposal");
  return number;
}

}  // namespace

void Api::add_rule_routes() {
  add("GET", "/v1/constitution", [this](const ApiCall&) -> Result<HttpResponse> {
    const auto final_view = view();
    if (!final_view) return final_view.error();
    const auto own = contracts::read_constitution(*(*final_view)->reader);
    if (!own) return own.error();
    return json_response(contracts::constitution_json(*own));
  });
  add("GET", "/v1/parameters", [this](const ApiCall&) -> Result<HttpResponse> {
    const auto final_view = view();
    if (!final_view) return final_view.error();
    const auto parameters = contracts::parameters_view(*(*final_view)->reader, (*final_view)->height);
    if (!parameters) return parameters.error();
    return json_response(contracts::parameters_json(*parameters, (*final_view)->height));
  });
  add("GET", "/v1/rule-proposals", [this](const ApiCall& call) -> Result<HttpResponse> {
    const auto final_view = view();
    if (!final_view) return final_view.error();
    const auto asked = proposals_asked(call);
    if (!asked) return asked.error();
    return page_response(contracts::rule_proposal_views(*(*final_view)->reader, asked->open_only,
                                                        (*final_view)->header.time, asked->cursor, asked->rows),
                         [](const auto& row) { return contracts::rule_proposal_json(row); });
  });
  add("GET", "/v1/rule-proposals/{}", [this](const ApiCall& call) -> Result<HttpResponse> {
    const auto final_view = view();
    if (!final_view) return final_view.error();
    const auto number = number_in(call);
    if (!number) return number.error();
    const auto found = contracts::rule_proposal_view(*(*final_view)->reader, *number, (*final_view)->header.time);
    if (!found) return found.error();
    return json_response(contracts::rule_proposal_json(*found));
  });
  add("GET", "/v1/rule-proposals/{}/document", [this](const ApiCall& call) -> Result<HttpResponse> {
    const auto final_view = view();
    if (!final_view) return final_view.error();
    const auto number = number_in(call);
    if (!number) return number.error();
    auto text = contracts::proposed_document(*(*final_view)->reader, *number);
    if (!text) return text.error();
    HttpResponse response;
    response.body = *std::move(text);
    return response;
  });
  add("GET", "/v1/rule-proposals/{}/comments", [this](const ApiCall& call) -> Result<HttpResponse> {
    const auto final_view = view();
    if (!final_view) return final_view.error();
    const auto number = number_in(call);
    if (!number) return number.error();
    const auto comments = contracts::comments_on(*(*final_view)->reader, *number);
    if (!comments) return comments.error();
    Json list = Json::array();
    for (const auto& comment : *comments) list.push_back(contracts::comment_json(comment));
    return json_response({{"rows", list}, {"next", nullptr}});
  });
}

}  // namespace tally::node
