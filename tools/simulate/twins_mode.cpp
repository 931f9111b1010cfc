#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <mutex>

#include "simulate/modes.h"
#include "simulate/workers.h"
#include "twins/run.h"

namespace tally::simulate {

using namespace consensus::test;

namespace {

struct Options {
  ScheduleBounds bounds;
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  std::uint64_t stride = 1;
  std::uint64_t schedule = 0;
  bool one = false;
  bool trace = false;
  unsigned jobs = 0;
};

std::string repeat(const Options& options, std::uint64_t number) {
  return "simulate twins --n " + std::to_string(options.bounds.n) + " --rounds " +
         std::to_string(options.bounds.rounds) + " --groups " + std::to_string(options.bounds.groups_max) +
         " --schedule " + std::to_string(number) + " --trace";
}

int run_one(const Options& options, const Schedules& schedules) {
  if (options.schedule >= schedules.count()) {
    std::cerr << "simulate: --schedule: is " << options.schedule << "; expected less than " << schedules.count()
              << "\n";
    return kBadInput;
  }
  TwinsOptions twins;
  twins.n = options.bounds.n;
  twins.keep_trace = options.trace;
  TwinsRunner runner(twins);
  const Schedule schedule = schedules.at(options.schedule);
  const TwinsResult result = runner.run(schedule);
  if (options.trace) std::cout << runner.trace();
  std::cout << text_of(schedule) << "\n"
            << result.blocks << " blocks, " << result.messages << " messages, highest view " << result.views
            << (result.evidence ? ", evidence against the twin" : "") << "\n"
            << (result.breach.empty() ? "all held" : "FAILED " + result.breach) << "\n";
  return result.breach.empty() ? kHeld : kFailed;
}

int run_many(const Options& options, const Schedules& schedules) {
  const std::uint64_t left = schedules.count() - std::min(options.first, schedules.count());
  const std::uint64_t count = options.count == 0 ? left / options.stride : options.count;
  const unsigned jobs = jobs_or_cores(options.jobs);
  std::mutex mutex;
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  std::uint64_t evidence = 0;
  std::uint64_t blocks = 0;
  const auto started = std::chrono::steady_clock::now();
  run_numbered(count, jobs, [&]() -> std::function<bool(std::uint64_t)> {
    TwinsOptions twins;
    twins.n = options.bounds.n;
    auto runner = std::make_shared<TwinsRunner>(twins);
    return [&, runner](std::uint64_t at) {
      const std::uint64_t number = (options.first + at * options.stride) % schedules.count();
      const Schedule schedule = schedules.at(number);
      const TwinsResult result = runner->run(schedule);
      const std::lock_guard lock(mutex);
      ++done;
      blocks += result.blocks;
      evidence += result.evidence ? 1 : 0;
      if (!result.breach.empty()) {
        ++failed;
        std::cout << text_of(schedule) << "\n  FAILED " << result.breach
                  << "\n  repeat it with: " << repeat(options, number) << "\n";
      }
      return failed < 3;
    };
  });
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  std::cout << done << " of " << schedules.count() << " schedules, " << failed << " failed; " << blocks << " blocks, "
            << evidence << " with evidence against the twin\n"
            << static_cast<std::uint64_t>(static_cast<double>(done) / seconds * 3600) << " schedules an hour (" << jobs
            << " at a time, " << static_cast<std::uint64_t>(seconds) << " s)\n";
  return failed == 0 ? kHeld : kFailed;
}

}  // namespace

void add_twins_mode(CLI::App& app, int& code) {
  auto options = std::make_shared<Options>();
  auto* mode = app.add_subcommand("twins", "Every schedule of partitions and view changes with one key used twice");
  mode->add_option("--n", options->bounds.n, "Replicas")->check(CLI::Range(4, 13))->capture_default_str();
  mode->add_option("--rounds", options->bounds.rounds, "Rounds of a schedule")
      ->check(CLI::Range(1, 8))
      ->capture_default_str();
  mode->add_option("--groups", options->bounds.groups_max, "A partition has at most so many groups")
      ->check(CLI::Range(1, 5))
      ->capture_default_str();
  mode->add_option("--first", options->first, "The number of the first schedule");
  mode->add_option("--count", options->count, "How many; all from the first otherwise");
  mode->add_option("--stride", options->stride, "Every so manieth schedule")->check(CLI::PositiveNumber);
  auto* schedule = mode->add_option("--schedule", options->schedule, "This one alone");
  mode->add_flag("--trace", options->trace, "With --schedule: what happened");
  mode->add_option("--jobs", options->jobs, "Runs at a time; one a core otherwise");
  mode->callback([options, schedule, &code] {
    options->one = schedule->count() > 0;
    const Schedules schedules(options->bounds);
    code = options->one ? run_one(*options, schedules) : run_many(*options, schedules);
  });
}

}  // namespace tally::simulate
