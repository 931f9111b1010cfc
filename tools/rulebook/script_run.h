// Purpose: inside the rulebook tools: one script in one world, from its first statement to the replay of its chain.
// Thread rule: one thread.
#pragma once

#include "rulebook/scenario_run.h"
#include "rulebook/world.h"

namespace tally::rulebook {

// Called around a statement, in the same breath: what they throw (Stopped) is the statement's failure.
struct Around {
  std::function<void(const ScriptLine& line)> before;
  std::function<void(const ScriptLine& line)> after;
};

// Stops at the first failure. Adds to the result what was seen.
void run_script(const Script& script, World& world, ScenarioResult& result, const Around& around = {});

}  // namespace tally::rulebook
