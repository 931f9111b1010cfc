// tally bench
#include <fmt/format.h>

#include "devnet/bench.h"
#include "devnet/devnet_command.h"
#include "devnet/interruption.h"

namespace tally::devnet {

using cli::Context;
using cli::ExitCode;
using cli::Failure;
using cli::Outcome;

namespace {

struct CommandOptions {
  std::uint64_t nodes = 4;
  std::uint64_t seconds = 30;
  std::uint64_t warm_up = 5;
  std::uint64_t operations = 1;
  std::uint64_t clients = 0;
  std::uint64_t outstanding = 0;
  std::string report;
  std::string tallyd;
  bool keep = false;
};

Json json_of(const BenchResult& result) {
  Json nodes = Json::array();
  for (const auto& node : result.nodes) {
    nodes.push_back({{"name", node.name},
                     {"cpu_seconds", rounded(node.cpu_seconds, 1000)},
                     {"cpu_share_of_a_core", rounded(node.cpu_share, 1000)},
                     {"resident_peak_mib", rounded(node.resident_peak_mib)},
                     {"stored_bytes_per_operation", rounded(node.stored_bytes_per_operation)},
                     {"disk_bytes_per_operation", rounded(node.disk_bytes_per_operation)}});
  }
  return {{"nodes", result.options.nodes},
          {"cores", result.cores},
          {"operations_per_transaction", result.options.operations},
          {"clients", result.options.clients},
          {"outstanding_per_client", result.options.outstanding},
          {"durable_writes", true},
          {"measured_seconds", rounded(result.measured_seconds, 1000)},
          {"finalized_transactions", std::to_string(result.transactions)},
          {"transactions_per_second", rounded(result.transactions_per_second)},
          {"operations_per_second", rounded(result.operations_per_second)},
          {"latency_ms",
           {{"p50", rounded(result.latency_p50_ms)},
            {"p95", rounded(result.latency_p95_ms)},
            {"p99", rounded(result.latency_p99_ms)}}},
          {"per_node", nodes},
          {"load_cpu_seconds", rounded(result.load_cpu_seconds, 1000)},
          {"ed25519_verifications_per_second_core", rounded(result.verifications_per_second_core, 1)},
          {"bound_transactions_per_second", rounded(result.bound_transactions_per_second)},
          {"bound_fraction_reached", rounded(result.bound_fraction, 1000)},
          {"sent", std::to_string(result.sent)},
          {"refused", std::to_string(result.refused)},
          {"rejected", std::to_string(result.rejected)},
          {"lost", std::to_string(result.lost)},
          {"first_trouble", result.first_trouble},
          {"agreed_height", to_json(result.head.height)},
          {"agreed_header", result.head.header.hex()}};
}

cli::Table node_table(const BenchResult& result) {
  using cli::Align;
  cli::Table table{{{"node"},
                    {"CPU s", Align::right},
                    {"of a core", Align::right},
                    {"peak MiB", Align::right},
                    {"stored B/op", Align::right},
                    {"to disk B/op", Align::right}},
                   {}};
  for (const auto& node : result.nodes) {
    table.rows.push_back({node.name, fmt::format("{:.1f}", node.cpu_seconds),
                          fmt::format("{:.0f} %", node.cpu_share * 100), fmt::format("{:.1f}", node.resident_peak_mib),
                          fmt::format("{:.0f}", node.stored_bytes_per_operation),
                          fmt::format("{:.0f}", node.disk_bytes_per_operation)});
  }
  return table;
}

cli::Report report_of(const BenchResult& result) {
  cli::Report out;
  out.json = json_of(result);
  cli::Facts facts;
  facts.add("network", fmt::format("{} nodes on {} cores, durable writes", result.options.nodes, result.cores))
      .add("load", fmt::format("{} clients with {} outstanding transactions of {} operations each",
                               result.options.clients, result.options.outstanding, result.options.operations))
      .add("finalized transactions", fmt::format("{:.1f}/s", result.transactions_per_second))
      .add("operations", fmt::format("{:.1f}/s", result.operations_per_second))
      .add("latency", fmt::format("p50 {:.0f} ms, p95 {:.0f} ms, p99 {:.0f} ms", result.latency_p50_ms,
                                  result.latency_p95_ms, result.latency_p99_ms))
      .add("Ed25519 verifications", fmt::format("{:.0f}/s on one core", result.verifications_per_second_core))
      .add("bound by verification", fmt::format("{:.1f} transactions/s", result.bound_transactions_per_second))
      .add("reached", fmt::format("{:.1f} % of the bound", result.bound_fraction * 100))
      .add("refused, rejected, lost",
           fmt::format("{}, {}, {} of {} sent", result.refused, result.rejected, result.lost, result.sent))
      .add("nodes agree", fmt::format("at height {}: {}", result.head.height.value, result.head.header.hex()));
  facts.add("CPU of the clients", fmt::format("{:.1f} s", result.load_cpu_seconds));
  out.sections.push_back({"", facts.table()});
  out.sections.push_back({"", node_table(result)});
  return out;
}

Outcome<void> bench(Context& context, const CommandOptions& command) {
  const Interruption interruption;
  BenchOptions options;
  options.tallyd = tallyd_program(command.tallyd);
  options.nodes = command.nodes;
  options.seconds = command.seconds;
  options.warm_up_seconds = command.warm_up;
  options.operations = command.operations;
  options.clients = command.clients;
  options.outstanding = command.outstanding;
  options.keep = command.keep;
  options.progress = [&context](const std::string& text) { context.note("bench: " + text); };
  options.interrupted = [&interruption] { return interruption.requested(); };
  const auto result = run_bench(options);
  if (!result) return Failure(result.error()).during("the bench did not finish");
  if (!command.report.empty()) {
    if (auto written = write_text(command.report, json_of(*result).dump(2) + "\n"); !written)
      return Failure(written.error());
  }
  context.emit(report_of(*result));
  if (result->clean()) return {};
  return Failure(ExitCode::rejected, make_error(ErrorCode::internal, "", "not every transaction was applied"))
      .during(result->first_trouble);
}

}  // namespace

void register_bench(cli::Program& program) {
  auto options = std::make_shared<CommandOptions>();
  cli::Command command =
      program.root().command("bench", "Measure a fresh network of real nodes on this machine",
                             {"tally bench", "tally bench --operations 1000 --seconds 60 --report bench.json"},
                             [options](Context& context) { return bench(context, *options); });
  command.number("--nodes", "N", options->nodes, 1, 16, "How many nodes")
      .number("--seconds", "N", options->seconds, 1, 3600, "How long to measure")
      .number("--warm-up", "N", options->warm_up, 0, 600, "Seconds of the same load before measuring")
      .number("--operations", "N", options->operations, 1, 1000, "Operations in a transaction")
      .number("--clients", "N", options->clients, 0, 96, "Clients; 0: four a node")
      .number("--outstanding", "N", options->outstanding, 0, 1000,
              "Transactions that a client keeps on their way; 0: by the number of operations")
      .text("--report", "FILE", options->report, "Write the result there as JSON, too")
      .text("--tallyd", "FILE", options->tallyd, "The node's program; the one beside this program unless given")
      .flag("--keep", options->keep, "Keep the network's files");
  register_failover(command);
  register_catch_up(command);
  register_join_bench(command);
  register_crash(command);
  register_audit_bench(command);
  register_proof_bench(command);
}

}  // namespace tally::devnet
