// tally bench proofs
#include <fmt/format.h>

#include "devnet/devnet_command.h"
#include "devnet/proof_bench.h"

namespace tally::devnet {

using cli::Context;
using cli::Outcome;

namespace {

struct CommandOptions {
  std::uint64_t accounts = 150'000;
  std::uint64_t entries = 4;
  std::uint64_t runs = 2'000;
  std::string work_dir;
};

Json json_of(const Spread& spread) {
  return {{"p50_us", spread.p50_us}, {"p99_us", spread.p99_us}};
}

std::string milliseconds(const Spread& spread) {
  return fmt::format("{:.2f} / {:.2f}", spread.p50_us / 1000, spread.p99_us / 1000);
}

cli::Report report_of(const ProofBenchResult& result) {
  cli::Report report;
  report.json = {{"accounts", std::to_string(result.accounts)},
                 {"entries", std::to_string(result.entries)},
                 {"runs", std::to_string(result.runs)},
                 {"build_seconds", result.build_seconds},
                 {"ed25519_verifications_per_second_core", result.verifications_per_second_core},
                 {"proofs", Json::array()}};
  using cli::Align;
  cli::Table table{{{"proof"},
                    {"bytes, middle / most", Align::right},
                    {"made, ms p50 / p99", Align::right},
                    {"verified, ms p50 / p99", Align::right},
                    {"without signatures", Align::right},
                    {"signatures", Align::right},
                    {"in verifications", Align::right}},
                   {}};
  for (const auto& one : result.figures) {
    report.json["proofs"].push_back({{"kind", one.kind},
                                     {"bytes_p50", one.bytes_p50},
                                     {"bytes_most", one.bytes_most},
                                     {"made", json_of(one.made)},
                                     {"verified", json_of(one.verified)},
                                     {"without_signatures", json_of(one.without_signatures)},
                                     {"signatures", one.signatures},
                                     {"in_verifications", result.in_verifications(one)}});
    table.rows.push_back({one.kind, fmt::format("{} / {}", one.bytes_p50, one.bytes_most), milliseconds(one.made),
                          milliseconds(one.verified), milliseconds(one.without_signatures),
                          std::to_string(one.signatures), fmt::format("{:.1f}", result.in_verifications(one))});
  }
  cli::Facts facts;
  facts
      .add("store", fmt::format("{} accounts with {} awards each, made in {:.0f} s", result.accounts, result.entries,
                                result.build_seconds))
      .add("runs", fmt::format("{} of each kind", result.runs))
      .add("Ed25519 verifications", fmt::format("{:.0f}/s on one core", result.verifications_per_second_core))
      .add("aims",
           "an account's proof made in under 5 ms, verified in under 2 ms besides signatures, under 4096 bytes");
  report.sections.push_back({"", facts.table()});
  report.sections.push_back({"", std::move(table)});
  report.csv = 1;
  return report;
}

Outcome<void> bench_proofs(Context& context, const CommandOptions& command) {
  ProofBenchOptions options;
  options.accounts = command.accounts;
  options.entries = command.entries;
  options.runs = command.runs;
  options.work_dir = command.work_dir;
  options.progress = [&context](const std::string& text) { context.note("bench: " + text); };
  const auto result = run_proof_bench(options);
  if (!result) return cli::Failure(result.error()).during("the bench did not finish");
  context.emit(report_of(*result));
  return {};
}

}  // namespace

void register_proof_bench(cli::Command& bench) {
  auto options = std::make_shared<CommandOptions>();
  bench
      .command("proofs", "Measure how large proofs are, and how long making and verifying them takes",
               {"tally bench proofs", "tally bench proofs --accounts 1000 --runs 200"},
               [options](Context& context) { return bench_proofs(context, *options); })
      .number("--accounts", "N", options->accounts, 1, 10'000'000, "In the store that they are made against")
      .number("--entries", "N", options->entries, 0, 1000, "Awards of each account")
      .number("--runs", "N", options->runs, 1, 10'000'000, "Proofs of each kind")
      .text("--work-dir", "DIR", options->work_dir, "Where the store stands meanwhile");
}

}  // namespace tally::devnet
