// tally bench audit
#include <fmt/format.h>

#include "devnet/audit_bench.h"
#include "devnet/devnet_command.h"

namespace tally::devnet {

using cli::Context;
using cli::Outcome;

namespace {

struct CommandOptions {
  std::uint64_t transactions = 500'000;
  std::uint64_t operations = 1;
  std::uint64_t households = 10'000;
  std::string chain;
  std::string work_dir;
};

cli::Report report_of(const AuditBenchResult& result) {
  const auto& verdict = result.verdict;
  const double operations = static_cast<double>(verdict.operations) / result.seconds;
  cli::Report report;
  report.json = {{"cores", result.cores},
                 {"seconds", result.seconds},
                 {"chain_bytes", std::to_string(result.chain_bytes)},
                 {"transactions", std::to_string(verdict.transactions)},
                 {"operations", std::to_string(verdict.operations)},
                 {"signatures_per_second", result.signatures_per_second()},
                 {"operations_per_second", operations},
                 {"ed25519_verifications_per_second_core", result.verifications_per_second_core},
                 {"share_of_bound", result.share_of_bound()},
                 {"resident_peak_mib", result.resident_peak_mib}};
  cli::Facts facts;
  facts
      .add("chain",
           fmt::format("{} blocks, {} transactions, {} operations, {:.0f} MiB", verdict.blocks, verdict.transactions,
                       verdict.operations, static_cast<double>(result.chain_bytes) / (1024 * 1024)))
      .add("audited in", fmt::format("{:.1f} s", result.seconds))
      .add("operations", fmt::format("{:.0f}/s executed again", operations))
      .add("signatures", fmt::format("{:.0f}/s checked", result.signatures_per_second()))
      .add("Ed25519 verifications", fmt::format("{:.0f}/s on one core", result.verifications_per_second_core))
      .add("reached", fmt::format("{:.2f} of {} cores x verifications", result.share_of_bound(), result.cores))
      .add("memory", fmt::format("{:.0f} MiB at most", result.resident_peak_mib));
  report.sections.push_back({"", facts.table()});
  return report;
}

Outcome<void> bench_audit(Context& context, const CommandOptions& command) {
  AuditBenchOptions options;
  options.transactions = command.transactions;
  options.operations = command.operations;
  options.households = command.households;
  options.chain = command.chain;
  options.work_dir = command.work_dir;
  options.progress = [&context](const std::string& text) { context.note("bench: " + text); };
  const auto result = run_audit_bench(options);
  if (!result) return cli::Failure(result.error()).during("the bench did not finish");
  context.emit(report_of(*result));
  return {};
}

}  // namespace

void register_audit_bench(cli::Command& bench) {
  auto options = std::make_shared<CommandOptions>();
  bench
      .command("audit", "Measure how fast a chain is audited",
               {"tally bench audit --chain singles.tally",
                "tally bench audit --chain sheets.tally --transactions 8500 --operations 1000"},
               [options](Context& context) { return bench_audit(context, *options); })
      .text("--chain", "FILE", options->chain, "A chain file; made if it is absent", cli::Need::required)
      .number("--transactions", "N", options->transactions, 1, 100'000'000, "Of the chain that is made")
      .number("--operations", "N", options->operations, 1, limits::kTransactionOperationsMax, "In each of them")
      .number("--households", "N", options->households, 1, 10'000'000, "Whose accounts they award")
      .text("--work-dir", "DIR", options->work_dir, "Where the replayed state stands meanwhile");
}

}  // namespace tally::devnet
