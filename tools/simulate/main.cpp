// simulate: seeded runs of the consensus core with every kind of fault, twins, and the cost of agreement.
#include <CLI/CLI.hpp>

#include "simulate/modes.h"

int main(int argc, char** argv) {
  using namespace tally::simulate;
  CLI::App app(
      "Runs the consensus core in virtual time: the real core, the node's own driver, everything else simulated.");
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  simulate seeds 2000                 2000 seeds from a fresh starting seed, on all cores\n"
      "  simulate seed 4711 --trace 200      one seed again, with the last 200 events\n"
      "  simulate shrink 4711                a failing seed with as few faults as still make it fail\n"
      "  simulate twins --rounds 3           every schedule of three rounds with one key used twice\n"
      "  simulate mutants                    every planted bug, until a checker finds it\n"
      "  simulate scale                      messages, bytes and times for 4 to 100 offices\n"
      "Exit codes: 0 all held, 1 something did not, 2 usage or bad input.");
  int code = kHeld;
  add_seeds_mode(app, code);
  add_seed_mode(app, code);
  add_shrink_mode(app, code);
  add_twins_mode(app, code);
  add_scale_mode(app, code);
  add_mutants_mode(app, code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int parsed = app.exit(error);
    return parsed == 0 ? kHeld : kBadInput;
  }
  return code;
}
