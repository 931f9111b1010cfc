#include <CLI/CLI.hpp>
#include <iostream>

#include "sim/schedule.h"
#include "simulate/modes.h"

namespace tally::simulate {

namespace {

struct Options {
  std::uint64_t seed = 0;
  std::string output;
};

int run(const Options& options) {
  sim::Plan plan;
  plan.seed = options.seed;
  const auto shrunk = sim::shrink(plan, [](const std::string& step) { std::cerr << step << "\n"; });
  if (!shrunk) {
    std::cout << "seed " << options.seed << " does not fail\n";
    return kHeld;
  }
  const std::string text = sim::text_of(*shrunk);
  if (options.output.empty()) {
    std::cout << text;
    return kFailed;
  }
  if (Status written = sim::write_schedule(options.output, *shrunk); !written) {
    std::cerr << "simulate: " << written.error().text() << "\n";
    return kBadInput;
  }
  std::cout << "repeat it with: simulate seed --schedule " << options.output << " --trace 200\n";
  return kFailed;
}

}  // namespace

void add_shrink_mode(CLI::App& app, int& code) {
  auto options = std::make_shared<Options>();
  auto* mode = app.add_subcommand("shrink", "Reduces a failing seed to as few faults as still make it fail");
  mode->add_option("seed", options->seed, "The seed")->required();
  mode->add_option("--out", options->output, "Where the schedule goes; standard output otherwise");
  mode->callback([options, &code] { code = run(*options); });
}

}  // namespace tally::simulate
