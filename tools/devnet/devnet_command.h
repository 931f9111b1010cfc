// Purpose: the parts of commands.h, one a file; and what they share.
#pragma once

#include <cmath>

#include "devnet/devnet.h"
#include "devnet/interruption.h"
#include "tally/app.h"

namespace tally::devnet {

void register_network(cli::Program& program);  // tally devnet
void register_bench(cli::Program& program);
void register_failover(cli::Command& bench);
void register_catch_up(cli::Command& bench);
void register_join_bench(cli::Command& bench);
void register_crash(cli::Command& bench);
void register_audit_bench(cli::Command& bench);
void register_proof_bench(cli::Command& bench);
void register_demo(cli::Program& program);

inline constexpr const char* kDefaultDirectory = "devnet";

// A figure of a bench, as its JSON shows it: 10 keeps one digit behind the point.
inline double rounded(double number, double steps = 10) {
  return std::round(number * steps) / steps;
}

// Runs a bench with options that have `progress` and `interrupted`: it says what it does, ends in order when it is
// interrupted, and its result is shown. `failed` tells what a failure means.
template <class Options, class Value>
cli::Outcome<void> run_bench(cli::Context& context, const std::string& name, Options options,
                             Result<Value> (*run)(const Options&), cli::Report (*report)(const Value&),
                             const std::string& failed) {
  const Interruption interruption;
  options.progress = [&](const std::string& text) { context.note(name + ": " + text); };
  options.interrupted = [&] { return interruption.requested(); };
  const auto result = run(options);
  if (!result) return cli::Failure(result.error()).during(failed);
  context.emit(report(*result));
  return {};
}

// The node's program: as given, else beside this one.
std::filesystem::path tallyd_program(const std::string& given);
cli::Outcome<Devnet> open_network(const std::string& directory);
// Makes the network of the Qingzhen cast where there is none, and starts what does not run.
struct UpOptions {
  std::string directory = kDefaultDirectory;
  std::uint64_t nodes = 4;
  std::string clock = "test";
  std::string tallyd;
};
cli::Outcome<Devnet> bring_up(const UpOptions& options);

}  // namespace tally::devnet
