// tally bench join
#include <fmt/format.h>

#include "devnet/devnet_command.h"
#include "devnet/join_bench.h"

namespace tally::devnet {

using cli::Context;
using cli::Outcome;

namespace {

struct CommandOptions {
  std::uint64_t accounts = 150'000;
  std::string tallyd;
};

cli::Report report_of(const JoinBenchResult& result) {
  cli::Report out;
  out.json = {{"cores", result.cores},
              {"accounts", std::to_string(result.accounts)},
              {"blocks", std::to_string(result.blocks)},
              {"snapshot_height", to_json(result.snapshot)},
              {"snapshot_bytes", std::to_string(result.snapshot_bytes)},
              {"join_seconds", rounded(result.join_seconds, 1000)},
              {"whole_seconds", rounded(result.whole_seconds, 1000)},
              {"cpu_seconds", rounded(result.cpu_seconds, 1000)},
              {"resident_peak_mib", rounded(result.resident_peak_mib, 10)},
              {"agreed_height", to_json(result.head.height)},
              {"agreed_header", result.head.header.hex()}};
  cli::Facts facts;
  facts.add("network", fmt::format("4 nodes on {} cores, durable writes, one of them new", result.cores))
      .add("state", fmt::format("{} accounts; {} blocks", result.accounts, result.blocks))
      .add("snapshot", fmt::format("of block {}, {:.1f} MiB", result.snapshot.value,
                                   static_cast<double>(result.snapshot_bytes) / (1024 * 1024)))
      .add("joined", fmt::format("{:.2f} s from the start of the process", result.join_seconds))
      .add("whole", fmt::format("{:.2f} s, until it held the others' final height", result.whole_seconds))
      .add("its CPU", fmt::format("{:.1f} s, peak {:.1f} MiB", result.cpu_seconds, result.resident_peak_mib))
      .add("nodes agree", fmt::format("at height {}: {}", result.head.height.value, result.head.header.hex()));
  out.sections.push_back({"", facts.table()});
  return out;
}

Outcome<void> join(Context& context, const CommandOptions& command) {
  JoinBenchOptions options;
  options.tallyd = tallyd_program(command.tallyd);
  options.accounts = command.accounts;
  return run_bench(context, "join", std::move(options), run_join_bench, report_of, "the bench did not finish");
}

}  // namespace

void register_join_bench(cli::Command& bench) {
  auto options = std::make_shared<CommandOptions>();
  bench
      .command("join", "Empty a node of a network with many accounts, and measure how fast it joins by a snapshot",
               {"tally bench join", "tally bench join --accounts 2000 --json"},
               [options](Context& context) { return join(context, *options); })
      .number("--accounts", "N", options->accounts, 12, 10000000, "How many accounts the state holds, about")
      .text("--tallyd", "FILE", options->tallyd, "The node's program; the one beside this program unless given");
}

}  // namespace tally::devnet
