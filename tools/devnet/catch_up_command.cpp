// tally bench catch-up
#include <fmt/format.h>

#include "devnet/catch_up.h"
#include "devnet/devnet_command.h"

namespace tally::devnet {

using cli::Context;
using cli::Outcome;

namespace {

struct CommandOptions {
  std::uint64_t transactions = 140000;
  std::uint64_t operations = 1;
  std::string tallyd;
};

double per_second(std::uint64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

cli::Report report_of(const CatchUpResult& result) {
  const double rate = per_second(result.transactions, result.catch_up_seconds);
  cli::Report out;
  out.json = {{"cores", result.cores},
              {"operations_per_transaction", result.options.operations},
              {"missed_transactions", std::to_string(result.transactions)},
              {"missed_blocks", std::to_string(result.blocks)},
              {"missed_in_seconds", rounded(result.missed_in_seconds, 1000)},
              {"serving_seconds", rounded(result.serving_seconds, 1000)},
              {"catch_up_seconds", rounded(result.catch_up_seconds, 1000)},
              {"transactions_per_second", rounded(rate, 10)},
              {"cpu_seconds", rounded(result.cpu_seconds, 1000)},
              {"stored_bytes", std::to_string(result.stored_bytes)},
              {"resident_peak_mib", rounded(result.resident_peak_mib, 10)},
              {"agreed_height", to_json(result.head.height)},
              {"agreed_header", result.head.header.hex()}};
  cli::Facts facts;
  facts.add("network", fmt::format("4 nodes on {} cores, durable writes, one of them away", result.cores))
      .add("missed", fmt::format("{} transactions in {} blocks, which took the others {:.1f} s", result.transactions,
                                 result.blocks, result.missed_in_seconds))
      .add("start", fmt::format("{:.2f} s until the node serves", result.serving_seconds))
      .add("catch-up", fmt::format("{:.2f} s, {:.0f} transactions/s", result.catch_up_seconds, rate))
      .add("its CPU", fmt::format("{:.1f} s, peak {:.1f} MiB", result.cpu_seconds, result.resident_peak_mib))
      .add("stored", fmt::format("{:.1f} MiB", static_cast<double>(result.stored_bytes) / (1024 * 1024)))
      .add("nodes agree", fmt::format("at height {}: {}", result.head.height.value, result.head.header.hex()));
  out.sections.push_back({"", facts.table()});
  return out;
}

Outcome<void> catch_up(Context& context, const CommandOptions& command) {
  CatchUpOptions options;
  options.tallyd = tallyd_program(command.tallyd);
  options.transactions = command.transactions;
  options.operations = command.operations;
  return run_bench(context, "catch-up", std::move(options), run_catch_up, report_of, "the bench did not finish");
}

}  // namespace

void register_catch_up(cli::Command& bench) {
  auto options = std::make_shared<CommandOptions>();
  bench
      .command("catch-up", "Stop a node of a fresh network, and measure how fast it fetches what it missed",
               {"tally bench catch-up", "tally bench catch-up --transactions 20000 --json"},
               [options](Context& context) { return catch_up(context, *options); })
      .number("--transactions", "N", options->transactions, 100, 10000000, "How many the node misses, at least")
      .number("--operations", "N", options->operations, 1, 1000, "Operations in a transaction")
      .text("--tallyd", "FILE", options->tallyd, "The node's program; the one beside this program unless given");
}

}  // namespace tally::devnet
