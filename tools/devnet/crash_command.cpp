// tally bench crash
#include <fmt/format.h>

#include "crypto/digest.h"
#include "devnet/crash_trial.h"
#include "devnet/devnet_command.h"

namespace tally::devnet {

using cli::Context;
using cli::Outcome;

namespace {

struct CommandOptions {
  std::uint64_t nodes = 4;
  std::uint64_t kills = 1000;
  std::uint64_t clients = 4;
  std::uint64_t seed = 0;
  std::string tallyd;
};

Json json_of(const CrashResult& result) {
  return {{"seed", std::to_string(result.options.seed)},
          {"nodes", result.options.nodes},
          {"kills", result.kills},
          {"rounds", result.rounds},
          {"rounds_of_two", result.rounds_of_two},
          {"rounds_of_all", result.rounds_of_all},
          {"primaries_killed", result.primaries},
          {"seconds", rounded(result.seconds)},
          {"seconds_per_kill", rounded(result.seconds / static_cast<double>(result.kills), 1000)},
          {"start_ms", {{"median", rounded(result.median_start_ms)}, {"worst", rounded(result.worst_start_ms)}}},
          {"longest_stall_ms", result.longest_stall.count()},
          {"acknowledged_transactions", std::to_string(result.acknowledged)},
          {"blocks", to_json(result.head.height)},
          {"view", std::to_string(result.view)},
          {"agreed_header", result.head.header.hex()},
          {"state_root", result.state_root.hex()},
          {"audited_transactions", std::to_string(result.audit.transactions)},
          {"audit_verified_until", to_json(result.audit.verified_until)}};
}

cli::Report report_of(const CrashResult& result) {
  cli::Report out;
  out.json = json_of(result);
  cli::Facts facts;
  facts.add("seed", std::to_string(result.options.seed))
      .add("kills", fmt::format("{} with SIGKILL in {} rounds, {} of them of two nodes, {} of all {}", result.kills,
                                result.rounds, result.rounds_of_two, result.rounds_of_all, result.options.nodes))
      .add("primaries among them", std::to_string(result.primaries))
      .add("time",
           fmt::format("{:.1f} s, {:.2f} s a kill", result.seconds, result.seconds / static_cast<double>(result.kills)))
      .add("from start to serving",
           fmt::format("median {:.0f} ms, worst {:.0f} ms", result.median_start_ms, result.worst_start_ms))
      .add("longest stall", fmt::format("{} ms without an acknowledgement", result.longest_stall.count()))
      .add("transactions", fmt::format("{} acknowledged, all final on all nodes", result.acknowledged))
      .add("blocks", std::to_string(result.head.height.value))
      .add("nodes agree", result.head.header.hex())
      .add("state root", result.state_root.hex())
      .add("audit",
           fmt::format("the exported chain holds until height {}: {} transactions executed again, same state root",
                       result.audit.verified_until.value, result.audit.transactions));
  out.sections.push_back({"", facts.table()});
  return out;
}

std::uint64_t random_seed() {
  std::array<Byte, 4> bytes{};
  crypto::fill_random(bytes);
  std::uint64_t out = 0;
  for (const Byte byte : bytes) out = out << 8 | byte;
  return out + 1;
}

Outcome<void> crash(Context& context, const CommandOptions& command) {
  CrashOptions options;
  options.tallyd = tallyd_program(command.tallyd);
  options.tally = own_program();
  options.nodes = command.nodes;
  options.kills = command.kills;
  options.clients = command.clients;
  options.seed = command.seed != 0 ? command.seed : random_seed();
  const std::string failed = "the trial with seed " + std::to_string(options.seed) + " did not hold";
  return run_bench(context, "crash", std::move(options), run_crash_trial, report_of, failed);
}

}  // namespace

void register_crash(cli::Command& bench) {
  auto options = std::make_shared<CommandOptions>();
  bench
      .command("crash", "Kill random nodes of a fresh network at random moments and check that nothing is lost",
               {"tally bench crash", "tally bench crash --kills 100 --seed 7"},
               [options](Context& context) { return crash(context, *options); })
      .number("--nodes", "N", options->nodes, 1, 16, "How many nodes")
      .number("--kills", "N", options->kills, 1, 1000000, "How many processes are killed in all")
      .number("--clients", "N", options->clients, 1, 64, "Clients that keep sending meanwhile")
      .number("--seed", "N", options->seed, 0, ~0ULL, "Of victims and moments; 0: a new one")
      .text("--tallyd", "FILE", options->tallyd, "The node's program; the one beside this program unless given");
}

}  // namespace tally::devnet
