// tally demo
#include <sstream>

#include "devnet/demo.h"
#include "devnet/devnet_command.h"
#include "devnet/interruption.h"

namespace tally::devnet {

using cli::Context;
using cli::ExitCode;
using cli::Failure;
using cli::Outcome;

namespace {

struct CommandOptions {
  std::string directory = "demo-network";
  std::string tallyd;
  std::uint64_t seed = 1;
  std::uint64_t households = 753;
  bool once = false;
};

// In this process, with its output caught.
CommandOutcome run_tally(const cli::Surroundings& world, const std::vector<std::string>& arguments) {
  std::ostringstream out;
  std::ostringstream err;
  cli::Surroundings caught = world;
  caught.out = &out;
  caught.err = &err;
  caught.err_is_terminal = false;
  CommandOutcome outcome;
  outcome.exit = cli::run(arguments, caught);
  outcome.out = out.str();
  outcome.err = err.str();
  return outcome;
}

Outcome<void> demo(Context& context, const CommandOptions& command) {
  const Interruption interruption;
  DemoOptions options;
  options.directory = command.directory;
  options.tallyd = tallyd_program(command.tallyd);
  options.tally = own_program().string();
  options.seed = command.seed;
  options.households = command.households;
  options.once = command.once;
  options.out = context.world().out;
  options.interrupted = [&interruption] { return interruption.requested(); };
  options.run_tally = [&context](const std::vector<std::string>& arguments) {
    return run_tally(context.world(), arguments);
  };
  const auto held = run_demo(options);
  if (held) return {};
  return Failure(ExitCode::verification_failed, held.error())
      .during("the demonstration did not hold")
      .then("the nodes' logs are in " + command.directory + "/NODE/log");
}

}  // namespace

void register_demo(cli::Program& program) {
  auto options = std::make_shared<CommandOptions>();
  program.root()
      .command("demo", "A year of two villages on a network of four nodes on this machine, told step by step",
               {"tally demo", "tally demo --once --directory /tmp/village --households 60"},
               [options](Context& context) { return demo(context, *options); })
      .text("--directory", "DIR", options->directory, "Where the network's files go; must not hold a network yet")
      .number("--seed", "N", options->seed, 0, UINT64_MAX, "Another seed, another year")
      .number("--households", "N", options->households, 20, 5000, "Households of the first village")
      .flag("--once", options->once, "End the network afterwards")
      .text("--tallyd", "FILE", options->tallyd, "The node's program; the one beside this program unless given");
}

}  // namespace tally::devnet
