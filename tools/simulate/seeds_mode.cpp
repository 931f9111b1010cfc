#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <mutex>
#include <random>

#include "sim/world.h"
#include "simulate/modes.h"
#include "simulate/workers.h"

namespace tally::simulate {

namespace {

struct Options {
  std::uint64_t count = 0;
  std::uint64_t first = 0;
  bool first_given = false;
  unsigned jobs = 0;
};

struct Totals {
  std::mutex mutex;
  std::uint64_t seeds = 0;
  std::uint64_t blocks = 0;
  std::uint64_t events = 0;
  std::uint64_t lies = 0;
  std::uint64_t evidence = 0;
  std::uint64_t epochs = 0;
  std::uint64_t views = 0;  // seeds in which the view changed
  struct Slowest {
    std::uint64_t ms = 0;
    std::uint64_t seed = 0;
    void add(std::uint64_t took_ms, std::uint64_t of_seed) {
      if (took_ms > ms || (took_ms == ms && of_seed < seed)) *this = {took_ms, of_seed};
    }
  };
  Slowest core;  // until everything was done, after a quorum was healed
  Slowest all;   // the same, after all were
  std::array<std::uint64_t, sim::kFaults> exercised{};
  std::uint64_t failed = 0;
};

void add(Totals& totals, std::uint64_t seed, const sim::Outcome& outcome) {
  ++totals.seeds;
  totals.blocks += outcome.blocks;
  totals.events += outcome.events;
  totals.lies += outcome.lies;
  totals.evidence += outcome.evidence;
  totals.epochs += outcome.epochs;
  totals.views += outcome.views > 0 ? 1 : 0;
  totals.core.add(outcome.core_ms, seed);
  totals.all.add(outcome.healed_ms, seed);
  for (std::size_t i = 0; i < sim::kFaults; ++i) totals.exercised[i] += outcome.exercised[i];
}

void report_failure(std::uint64_t seed) {
  sim::Plan plan;
  plan.seed = seed;
  plan.trace_lines = 60;
  const sim::Outcome again = sim::World(plan).run();
  std::cout << "seed " << seed << " FAILED (" << text_of(again.swarm) << ")\n";
  for (const auto& breach : again.breaches) std::cout << "  " << breach << "\n";
  std::cout << again.trace << "repeat it with: simulate seed " << seed << " --trace 200\n";
}

int run(const Options& options) {
  const std::uint64_t first = options.first_given ? options.first : std::random_device{}();
  const unsigned jobs = jobs_or_cores(options.jobs);
  std::cout << "simulate seeds " << options.count << " --first " << first << std::endl;
  Totals totals;
  const auto started = std::chrono::steady_clock::now();
  run_numbered(options.count, jobs, [&] {
    return [&](std::uint64_t number) {
      sim::Plan plan;
      plan.seed = first + number;
      const sim::Outcome outcome = sim::World(plan).run();
      const std::lock_guard lock(totals.mutex);
      add(totals, plan.seed, outcome);
      if (!outcome.good()) {
        ++totals.failed;
        report_failure(plan.seed);
      }
      if (totals.seeds % 1000 == 0) std::cerr << totals.seeds << " seeds\n";
      return totals.failed < 3;
    };
  });
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  std::cout << totals.seeds << " seeds, " << totals.failed << " failed; " << totals.blocks << " decisions, "
            << totals.events << " events, " << totals.views << " seeds with view changes, " << totals.epochs
            << " epochs begun, " << totals.lies << " lies, " << totals.evidence
            << " pieces of evidence; everything done at most " << totals.core.ms
            << " virtual ms after a quorum was healed (seed " << totals.core.seed << "), " << totals.all.ms
            << " after all were (seed " << totals.all.seed << ")\n";
  std::cout << "faults:";
  for (std::size_t i = 0; i < sim::kFaults; ++i)
    std::cout << " " << name_of(static_cast<sim::Fault>(i)) << " " << totals.exercised[i];
  std::cout << "\n"
            << static_cast<std::uint64_t>(static_cast<double>(totals.seeds) / seconds * 3600) << " seeds an hour ("
            << jobs << " at a time, " << static_cast<std::uint64_t>(seconds) << " s)\n";
  return totals.failed == 0 ? kHeld : kFailed;
}

}  // namespace

void add_seeds_mode(CLI::App& app, int& code) {
  auto options = std::make_shared<Options>();
  auto* mode = app.add_subcommand("seeds", "Many seeds, each a run of its own with a mixture of faults of its own");
  mode->add_option("count", options->count, "How many")->required();
  auto* first = mode->add_option("--first", options->first, "The first seed; a fresh one otherwise, which is printed");
  mode->add_option("--jobs", options->jobs, "Runs at a time; one a core otherwise");
  mode->callback([options, first, &code] {
    options->first_given = first->count() > 0;
    code = run(*options);
  });
}

}  // namespace tally::simulate
