// tally watch: follows nodes by headers and certificates and alarms when they disagree.
#include "tally/block_source.h"
#include "tally/chain_source.h"
#include "tally/commands.h"
#include "tally/fields.h"
#include "tally/watcher.h"

namespace tally::cli {

namespace {

struct WatchOptions {
  std::vector<std::string> nodes;
  std::string trust;
  std::string genesis;
  std::uint64_t every_ms = 10'000;
  std::uint64_t stall_ms = 0;
  bool once = false;
};

// The first start: what the genesis vouches for.
Outcome<Trust> begin(Context& context, const WatchOptions& options, NodeClient& client) {
  if (options.genesis.empty())
    return usage_failure("--genesis", "is missing, and nothing is trusted in " + options.trust + " yet",
                         "the genesis document, from somebody you trust");
  auto genesis = read_genesis(context, options.genesis);
  if (!genesis) return genesis.error();
  auto answer = client.get_raw("/v1/headers?from=0&limit=1", Access::open);
  if (!answer) return answer.error();
  const auto headers = decode<std::vector<ledger::CertifiedHeader>>(as_bytes(answer->body));
  if (!headers || headers->empty() || headers->front().header.height.value != 0)
    return Failure(ExitCode::unreachable,
                   make_error(ErrorCode::pruned, "", "the node at " + client.url() + " does not hold the first header"))
        .then("begin with a node that holds the whole chain's headers");
  return Trust{ledger::trust_genesis(*genesis, headers->front().header), context.world().now(), {}};
}

Outcome<std::vector<NodeClient>> connect_all(Context& context, const WatchOptions& options) {
  std::vector<NodeClient> out;
  if (options.nodes.empty()) {
    auto client = NodeClient::connect(context);
    if (!client) return client.error();
    out.push_back(*std::move(client));
    return out;
  }
  for (const auto& url : options.nodes) {
    auto client = NodeClient::connect_to(context, url);
    if (!client) return client.error();
    out.push_back(*std::move(client));
  }
  return out;
}

void tell(Context& context, const Trust& trust, const std::vector<Alarm>& alarms) {
  Report report;
  report.json = {{"chain", trust.head.chain.hex()},
                 {"height", to_json(trust.head.header.height)},
                 {"header", ledger::digest_of(trust.head.header).hex()},
                 {"epoch", to_json(trust.head.header.epoch)},
                 {"alarms", to_json(alarms)}};
  Facts facts;
  facts
      .add("trusted head", "block " + std::to_string(trust.head.header.height.value) + " of epoch " +
                               std::to_string(trust.head.header.epoch.value))
      .add("header", ledger::digest_of(trust.head.header).hex())
      .add("alarms", alarms.empty() ? "none: every node that answered agrees" : std::to_string(alarms.size()));
  report.sections.push_back({"", facts.table()});
  if (!alarms.empty()) {
    Table table{{{"alarm"}, {"node"}, {"what"}}, {}};
    for (const auto& alarm : alarms)
      table.rows.push_back({to_json(alarm.kind).get<std::string>(), alarm.node, alarm.what});
    report.sections.push_back({"Alarms", std::move(table)});
    report.csv = 1;
  }
  context.emit(report);
}

// The gravest of them, for scripts.
Outcome<void> verdict(const std::vector<Alarm>& alarms) {
  if (alarms.empty()) return {};
  const Alarm* worst = &alarms.front();
  for (const auto& alarm : alarms)
    if (alarm.kind < worst->kind) worst = &alarm;
  const bool silent = worst->kind == AlarmKind::unreachable;
  return Failure(silent ? ExitCode::unreachable : ExitCode::verification_failed,
                 make_error(silent ? ErrorCode::unreachable : ErrorCode::broken_chain,
                            to_json(worst->kind).get<std::string>(), worst->what))
      .then("what was trusted before is unchanged; keep the trust directory and ask the operators");
}

Outcome<void> watch(Context& context, const WatchOptions& options) {
  auto clients = connect_all(context, options);
  if (!clients) return clients.error();
  const TrustDirectory directory(options.trust);
  auto trust = directory.read();
  if (!trust) return trust.error();
  if (!*trust) {
    auto begun = begin(context, options, clients->front());
    if (!begun) return begun.error();
    *trust = *std::move(begun);
  } else if (!options.genesis.empty()) {
    auto genesis = read_genesis(context, options.genesis);
    if (!genesis) return genesis.error();
    if (ledger::chain_id(*genesis) != (*trust)->head.chain)
      return usage_failure("--genesis", "is of chain " + ledger::chain_id(*genesis).hex(),
                           (*trust)->head.chain.hex() + ", which is trusted in " + options.trust);
  }
  Watcher watcher(**trust, directory);
  for (;;) {
    std::vector<Alarm> alarms;
    for (auto& client : *clients)
      if (auto visited = watcher.visit(client, context.world().now(), alarms); !visited) return visited.error();
    const std::uint64_t quiet = context.world().now().value - watcher.trust().moved.value;
    if (options.stall_ms != 0 && quiet > options.stall_ms)
      alarms.push_back({AlarmKind::stalled, "", "no new block for " + std::to_string(quiet / 1000) + " s"});
    tell(context, watcher.trust(), alarms);
    if (options.once || !alarms.empty()) return verdict(alarms);
    context.world().sleep(static_cast<unsigned>(options.every_ms));
  }
}

}  // namespace

void register_watch(Program& program) {
  auto options = std::make_shared<WatchOptions>();
  program.root()
      .command("watch", "Follow nodes by headers and certificates; stop with an alarm when they disagree",
               {"tally watch --trust trust --genesis genesis.json --once",
                "tally watch --at http://10.0.0.1:8080 --at http://10.0.0.2:8080 --trust trust --stall 10m"},
               [options](Context& context) { return watch(context, *options); })
      .texts("--at", "URL", options->nodes, "A node to watch; without it: --node")
      .text("--trust", "DIR", options->trust, "Where the trusted head is kept from one run to the next", Need::required)
      .text("--genesis", "FILE", options->genesis, "For the first run: the genesis, from somebody you trust")
      .duration("--every", options->every_ms, 24ULL * 3600 * 1000, "How long to wait between two rounds")
      .duration("--stall", options->stall_ms, 7ULL * 24 * 3600 * 1000, "Alarm if no block comes for so long; 0: never")
      .flag("--once", options->once, "One round only");
}

}  // namespace tally::cli
