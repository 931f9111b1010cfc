// Purpose: the HTTP API under /v1 (docs/api.md): routes, reading rights, and JSON answers. Reads come from the
// final view only; what is not final is never shown as if it were.
// Thread rule: handle() is called on the HTTP server's threads, several at once.
// Errors: problem documents with the codes of common/error.h.
#pragma once

#include <functional>

#include "common/json.h"
#include "contracts/entry_queries.h"
#include "contracts/queries.h"
#include "ledger/proof_maker.h"
#include "node/http_server.h"
#include "node/node.h"

namespace tally::node {

// A call whose route was found.
struct ApiCall {
  const HttpRequest& request;
  std::vector<std::string> parts;  // the path's variable segments, in order
  std::optional<PublicKey> key;    // who signed the request

  // A query parameter as a number within bounds; `fallback` if absent; invalid_field names it.
  [[nodiscard]] Result<std::uint64_t> number(const char* name, std::uint64_t fallback, std::uint64_t most) const;
  [[nodiscard]] std::string text(const char* name) const;
  // true or false; false if absent.
  [[nodiscard]] Result<bool> flag(const char* name) const;
};

class Api {
 public:
  explicit Api(Node& node);
  void handle(HttpRequest request, Respond respond);

 private:
  using Handler = std::function<Result<HttpResponse>(const ApiCall&)>;
  struct Route {
    std::string method;
    std::vector<std::string> segments;  // "{}" matches any one segment
    Handler handler;
  };
  void add(const char* method, const char* path, Handler handler);
  void add_ledger_routes();    // api_ledger.cpp
  void add_archive_routes();   // api_archive.cpp
  void add_contract_routes();  // api_contracts.cpp, with the next two
  void add_account_routes();
  void add_subject_routes();  // api_subjects.cpp
  void add_header_routes();   // api_headers.cpp
  void add_entry_routes();    // api_entries.cpp
  void add_proof_routes();    // api_proofs.cpp
  void add_board_routes();
  void add_case_routes();  // api_work.cpp, with the next
  void add_work_list_routes();
  void add_governance_routes();  // api_governance.cpp
  void add_rule_routes();        // api_rules.cpp
  [[nodiscard]] Result<HttpResponse> dispatch(const HttpRequest& request);

  void submit(const HttpRequest& request, const Respond& respond);       // api_submit.cpp
  void transaction(const HttpRequest& request, const Respond& respond);  // api_submit.cpp
  void states(const HttpRequest& request, const Respond& respond);       // api_submit.cpp
  [[nodiscard]] Result<HttpResponse> transaction_answer(const TransactionId& id, bool with_proof) const;

  // What the reader may see; refuses those who may not.
  [[nodiscard]] Status may_read_unit(const ApiCall& call, const contracts::UnitId& unit) const;
  [[nodiscard]] Status may_read_subject(const ApiCall& call, const SubjectHandle& subject) const;
  // Bounds what is asked to the reader's unit, unless it names one that the reader may see.
  [[nodiscard]] Status may_read_entries(const ApiCall& call, contracts::EntriesAsked& asked) const;
  [[nodiscard]] Status is_registered(const ApiCall& call) const;
  [[nodiscard]] Status is_known(const ApiCall& call) const;
  struct CaseOwner {
    std::uint64_t number = 0;
    SubjectHandle subject;
    bool work = false;  // of a workflow; else a deduction
  };
  [[nodiscard]] Result<CaseOwner> readable_case(const ApiCall& call, const storage::Reader& reader) const;
  [[nodiscard]] Result<HttpResponse> queue(const ApiCall& call) const;
  [[nodiscard]] Result<HttpResponse> account_proof(const ApiCall& call,
                                                   const std::optional<ledger::HistoryWanted>& history) const;
  [[nodiscard]] Result<std::shared_ptr<const ledger::FinalView>> view() const;
  [[nodiscard]] HttpResponse status() const;
  [[nodiscard]] HttpResponse metrics() const;
  [[nodiscard]] Result<HttpResponse> chain_bytes(const ApiCall& call) const;
  [[nodiscard]] Result<HttpResponse> evidence(const ApiCall& call) const;

  Node& node_;
  contracts::Queries queries_;
  std::vector<Route> routes_;
};

HttpResponse json_response(const Json& json, int status = 200);

}  // namespace tally::node
