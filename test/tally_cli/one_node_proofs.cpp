// Proof files and entries by term, as the node under test serves them.
#include "common/time.h"
#include "contracts/entry_queries.h"
#include "contracts/history_terms.h"
#include "contracts/proof_story.h"
#include "contracts/transaction_json.h"
#include "node/http_server.h"
#include "tally_cli/harness.h"

namespace tally::test {

namespace {

node::HttpResponse file_answer(const Result<ledger::ProofDocument>& document) {
  if (!document) return node::problem(document.error());
  return {200, "application/octet-stream", std::string(as_text(ledger::encode_proof_file(*document))), {}};
}

std::vector<std::string> segments(std::string_view path) {
  std::vector<std::string> out{""};
  for (const char c : path) {
    if (c == '/')
      out.emplace_back();
    else
      out.back() += c;
  }
  return out;
}

}  // namespace

std::string parameter(const std::string& target, const std::string& name) {
  const auto query = target.find('?');
  if (query == target.npos) return {};
  std::string rest = "&" + target.substr(query + 1);
  const auto at = rest.find("&" + name + "=");
  if (at == rest.npos) return {};
  rest.erase(0, at + name.size() + 2);
  std::string out;
  for (std::size_t i = 0; i < rest.size() && rest[i] != '&'; ++i) {
    if (rest[i] != '%') {
      out += rest[i];
      continue;
    }
    out += static_cast<char>(std::stoi(rest.substr(i + 1, 2), nullptr, 16));
    i += 2;
  }
  return out;
}

std::optional<node::HttpResponse> OneNode::proofs(const std::string& path, const std::string& target) {
  const auto view = chain_->final_view();
  if (path == "/v1/entries") {
    contracts::EntriesAsked asked;
    if (const auto unit = parameter(target, "unit"); !unit.empty()) asked.unit = unit;
    if (const auto officer = parameter(target, "officer"); !officer.empty())
      asked.officer = contracts::PersonId::from_hex(officer);
    if (const auto since = parameter(target, "since"); !since.empty()) asked.since = parse_time(since).value();
    const auto page = contracts::find_entries(queries_, *view->reader, asked, view->header, std::nullopt, 100);
    if (!page) return node::problem(page.error());
    Json rows = Json::array();
    for (const auto& row : page->rows) rows.push_back(contracts::entry_row_json(row));
    return node::HttpResponse{200, "application/json", Json{{"rows", rows}, {"next", nullptr}}.dump(), {}};
  }
  if (!path.starts_with("/v1/proofs/")) return std::nullopt;
  const auto parts = segments(std::string_view(path).substr(std::string_view("/v1/proofs/").size()));
  const ChainId chain = chain_->id();
  node::HttpResponse out;
  if (parts[0] == "transaction") {
    const auto place = chain_->place_of(*TransactionId::from_hex(parts[1])).value();
    if (!place) return node::problem(make_error(ErrorCode::not_found, "id", "is in no block"));
    out = file_answer(ledger::prove_transaction(*chain_, *view->reader, place->height, place->index));
  } else {
    const auto account = queries_.account_id(*view->reader, parts[1], parameter(target, "book"),
                                             *SubjectHandle::from_hex(parts[2]), view->header.time);
    if (!account) return node::problem(account.error());
    Result<ledger::StateWanted> wanted = contracts::account_wanted(*account, std::nullopt);
    if (parts[0] == "history") {
      ledger::HistoryWanted history{std::nullopt, 10};
      if (const auto last = parameter(target, "last"); !last.empty()) history.last = std::stoull(last);
      wanted = contracts::account_wanted(*account, history);
    }
    if (parts[0] == "gate")
      wanted = contracts::gate_wanted(queries_, *view->reader, *account, parts[3], view->header.time);
    if (!wanted) return node::problem(wanted.error());
    out = file_answer(ledger::prove_state(chain, *view, *wanted, contracts::history_of));
  }
  if (lies_in_proofs && out.status == 200) out.body[out.body.size() / 2] ^= 1;
  return out;
}

}  // namespace tally::test
