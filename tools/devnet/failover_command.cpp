// tally bench failover
#include <fmt/format.h>

#include "devnet/devnet_command.h"
#include "devnet/failover.h"

namespace tally::devnet {

using cli::Context;
using cli::Outcome;

namespace {

struct CommandOptions {
  std::uint64_t nodes = 4;
  std::uint64_t kills = 10;
  std::uint64_t clients = 4;
  std::string tallyd;
};

Json json_of(const FailoverResult& result) {
  Json each = Json::array();
  for (const auto& one : result.failovers)
    each.push_back({{"killed", one.killed},
                    {"view_before", std::to_string(one.view_before)},
                    {"view_after", std::to_string(one.view_after)},
                    {"ms", rounded(one.ms, 1)},
                    {"view_timeouts", rounded(one.ms / result.view_timeout_ms, 100)}});
  return {{"nodes", result.options.nodes},
          {"view_timeout_ms", result.view_timeout_ms},
          {"failovers", each},
          {"median_ms", rounded(result.median_ms, 1)},
          {"median_view_timeouts", rounded(result.median_ms / result.view_timeout_ms, 100)},
          {"worst_ms", rounded(result.worst_ms, 1)},
          {"worst_view_timeouts", rounded(result.worst_ms / result.view_timeout_ms, 100)},
          {"acknowledged_transactions", std::to_string(result.acknowledged)},
          {"agreed_height", to_json(result.head.height)},
          {"agreed_header", result.head.header.hex()}};
}

cli::Report report_of(const FailoverResult& result) {
  using cli::Align;
  cli::Report out;
  out.json = json_of(result);
  const auto in_timeouts = [&](double ms) {
    return fmt::format("{:.0f} ms, {:.2f} view time-outs", ms, ms / result.view_timeout_ms);
  };
  cli::Facts facts;
  facts.add("network", fmt::format("{} nodes, view time-out {:.0f} ms", result.options.nodes, result.view_timeout_ms))
      .add("measured", "from the primary's SIGKILL until a new transaction is final on all others")
      .add("median", in_timeouts(result.median_ms))
      .add("worst", in_timeouts(result.worst_ms))
      .add("transactions", fmt::format("{} acknowledged, all final on all nodes", result.acknowledged))
      .add("nodes agree", fmt::format("at height {}: {}", result.head.height.value, result.head.header.hex()));
  cli::Table each{{{"killed primary"},
                   {"view", Align::right},
                   {"then", Align::right},
                   {"ms", Align::right},
                   {"view time-outs", Align::right}},
                  {}};
  for (const auto& one : result.failovers)
    each.rows.push_back({one.killed, std::to_string(one.view_before), std::to_string(one.view_after),
                         fmt::format("{:.0f}", one.ms), fmt::format("{:.2f}", one.ms / result.view_timeout_ms)});
  out.sections.push_back({"", facts.table()});
  out.sections.push_back({"", std::move(each)});
  out.csv = 1;
  return out;
}

Outcome<void> failover(Context& context, const CommandOptions& command) {
  FailoverOptions options;
  options.tallyd = tallyd_program(command.tallyd);
  options.nodes = command.nodes;
  options.kills = command.kills;
  options.clients = command.clients;
  return run_bench(context, "failover", std::move(options), run_failover, report_of, "the trial did not finish");
}

}  // namespace

void register_failover(cli::Command& bench) {
  auto options = std::make_shared<CommandOptions>();
  bench
      .command("failover", "Kill the primary of a fresh network and measure until it commits again",
               {"tally bench failover", "tally bench failover --kills 20 --json"},
               [options](Context& context) { return failover(context, *options); })
      .number("--nodes", "N", options->nodes, 4, 16, "How many nodes")
      .number("--kills", "N", options->kills, 1, 1000, "How often the primary is killed")
      .number("--clients", "N", options->clients, 1, 64, "Clients that keep sending meanwhile")
      .text("--tallyd", "FILE", options->tallyd, "The node's program; the one beside this program unless given");
}

}  // namespace tally::devnet
