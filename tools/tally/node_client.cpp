#include "tally/node_client.h"

#include <boost/describe/enum_from_string.hpp>

#include "common/time.h"
#include "node/request_auth.h"
#include "tally/secrets.h"

namespace tally::cli {

namespace {

Failure bad_answer(const std::string& target, const std::string& problem) {
  return Failure(ExitCode::unreachable, make_error(ErrorCode::invalid_encoding, "",
                                                   "the answer to " + target + " cannot be understood: " + problem))
      .then("check that --node names a Tallystick node of this version");
}

// Times are milliseconds as a decimal string; RFC 3339 is read as well.
std::optional<TimestampMs> time_in(const Json& object, const std::string& name) {
  const std::string text = text_at(object, name);
  if (const auto number = json_detail::integer_from_text<std::uint64_t>(text)) return TimestampMs{*number};
  const auto parsed = parse_time(text);
  return parsed ? std::optional(*parsed) : std::nullopt;
}

ErrorCode code_of_status(int status) {
  if (status == 401) return ErrorCode::unauthorised;
  if (status == 403) return ErrorCode::forbidden;
  if (status == 404) return ErrorCode::not_found;
  if (status == 429 || status == 503 || status == 504) return ErrorCode::busy;
  return status >= 500 ? ErrorCode::internal : ErrorCode::invalid_field;
}

}  // namespace

std::string text_at(const Json& object, const std::string& member) {
  if (!object.is_object()) return {};
  const auto found = object.find(member);
  if (found == object.end() || found->is_null()) return {};
  return found->is_string() ? found->get<std::string>() : found->dump();
}

std::string url_encoded(std::string_view text) {
  static constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      out.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

Failure failure_of(const node::HttpResponse& response, const std::string& target) {
  Error error = make_error(code_of_status(response.status), "", "");
  std::string title;
  if (const auto problem = parse_json(response.body); problem && problem->is_object()) {
    boost::describe::enum_from_string(text_at(*problem, "code").c_str(), error.code);
    error.field = text_at(*problem, "field");
    error.problem = text_at(*problem, "detail");
    error.expected = text_at(*problem, "expected");
    title = text_at(*problem, "title");
  }
  if (error.problem.empty()) error.problem = title.empty() ? "HTTP status " + std::to_string(response.status) : title;
  Failure out(error);
  if (out.exit == ExitCode::bad_input || out.exit == ExitCode::not_final) out.exit = ExitCode::usage;
  if (response.status >= 500 && out.exit != ExitCode::unreachable) out.exit = ExitCode::internal;
  if (error.code == ErrorCode::busy || error.code == ErrorCode::pool_full) out.next = "try again in a while";
  if (out.exit == ExitCode::unauthorised)
    out.next = "sign the request with --key FILE, the key of an officer of the unit or of the subject";
  return std::move(out).during("the node refused " + target);
}

TimestampMs NodeStatus::block_time(TimestampMs now) const {
  // An idle chain makes no blocks, so on a real clock the last block may be old.
  return clock == ledger::ClockMode::test ? next_block_time : std::max(next_block_time, now);
}

Outcome<NodeClient> NodeClient::connect(Context& context) {
  const Setting& node = context.settings().get("node");
  auto transport = context.world().connect(node.value);
  if (!transport) {
    return Failure(ExitCode::usage, transport.error())
        .during("the address of the node is wrong (" + (node.where.empty() ? "built-in" : node.where) + ")");
  }
  return NodeClient(context, node.value, std::move(*transport));
}

Outcome<NodeClient> NodeClient::connect_to(Context& context, const std::string& url) {
  auto transport = context.world().connect(url);
  if (!transport) return Failure(ExitCode::usage, transport.error()).during("the address " + url + " is no node's");
  return NodeClient(context, url, std::move(*transport));
}

Failure NodeClient::transport_failure(const Error& error) const {
  return Failure(ExitCode::unreachable, error)
      .during("the node at " + url_ + " does not answer")
      .then("start the node, or name another with --node URL");
}

Outcome<Transport::Headers> NodeClient::headers_for(const std::string& target, Access access) {
  if (access == Access::open || context_->settings().value("key").empty()) return Transport::Headers{};
  auto known = status();
  if (!known) return known.error();
  if (!key_) {
    auto key = signing_key(*context_, "asking for " + target);
    if (!key) return key.error();
    key_ = std::move(*key);
  }
  return node::sign_request("GET", target, context_->world().now(), *key_, known->chain);
}

Outcome<node::HttpResponse> NodeClient::get_raw(const std::string& target, Access access,
                                                const Transport::Headers& more) {
  auto headers = headers_for(target, access);
  if (!headers) return headers.error();
  headers->insert(headers->end(), more.begin(), more.end());
  auto response = transport_->request("GET", target, {}, *headers, kTimeoutMs);
  if (!response) return transport_failure(response.error());
  if (response->status / 100 != 2) return failure_of(*response, target);
  return std::move(*response);
}

Outcome<Json> NodeClient::get(const std::string& target, Access access) {
  auto response = get_raw(target, access);
  if (!response) return response.error();
  auto json = parse_json(response->body);
  if (!json) return bad_answer(target, json.error().problem);
  return std::move(*json);
}

Outcome<Json> NodeClient::post(const std::string& target, const Json& body) {
  auto response = transport_->request("POST", target, body.dump(), {{"content-type", "application/json"}}, kTimeoutMs);
  if (!response) return transport_failure(response.error());
  if (response->status / 100 != 2) return failure_of(*response, target);
  auto json = parse_json(response->body);
  if (!json) return bad_answer(target, json.error().problem);
  return std::move(*json);
}

Outcome<node::HttpResponse> NodeClient::get_any_status(const std::string& target) {
  auto response = transport_->request("GET", target, {}, {}, kTimeoutMs);
  if (!response) return transport_failure(response.error());
  return std::move(*response);
}

Outcome<NodeStatus> NodeClient::status(bool refresh) {
  if (status_ && !refresh) return *status_;
  auto document = get("/v1/status", Access::open);
  if (!document) return document.error();
  NodeStatus out;
  const auto chain = ChainId::from_hex(text_at(*document, "chain"));
  if (!chain) return bad_answer("/v1/status", "it names no chain");
  out.chain = *chain;
  out.network = text_at(*document, "name");
  out.clock = text_at(*document, "clock") == "test" ? ledger::ClockMode::test : ledger::ClockMode::real;
  const auto final_time = time_in(*document, "final_time");
  if (!final_time) return bad_answer("/v1/status", "final_time is \"" + text_at(*document, "final_time") + "\"");
  out.final_time = *final_time;
  out.next_block_time = std::max(out.final_time, time_in(*document, "next_block_time").value_or(out.final_time));
  if (const auto height = json_detail::integer_from_text<std::uint64_t>(text_at(*document, "final_height")))
    out.final_height = *height;
  out.document = std::move(*document);
  const Setting& wanted = context_->settings().get("chain");
  if (!wanted.value.empty() && wanted.value != out.chain.hex())
    return Failure(ExitCode::rejected,
                   make_error(ErrorCode::wrong_chain, "", "the node at " + url_ + " serves chain " + out.chain.hex(),
                              "chain " + wanted.value + " (" + wanted.where + ")"))
        .then("name a node of that chain with --node, or correct --chain");
  status_ = out;
  return out;
}

}  // namespace tally::cli
