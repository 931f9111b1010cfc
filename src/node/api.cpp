#include "node/api.h"

#include <charconv>

#include "node/process_usage.h"
#include "node/request_auth.h"
#include "node/wall_clock.h"

namespace tally::node {

namespace {

std::vector<std::string> split(const std::string& path) {
  std::vector<std::string> out;
  std::size_t from = 0;
  while (from < path.size()) {
    if (path[from] == '/') {
      ++from;
      continue;
    }
    const auto end = std::min(path.find('/', from), path.size());
    out.push_back(path.substr(from, end - from));
    from = end;
  }
  return out;
}

std::optional<std::vector<std::string>> match(const std::vector<std::string>& pattern,
                                              const std::vector<std::string>& segments) {
  if (pattern.size() != segments.size()) return std::nullopt;
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == "{}")
      parts.push_back(segments[i]);
    else if (pattern[i] != segments[i])
      return std::nullopt;
  }
  return parts;
}

// Why consensus messages of peers were dropped (consensus rule 11): as counted by this epoch's replica.
std::string dropped_text(const consensus::Replica::Counters& counters) {
  const std::pair<const char*, std::uint64_t> rows[] = {
      {"out_of_window", counters.dropped_out_of_window},
      {"wrong_view", counters.dropped_wrong_view},
      {"wrong_epoch", counters.dropped_wrong_epoch},
      {"not_primary", counters.dropped_not_primary},
      {"duplicate", counters.dropped_duplicate},
      {"conflict", counters.dropped_conflict},
      {"bad_body", counters.dropped_bad_body},
      {"primary_prepare", counters.dropped_primary_prepare},
      {"own", counters.dropped_own},
      {"own_unknown", counters.own_votes_unknown},
      {"view_change", counters.dropped_view_change},
      {"bad_new_view", counters.dropped_bad_new_view},
      {"changing", counters.dropped_changing},
      {"stopped", counters.dropped_stopped},
      {"status_too_soon", counters.dropped_status},
  };
  std::string out =
      "# HELP tally_messages_dropped_total consensus messages that were dropped, by reason\n"
      "# TYPE tally_messages_dropped_total counter\n";
  for (const auto& [reason, count] : rows)
    out += "tally_messages_dropped_total{reason=\"" + std::string(reason) + "\"} " + std::to_string(count) + "\n";
  return out;
}

}  // namespace

Result<std::uint64_t> ApiCall::number(const char* name, std::uint64_t fallback, std::uint64_t most) const {
  const auto found = request.query.find(name);
  if (found == request.query.end()) return fallback;
  std::uint64_t out = 0;
  const auto& value = found->second;
  const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), out);
  if (failure != std::errc{} || end != value.data() + value.size() || out > most)
    return make_error(ErrorCode::invalid_field, name, "is \"" + value + "\"",
                      "a whole number of at most " + std::to_string(most));
  return out;
}

std::string ApiCall::text(const char* name) const {
  const auto found = request.query.find(name);
  return found == request.query.end() ? std::string{} : found->second;
}

Result<bool> ApiCall::flag(const char* name) const {
  const std::string value = text(name);
  if (value.empty() || value == "false") return false;
  if (value == "true") return true;
  return make_error(ErrorCode::invalid_field, name, "is \"" + value.substr(0, 40) + "\"", "true or false");
}

HttpResponse json_response(const Json& json, int status) {
  HttpResponse response;
  response.status = status;
  response.body = json.dump() + "\n";
  return response;
}

Api::Api(Node& node) : node_(node) {
  add("GET", "/healthz", [this](const ApiCall&) -> Result<HttpResponse> {
    const std::string failure = node_.failure();
    // One that only observes is well, too.
    const bool validator = node_.ordering_status().self.has_value();
    if (failure.empty()) return json_response({{"status", "ok"}, {"validator", validator}});
    return json_response({{"status", "stopped voting"}, {"reason", failure}, {"validator", validator}}, 503);
  });
  add("GET", "/readyz", [this](const ApiCall&) -> Result<HttpResponse> {
    auto final_view = view();
    if (!final_view) return json_response({{"status", "not ready"}, {"reason", final_view.error().problem}}, 503);
    return json_response({{"status", "ready"}});
  });
  add("GET", "/metrics", [this](const ApiCall&) -> Result<HttpResponse> { return metrics(); });
  add("GET", "/v1/status", [this](const ApiCall&) -> Result<HttpResponse> { return status(); });
  add_ledger_routes();
  add_archive_routes();
  add_contract_routes();
  add_governance_routes();
  add_rule_routes();
}

void Api::add(const char* method, const char* path, Handler handler) {
  routes_.push_back({method, split(path), std::move(handler)});
}

void Api::handle(HttpRequest request, Respond respond) {
  const bool post = request.method == "POST";
  const bool get = request.method == "GET";
  // The three calls that may wait.
  if (post && request.path == "/v1/transactions") return submit(request, respond);
  if (post && request.path == "/v1/transactions/states") return states(request, respond);
  if (get && request.path.starts_with("/v1/transactions/")) return transaction(request, respond);
  auto answer = dispatch(request);
  respond(answer ? std::move(answer).value() : problem(answer.error()));
}

Result<HttpResponse> Api::dispatch(const HttpRequest& request) {
  const auto segments = split(request.path);
  bool other_method = false;
  for (const Route& route : routes_) {
    auto parts = match(route.segments, segments);
    if (!parts) continue;
    if (route.method != request.method) {
      other_method = true;
      continue;
    }
    auto key = authenticate_request(request, wall_clock(), node_.chain_id());
    if (!key) return key.error();
    return route.handler(ApiCall{request, std::move(*parts), *key});
  }
  if (other_method) {
    HttpResponse response = problem(
        make_error(ErrorCode::invalid_field, "method", "is " + request.method + ", which this path does not take"));
    response.status = 405;
    return response;
  }
  return make_error(ErrorCode::not_found, "path", "nothing is served at " + request.path,
                    "a path of docs/api.md, such as /v1/status");
}

Result<std::shared_ptr<const ledger::FinalView>> Api::view() const {
  auto final_view = node_.chain().final_view();
  if (!final_view)
    return make_error(ErrorCode::not_final, "", "this node has no final block to read from yet",
                      "to try again when a quorum of validators is running");
  return final_view;
}

HttpResponse Api::status() const {
  const auto& genesis = node_.genesis();
  const auto ordering = node_.ordering_status();
  const auto final_view = node_.chain().final_view();
  const auto usage = process_usage();
  Json validators = Json::array();
  std::string name;
  const auto set = node_.chain().validators();
  for (const auto& validator : set.members) {
    validators.push_back({{"name", validator.name}, {"key", validator.key.hex()}});
    if (validator.key == node_.public_key()) name = validator.name;
  }
  Json peers = Json::array();
  for (const auto& peer : node_.peers())
    peers.push_back(
        {{"name", peer.name}, {"key", peer.key.hex()}, {"connected", peer.connected}, {"last_error", peer.last_error}});
  const auto final_time = final_view ? final_view->header.time : genesis.time;
  Json snapshots = Json::array();
  for (const auto& held : node_.snapshots().held())
    snapshots.push_back({{"height", to_json(held.height)},
                         {"snapshot", held.id.hex()},
                         {"chunks", held.sizes.size()},
                         {"bytes", std::to_string(held.bytes())}});
  const auto joining = node_.joining();
  const Json join =
      joining.chunks == 0
          ? Json()
          : Json{{"height", to_json(joining.height)}, {"chunks", joining.chunks}, {"missing", joining.missing}};
  const auto uptime = std::chrono::duration_cast<std::chrono::milliseconds>(node_.uptime()).count();
  return json_response(
      {{"chain", node_.chain_id().hex()},
       {"name", genesis.name},
       {"purpose", to_json(genesis.purpose)},
       {"clock", to_json(genesis.clock)},
       {"protocol", genesis.protocol},
       {"node", {{"name", name}, {"key", node_.public_key().hex()}, {"validator", ordering.self.has_value()}}},
       {"failure", node_.failure()},
       {"epoch", to_json(ordering.epoch)},
       {"view", to_json(ordering.view)},
       {"changing_view", ordering.changing_view},
       {"primary", ordering.primary_name},
       {"recovering", ordering.recovering},
       {"executed_height", to_json(node_.chain().head().header.height)},
       {"final_height", to_json(final_view ? final_view->height : BlockHeight{0})},
       {"final_header", final_view ? final_view->digest.hex() : ""},
       {"final_time", to_json(final_time)},
       {"next_block_time", to_json(node_.next_block_time())},
       {"fetching", ordering.fetching},
       {"first_block", to_json(node_.chain().first_block())},
       {"snapshots", snapshots},
       {"joining", join},
       {"evidence", node_.evidence().count()},
       {"pool",
        {{"transactions", std::to_string(node_.pool().sizes().pending)},
         {"bytes", std::to_string(node_.pool().sizes().bytes)}}},
       {"peers", peers},
       {"validators", validators},
       {"process",
        {{"cpu_ms", std::to_string(usage.cpu_ms)},
         {"resident_kib", std::to_string(usage.resident_kib)},
         {"resident_peak_kib", std::to_string(usage.resident_peak_kib)},
         {"disk_bytes_written", std::to_string(node_.store().bytes_written())},
         {"uptime_ms", std::to_string(uptime)}}}});
}

HttpResponse Api::metrics() const {
  const auto ordering = node_.ordering_status();
  const auto final_view = node_.chain().final_view();
  const auto usage = process_usage();
  std::string text;
  const auto line = [&text](const char* name, const char* kind, const char* help, std::uint64_t value) {
    text += "# HELP " + std::string(name) + " " + help + "\n# TYPE " + name + " " + kind + "\n" + name + " " +
            std::to_string(value) + "\n";
  };
  line("tally_healthy", "gauge", "1 while the node votes", node_.failure().empty() ? 1 : 0);
  line("tally_validator", "gauge", "1 while the node's key is a member of the epoch", ordering.self ? 1 : 0);
  line("tally_epoch", "gauge", "epoch of the validator set", ordering.epoch.value);
  line("tally_view", "gauge", "consensus view", ordering.view.value);
  line("tally_changing_view", "gauge", "1 while the node has left a view and waits for the next",
       ordering.changing_view ? 1 : 0);
  line("tally_views_failed", "gauge", "views that failed since the last progress: the time-out doubles with each",
       ordering.views_failed);
  line("tally_recovering", "gauge", "1 while votes are missing and nothing is signed", ordering.recovering ? 1 : 0);
  line("tally_retransmitted_total", "counter", "consensus messages sent again to peers that lacked them",
       ordering.counters.retransmitted);
  line("tally_executed_height", "gauge", "last executed block", node_.chain().head().header.height.value);
  line("tally_final_height", "gauge", "last final block", final_view ? final_view->height.value : 0);
  line("tally_pool_transactions", "gauge", "transactions that wait", node_.pool().sizes().pending);
  line("tally_pool_bytes", "gauge", "bytes of transactions that wait", node_.pool().sizes().bytes);
  line("tally_evidence", "gauge", "replicas' contradictions held as evidence", node_.evidence().count());
  line("tally_disk_written_bytes_total", "counter", "bytes written by the store", node_.store().bytes_written());
  line("process_resident_memory_bytes", "gauge", "resident memory", usage.resident_kib * 1024);
  line("process_cpu_milliseconds_total", "counter", "processor time used", usage.cpu_ms);
  line("tally_connections_refused_total", "counter", "inbound peer connections that came to no link",
       node_.refused_connections());
  text += dropped_text(ordering.counters);
  text += "# HELP tally_peer_connected 1 while the link to the peer stands\n# TYPE tally_peer_connected gauge\n";
  for (const auto& peer : node_.peers())
    text += "tally_peer_connected{peer=\"" + peer.key.short_hex() + "\"} " + (peer.connected ? "1" : "0") + "\n";
  text += "# HELP tally_peer_faults_total what cost a peer its link\n# TYPE tally_peer_faults_total counter\n";
  for (const auto& peer : node_.peers()) {
    const std::string label = "tally_peer_faults_total{peer=\"" + peer.key.short_hex() + "\",reason=\"";
    text += label + "broken_frame\"} " + std::to_string(peer.broken_frames) + "\n";
    text += label + "bad_message\"} " + std::to_string(peer.penalties) + "\n";
  }
  return {200, "text/plain; version=0.0.4", std::move(text), {}};
}

}  // namespace tally::node
