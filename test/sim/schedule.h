// Purpose: a schedule is a seed with some of its faults left out: what a failing run is reduced to, and a file that
// repeats it.
//   seed 4711
//   off loss duplication        fault classes that are left out
//   skip 0 3 4                  decisions that are left out, by number
//   safety_ms 4000              how long anything may happen
//   # a comment
// Thread rule: pure functions, apart from files.
// Errors: io_failed; invalid_field, which names the line.
#pragma once

#include <filesystem>
#include <functional>

#include "sim/world.h"

namespace tally::sim {

std::string text_of(const Plan& plan);
Result<Plan> parse_schedule(std::string_view text);
Result<Plan> read_schedule(const std::filesystem::path& file);
Status write_schedule(const std::filesystem::path& file, const Plan& plan);

// The plan with as much left out as still fails; nullopt if it does not fail. `progress` hears what was tried.
std::optional<Plan> shrink(Plan plan, const std::function<void(const std::string&)>& progress);

}  // namespace tally::sim
