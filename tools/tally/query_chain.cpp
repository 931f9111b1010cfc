#include "tally/query_views.h"
#include "tally/receipts.h"
#include "tally/transactions.h"

namespace tally::cli {

namespace {

constexpr unsigned kHealthPollMs = 500;

struct ChainOptions {
  std::string id;
  std::string height = "latest";
  bool proof = false;
  bool check = false;
  bool exit_when_healthy = false;
  std::uint64_t wait_ms = 0;
  std::uint64_t timeout_ms = 60'000;
};

struct Health {
  bool good = false;
  std::string reason;
};

Outcome<Health> ask_health(NodeClient& client) {
  for (const char* path : {"/healthz", "/readyz"}) {
    auto response = client.get_any_status(path);
    if (!response) return response.error();
    if (response->status == 200) continue;
    std::string reason = "HTTP status " + std::to_string(response->status);
    if (const auto body = parse_json(response->body); body && body->is_object())
      reason = text_at(*body, "status") + ": " + text_at(*body, "reason");
    return Health{false, reason};
  }
  return Health{true, "ready"};
}

Outcome<Health> await_health(Context& context, NodeClient& client, std::uint64_t timeout_ms) {
  const std::uint64_t end = context.world().now().value + timeout_ms;
  while (true) {
    auto health = ask_health(client);
    if ((health && health->good) || context.world().now().value >= end) return health;
    context.world().sleep(kHealthPollMs);
  }
}

Table peer_table(const Json& status) {
  Table out{{{"peer"}, {"connected"}, {"key"}, {"last error"}}, {}};
  for (const auto& peer : member(status, "peers")) {
    out.rows.push_back({text_at(peer, "name"), text_at(peer, "connected") == "true" ? "yes" : "no",
                        text_at(peer, "key").substr(0, 8), text_at(peer, "last_error")});
  }
  return out;
}

// Only what differs from a node that holds everything and fetches nothing.
void add_holdings(Facts& facts, const Json& status) {
  if (const auto first = text_at(status, "first_block"); !first.empty() && first != "1")
    facts.add("holds blocks", "from " + first + " on; tally restore brings back those before");
  std::string heights;
  for (const auto& snapshot : member(status, "snapshots"))
    heights += (heights.empty() ? "" : ", ") + text_at(snapshot, "height");
  if (!heights.empty()) facts.add("snapshots", "of blocks " + heights);
  if (const Json joining = member(status, "joining"); joining.is_object() && !joining.empty())
    facts.add("joining", "by a snapshot of block " + text_at(joining, "height") + ", " + text_at(joining, "missing") +
                             " of " + text_at(joining, "chunks") + " chunks missing");
}

Outcome<void> show_status(Context& context, const ChainOptions& options) {
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  auto health = options.exit_when_healthy ? await_health(context, *client, options.timeout_ms) : ask_health(*client);
  if (!health) return health.error();
  auto status = client->status();
  if (!status) return status.error();
  const Json& document = status->document;
  Facts facts;
  facts.add("network", text_at(document, "name") + " (" + text_at(document, "purpose") + ")")
      .add("chain", text_at(document, "chain"))
      .add("clock", status->clock == ledger::ClockMode::test ? "TEST CLOCK: block time is driven by clients" : "real")
      .add("node", text_at(member(document, "node"), "name") + "  " + text_at(member(document, "node"), "key"))
      .add("health", health->good ? "healthy" : health->reason)
      .add("final block", text_at(document, "final_height") + " at " + time_text(text_at(document, "final_time")))
      .add("executed block", text_at(document, "executed_height"))
      .add("view", text_at(document, "view") + ", primary " + text_at(document, "primary"))
      .add("pool", text_at(member(document, "pool"), "transactions") + " transactions, " +
                       text_at(member(document, "pool"), "bytes") + " bytes");
  add_holdings(facts, document);
  Report report;
  report.json = document;
  report.json["health"] = {{"healthy", health->good}, {"reason", health->reason}};
  report.sections.push_back({"", facts.table()});
  if (!member(document, "peers").empty()) report.sections.push_back({"", peer_table(document)});
  context.emit(report);
  if (health->good || !(options.check || options.exit_when_healthy)) return {};
  Failure out(ExitCode::unhealthy, make_error(ErrorCode::busy, "", "the node at " + client->url() + " is not ready"));
  out.why = health->reason;
  out.next = "see the node's log; docs/operations.md tells what each reason means";
  return out;
}

Outcome<void> show_transaction(Context& context, const ChainOptions& options) {
  if (!TransactionId::from_hex(options.id))
    return usage_failure("ID", "is \"" + options.id + "\"", "64 lower-case hexadecimal digits");
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  const std::string proof = options.proof ? "?proof=true" : "";
  auto document = options.wait_ms > 0 ? wait_for(context, *client, options.id, options.wait_ms)
                                      : client->get("/v1/transactions/" + options.id + proof, Access::open);
  if (document && options.wait_ms > 0 && options.proof)
    document = client->get("/v1/transactions/" + options.id + proof, Access::open);
  if (!document) return document.error();
  auto view = read_transaction(*document);
  if (!view) return view.error();
  Report report;
  report.json = *document;
  report.sections = sections_of(*view, {}, nullptr);
  report.csv = report.sections.size() - 1;
  context.emit(report);
  if (auto failure = failure_in(*view, {})) return *failure;
  if (view->state == "unknown")
    return Failure(make_error(ErrorCode::not_found, "", "the node does not know transaction " + options.id))
        .then("ask again with --wait 30s, or ask the node it was sent to");
  if (options.wait_ms > 0 && !view->settled())
    return Failure(make_error(ErrorCode::not_final, "", "transaction " + options.id + " is still " + view->state))
        .then("ask again: tally query transaction " + options.id + " --wait 30s --node " + client->url());
  return {};
}

Outcome<void> show_block(Context& context, const ChainOptions& options) {
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  auto block = client->get("/v1/blocks/" + url_encoded(options.height), Access::personal);
  if (!block) return block.error();
  const Json& header = member(*block, "header");
  const Json& certificate = member(*block, "certificate");
  const std::size_t votes = member(certificate, "signatures").size();
  Facts facts;
  facts.add("block", text_at(header, "height"))
      .add("digest", text_at(*block, "digest"))
      .add("time", time_text(text_at(header, "time")))
      .add("parent", text_at(header, "parent"))
      .add("state root", text_at(header, "state_root"))
      .add("proposer", text_at(header, "proposer"))
      .add("certificate", certificate.is_null() ? "none of its own: a later block's covers it"
                                                : "signed by " + std::to_string(votes) + " validators");
  Table receipts{{{"#", Align::right}, {"transaction"}, {"outcome"}, {"operations", Align::right}}, {}};
  std::size_t index = 0;
  for (const auto& receipt : member(*block, "receipts"))
    receipts.rows.push_back({std::to_string(index++), text_at(receipt, "transaction"), text_at(receipt, "code"),
                             std::to_string(member(receipt, "results").size())});
  Table due{{{"what"}, {"number", Align::right}, {"state"}, {"subject"}, {"change", Align::right}}, {}};
  for (const auto& event : member(*block, "due")) {
    const Json& proposal = member(event, "proposal");
    // A workflow's case names its state in `code`.
    const std::string state = text_at(event, text_at(event, "kind") == "work_term" ? "code" : "state");
    if (proposal.is_object())
      due.rows.push_back({text_at(event, "kind"), text_at(proposal, "number"), text_at(proposal, "state"), "", ""});
    else
      due.rows.push_back({text_at(event, "kind"), text_at(event, "case_number"), state, text_at(event, "subject"),
                          points_at(event, "change", nullptr)});
  }
  Report report;
  report.json = *block;
  report.sections.push_back({"", facts.table()});
  report.sections.push_back({"Transactions", std::move(receipts)});
  if (!due.rows.empty()) report.sections.push_back({"What fell due", std::move(due)});
  report.csv = 1;
  context.emit(report);
  return {};
}

}  // namespace

void register_chain_queries(Command& query) {
  auto options = std::make_shared<ChainOptions>();
  query
      .command("status", "The node: chain, clock, heights, peers, health",
               {"tally query status", "tally query status --check --output json",
                "tally query status --exit-when-healthy --timeout 60s"},
               [options](Context& context) { return show_status(context, *options); })
      .flag("--check", options->check, "Exit with 10 unless the node is ready")
      .flag("--exit-when-healthy", options->exit_when_healthy, "Wait until the node is ready; exit with 10 otherwise")
      .duration("--timeout", options->timeout_ms, 86'400'000, "How long --exit-when-healthy waits");
  query
      .command("transaction", "What became of a transaction",
               {"tally query transaction 8c2e...90 --wait 30s", "tally query transaction 8c2e...90 --proof --json"},
               [options](Context& context) { return show_transaction(context, *options); })
      .argument("ID", options->id, "Id of the transaction, 64 digits")
      .duration("--wait", options->wait_ms, 86'400'000, "Wait this long for it to become final")
      .flag("--proof", options->proof, "Also ask for the proof of the receipt (in JSON)");
  query
      .command("block", "A final block: header, certificate, transactions, cases that fell due",
               {"tally query block latest --key auditor.json", "tally query block 17 --json"},
               [options](Context& context) { return show_block(context, *options); })
      .argument("HEIGHT", options->height, "Height, or latest", Need::optional);
}

}  // namespace tally::cli
