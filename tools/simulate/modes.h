// Purpose: the modes of `simulate`, one file each; main() gives each its options and runs the one that was asked for.
// Thread rule: called once, from main().
// Exit codes: 0 all held, 1 something did not, 2 usage or bad input.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace CLI {
class App;
}

namespace tally::simulate {

inline constexpr int kHeld = 0;
inline constexpr int kFailed = 1;
inline constexpr int kBadInput = 2;

// Each adds its subcommand; `code` is what main() returns after it ran.
void add_seeds_mode(CLI::App& app, int& code);
void add_seed_mode(CLI::App& app, int& code);
void add_shrink_mode(CLI::App& app, int& code);
void add_twins_mode(CLI::App& app, int& code);
void add_scale_mode(CLI::App& app, int& code);
void add_mutants_mode(CLI::App& app, int& code);

}  // namespace tally::simulate
