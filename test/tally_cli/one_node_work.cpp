// What the node in the test answers about cases, queues, obligations and notices.
#include "contracts/transaction_json.h"
#include "contracts/work_json.h"
#include "node/http_text.h"
#include "tally_cli/one_node.h"

namespace tally::test {

namespace {

node::HttpResponse answer(const Json& json) {
  node::HttpResponse out;
  out.body = json.dump();
  return out;
}

template <class Row, class RowJson>
node::HttpResponse page(const Result<contracts::Page<Row>>& found, const RowJson& row_json) {
  if (!found) return node::problem(found.error());
  Json rows = Json::array();
  for (const auto& row : found->rows) rows.push_back(row_json(row));
  return answer({{"rows", rows}, {"next", found->next ? Json(*found->next) : Json(nullptr)}});
}

}  // namespace

std::optional<node::HttpResponse> OneNode::work(const std::string& target, const cli::Transport::Headers& headers) {
  using namespace contracts;
  constexpr std::size_t kRows = 100;
  const auto asked = node::parse_http_target(target);
  if (!asked) return std::nullopt;
  const auto& path = asked->path;
  const auto given = [&](const char* name) {
    const auto found = asked->query.find(name);
    return found == asked->query.end() ? std::string() : found->second;
  };
  const bool mine = path.starts_with("/v1/cases") || path.starts_with("/v1/work") || path.starts_with("/v1/subjects") ||
                    path.starts_with("/v1/queues");
  if (!mine) return std::nullopt;
  if (headers.empty())
    return node::problem(
        make_error(ErrorCode::unauthorised, "tally-key", "this needs a signed request", "a signature"));
  const auto view = chain_->final_view();
  const auto& reader = *view->reader;
  const auto deduction_row = [](const CaseView& one) { return case_json(one, std::nullopt); };
  const bool open = given("open") == "true";
  if (path == "/v1/cases")
    return page(queries_.cases_of_unit(reader, given("unit"), open, std::nullopt, kRows), deduction_row);
  if (path == "/v1/work")
    return page(queries_.work_of_unit(reader, given("unit"), open, std::nullopt, kRows), work_row_json);
  if (path.starts_with("/v1/queues/")) {
    const auto rest = path.substr(std::string_view("/v1/queues/").size());
    const auto slash = rest.find('/');
    return page(queries_.queue(reader, rest.substr(0, slash), rest.substr(slash + 1), given("unit"), view->header.time,
                               std::nullopt, kRows),
                [](const QueueRow& row) { return to_json(row); });
  }
  if (path.starts_with("/v1/cases/")) {
    const std::uint64_t number = std::stoull(path.substr(std::string_view("/v1/cases/").size()));
    if (path.ends_with("/acts")) {
      const auto acts = queries_.work_acts(reader, number, std::nullopt, std::stoull(given("limit")));
      return acts ? answer(act_page_json(*acts)) : node::problem(acts.error());
    }
    if (const auto found = queries_.work(reader, number))
      return answer({{"number", to_json(number)}, {"work", work_json(*found)}});
    const auto deduction = queries_.case_of(reader, number);
    return deduction ? answer(deduction_row(*deduction)) : node::problem(deduction.error());
  }
  const auto rest = path.substr(std::string_view("/v1/subjects/").size());
  const auto subject = SubjectHandle::from_hex(rest.substr(0, rest.find('/')));
  if (!subject) return std::nullopt;
  if (rest.ends_with("/work"))
    return page(queries_.work_of_subject(reader, *subject, open, std::nullopt, kRows), work_row_json);
  if (rest.ends_with("/obligations"))
    return page(queries_.obligations(reader, *subject, std::nullopt, kRows), obligation_json);
  if (rest.ends_with("/notices")) return page(queries_.notices(reader, *subject, std::nullopt, kRows), notice_json);
  return page(Result<Page<CaseView>>(Page<CaseView>{queries_.cases_of_subject(reader, *subject).value(), std::nullopt}),
              deduction_row);
}

}  // namespace tally::test
