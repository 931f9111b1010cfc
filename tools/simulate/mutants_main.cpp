// simulate-mutants: what `simulate mutants` runs, over a build of the core with bugs planted in it: each must be found
// by a checker within its number of seeds.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <random>

#include "sim/planted/mutants.h"
#include "simulate/modes.h"
#include "simulate/workers.h"

namespace tally::simulate {

namespace {

struct Options {
  std::uint64_t first = 0;
  std::string only;
  unsigned jobs = 0;
};

int run(const Options& options, bool first_given) {
  const std::uint64_t first = first_given ? options.first : std::random_device{}();
  std::vector<sim::Mutant> chosen;
  for (const auto& mutant : sim::mutants())
    if (options.only.empty() || options.only == mutant.name) chosen.push_back(mutant);
  if (chosen.empty()) {
    std::cerr << "simulate: --only: there is no bug \"" << options.only << "\"; expected one of";
    for (const auto& mutant : sim::mutants()) std::cerr << " " << mutant.name;
    std::cerr << "\n";
    return kBadInput;
  }
  std::cout << "simulate mutants --first " << first << "\n";
  std::vector<sim::MutantResult> results(chosen.size());
  run_numbered(chosen.size(), jobs_or_cores(options.jobs), [&] {
    return [&](std::uint64_t number) {
      results[number] = sim::hunt(chosen[number], first);
      std::cerr << std::string(chosen[number].name) + ": " +
                       (results[number].found ? "seed " + std::to_string(results[number].seed) : "not found") + "\n";
      return true;
    };
  });
  std::size_t found = 0;
  std::printf("| bug | seeds | of at most | found by |\n|---|---|---|---|\n");
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const auto& it = results[i];
    found += it.found ? 1 : 0;
    std::printf("| %s | %llu | %llu | %s |\n", std::string(chosen[i].name).c_str(),
                static_cast<unsigned long long>(it.seeds), static_cast<unsigned long long>(chosen[i].seeds_max),
                it.found ? it.breach.substr(0, it.breach.find('\n')).c_str() : "NOT FOUND");
  }
  std::printf("%zu of %zu planted bugs found\n", found, chosen.size());
  return found == chosen.size() ? kHeld : kFailed;
}

}  // namespace

}  // namespace tally::simulate

int main(int argc, char** argv) {
  using namespace tally::simulate;
  CLI::App app("Every bug that is planted in a build of the core for tests, until a checker finds it");
  app.name("simulate mutants");
  Options options;
  auto* first =
      app.add_option("--first", options.first, "The first seed for each; a fresh one otherwise, which is printed");
  app.add_option("--only", options.only, "This bug alone");
  app.add_option("--jobs", options.jobs, "Bugs at a time; one a core otherwise");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kHeld : kBadInput;
  }
  return run(options, first->count() > 0);
}
