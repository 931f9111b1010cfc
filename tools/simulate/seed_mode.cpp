#include <CLI/CLI.hpp>
#include <iostream>

#include "sim/schedule.h"
#include "simulate/modes.h"

namespace tally::simulate {

namespace {

struct Options {
  std::uint64_t seed = 0;
  std::size_t trace = 0;
  std::string schedule;
};

int run(const Options& options) {
  sim::Plan plan;
  plan.seed = options.seed;
  if (!options.schedule.empty()) {
    auto read = sim::read_schedule(options.schedule);
    if (!read) {
      std::cerr << "simulate: " << read.error().text() << "\n";
      return kBadInput;
    }
    plan = std::move(read).value();
  }
  plan.trace_lines = options.trace;
  const sim::Outcome outcome = sim::World(plan).run();
  if (options.trace > 0) {
    for (std::size_t i = 0; i < outcome.directed.size(); ++i)
      std::cout << "decision " << i << " at " << outcome.directed[i] << "\n";
    std::cout << outcome.trace;
  }
  std::cout << "seed " << plan.seed << ": " << text_of(outcome.swarm) << "\n"
            << outcome.blocks << " blocks, " << outcome.transactions << " transactions, " << outcome.decisions
            << " decisions, " << outcome.epochs << " epochs begun, highest view " << outcome.views << ", "
            << outcome.lies << " lies, " << outcome.virtual_ms << " virtual ms, of which " << outcome.healed_ms
            << " after healing\nevent-log digest " << std::hex << outcome.digest << std::dec << "\n";
  for (const auto& breach : outcome.breaches) std::cout << "FAILED " << breach << "\n";
  if (outcome.good()) std::cout << "all held\n";
  return outcome.good() ? kHeld : kFailed;
}

}  // namespace

void add_seed_mode(CLI::App& app, int& code) {
  auto options = std::make_shared<Options>();
  auto* mode = app.add_subcommand("seed", "One seed again, exactly");
  auto* seed = mode->add_option("seed", options->seed, "The seed");
  auto* schedule =
      mode->add_option("--schedule", options->schedule, "A schedule file, as `simulate shrink` writes one");
  seed->excludes(schedule);
  mode->add_option("--trace", options->trace, "Show the decisions and the last so many events");
  mode->callback([options, seed, schedule, &code] {
    if (seed->count() + schedule->count() == 0) throw CLI::RequiredError("seed or --schedule");
    code = run(*options);
  });
}

}  // namespace tally::simulate
