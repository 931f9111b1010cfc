#include "devnet/client.h"

#include <boost/describe/enum_from_string.hpp>
#include <chrono>

#include "common/limits.h"
#include "crypto/digest.h"
#include "node/request_auth.h"

namespace tally::devnet {

namespace {

// The error that a problem document carries.
Error error_of(const node::HttpResponse& response, const std::string& target) {
  Error error{ErrorCode::internal, "", "answered " + std::to_string(response.status) + " to " + target, ""};
  const auto json = parse_json(response.body);
  if (!json || !json->is_object()) return error;
  const auto text = [&](const char* name) {
    const auto found = json->find(name);
    return found != json->end() && found->is_string() ? found->get<std::string>() : std::string{};
  };
  boost::describe::enum_from_string(text("code").c_str(), error.code);
  error.field = text("field");
  if (const auto detail = text("detail"); !detail.empty()) error.problem = detail;
  error.expected = text("expected");
  return error;
}

Result<Json> json_of(const Result<node::HttpResponse>& response, const std::string& target) {
  if (!response) return response.error();
  if (response->status / 100 != 2) return error_of(*response, target);
  return parse_json(response->body);
}

// `error` of a submission's result.
struct Refusal {
  std::string code;
  std::string field;
  std::string problem;
  std::string expected;
};
BOOST_DESCRIBE_STRUCT(Refusal, (), (code, field, problem, expected))

struct SubmissionResult {
  TransactionId id;
  node::TransactionState state = node::TransactionState::unknown;
  std::optional<Refusal> error;
};
BOOST_DESCRIBE_STRUCT(SubmissionResult, (), (id, state, error))

Submitted submitted_of(const SubmissionResult& result) {
  Submitted out{result.id, result.state, std::nullopt};
  if (result.error) {
    Error error{ErrorCode::internal, result.error->field, result.error->problem, result.error->expected};
    boost::describe::enum_from_string(result.error->code.c_str(), error.code);
    out.error = std::move(error);
  }
  return out;
}

constexpr std::size_t kFrameBytes = sizeof R"({"transactions":[]})";
std::size_t bytes_in_request(const Prepared& one) {
  return one.encoded.size() * 2 + 3;  // quotes and comma
}

}  // namespace

Prepared prepare(const ChainId& chain, const Signing& signing, const std::vector<contracts::Operation>& operations) {
  ledger::SignedTransaction transaction;
  transaction.body.chain = chain;
  transaction.body.author = signing.author.public_key();
  transaction.body.client_id = signing.client_id.is_zero() ? crypto::random_fixed<ClientId>() : signing.client_id;
  transaction.body.valid_until = signing.valid_until;
  transaction.body.mode = signing.mode;
  transaction.body.operations.reserve(operations.size());
  for (const auto& operation : operations) transaction.body.operations.push_back(encode(operation));
  ledger::add_signature(transaction, signing.author);
  for (const auto& key : signing.also) ledger::add_signature(transaction, key);
  return {ledger::id_of(transaction.body), encode(transaction)};
}

std::size_t fits_one_request(std::span<const Prepared> transactions) {
  std::size_t bytes = kFrameBytes;
  std::size_t count = 0;
  while (count < transactions.size() && count < limits::kTransactionOperationsMax) {
    bytes += bytes_in_request(transactions[count]);
    if (bytes > limits::kHttpBodyBytesMax) break;
    ++count;
  }
  return count;
}

Result<Client> Client::open(const std::string& url) {
  auto http = node::HttpClient::open(url);
  if (!http) return http.error();
  return Client(std::move(http).value());
}

Result<node::HttpResponse> Client::request(const std::string& method, const std::string& target,
                                           const std::string& body, unsigned timeout_ms) {
  std::vector<std::pair<std::string, std::string>> headers;
  if (identity_) headers = node::sign_request(method, target, wall_clock(), identity_->key, identity_->chain);
  if (!body.empty()) headers.emplace_back("content-type", "application/json");
  return http_.request(method, target, body, headers, timeout_ms);
}

Result<std::string> Client::get_text(const std::string& target, unsigned timeout_ms) {
  auto response = request("GET", target, {}, timeout_ms);
  if (!response) return response.error();
  if (response->status / 100 != 2) return error_of(*response, target);
  return std::move(response->body);
}

Result<Json> Client::get(const std::string& target, unsigned timeout_ms) {
  return json_of(request("GET", target, {}, timeout_ms), target);
}

Result<Json> Client::post(const std::string& target, const std::string& body, unsigned timeout_ms) {
  return json_of(request("POST", target, body, timeout_ms), target);
}

Result<NodeStatus> Client::status() {
  const auto json = get("/v1/status", 5000);
  if (!json) return json.error();
  NodeStatus out;
  std::optional<Error> wrong;
  const auto take = [&wrong]<class T>(const Json& from, const char* name, T& to) {
    auto value = member<T>(from, name);
    if (value)
      to = std::move(value).value();
    else if (!wrong)
      wrong = value.error();
  };
  const Json none = Json::object();
  const auto inner = [&](const char* name) -> const Json& {
    const auto found = json->find(name);
    return found == json->end() ? none : *found;
  };
  take(*json, "chain", out.chain);
  take(*json, "name", out.network);
  take(inner("node"), "name", out.node);
  take(*json, "primary", out.primary);
  take(*json, "view", out.view);
  take(*json, "changing_view", out.changing_view);
  take(*json, "failure", out.failure);
  take(*json, "executed_height", out.executed_height);
  take(*json, "final_height", out.final_height);
  take(*json, "final_time", out.final_time);
  take(*json, "first_block", out.first_block);
  for (const auto& snapshot : inner("snapshots")) take(snapshot, "height", out.newest_snapshot);
  take(inner("process"), "resident_kib", out.resident_kib);
  take(inner("process"), "resident_peak_kib", out.resident_peak_kib);
  take(inner("process"), "disk_bytes_written", out.disk_bytes_written);
  // A node that has no final view yet has no header to show.
  std::string header;
  take(*json, "final_header", header);
  out.final_header = Digest::from_hex(header).value_or(Digest{});
  for (const auto& peer : inner("peers")) {
    bool connected = false;
    take(peer, "connected", connected);
    ++out.peers;
    if (connected) ++out.peers_connected;
  }
  if (wrong) return *std::move(wrong);
  return out;
}

Status Client::healthy() {
  const auto response = request("GET", "/healthz", {}, 5000);
  if (!response) return response.error();
  if (response->status == 200) return {};
  return make_error(ErrorCode::busy, "", "the node says " + response->body);
}

Result<std::vector<Submitted>> Client::submit(std::span<const Prepared> transactions) {
  std::string body = R"({"transactions":[)";
  for (const auto& one : transactions) {
    if (&one != transactions.data()) body += ',';
    body += '"';
    body += to_hex(one.encoded);
    body += '"';
  }
  body += "]}";
  const auto json = post("/v1/transactions", body, patience_ms_);
  if (!json) return json.error();
  const auto results = member<std::vector<SubmissionResult>>(*json, "results");
  if (!results) return results.error();
  std::vector<Submitted> out;
  for (const auto& result : *results) out.push_back(submitted_of(result));
  if (out.size() != transactions.size())
    return make_error(ErrorCode::invalid_encoding, "results", "has " + std::to_string(out.size()) + " items",
                      std::to_string(transactions.size()) + ", one a transaction");
  return out;
}

Result<std::vector<node::TransactionState>> Client::states(std::span<const TransactionId> ids, Milliseconds wait) {
  std::string body = R"({"ids":[)";
  for (const auto& id : ids) {
    if (&id != ids.data()) body += ',';
    body += '"' + id.hex() + '"';
  }
  body += "]}";
  const auto json = post("/v1/transactions/states?wait_ms=" + std::to_string(wait.count()), body,
                         static_cast<unsigned>(wait.count()) + patience_ms_);
  if (!json) return json.error();
  auto out = member<std::vector<node::TransactionState>>(*json, "states");
  if (out && out->size() != ids.size())
    return make_error(ErrorCode::invalid_encoding, "states", "has " + std::to_string(out->size()) + " items",
                      std::to_string(ids.size()) + ", one an id");
  return out;
}

Result<Json> Client::transaction(const TransactionId& id, Milliseconds wait) {
  return get("/v1/transactions/" + id.hex() + "?wait_ms=" + std::to_string(wait.count()),
             static_cast<unsigned>(wait.count()) + patience_ms_);
}

}  // namespace tally::devnet
