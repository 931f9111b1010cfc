// Purpose: tables of money rules: one row for each rule, an event and what it does to the score. Lines before the rows
// set up the village and begin the chain; each row plays on a chain of its own.
//   accountant awards wang QZ7 evidence paper      | +3
//   accountant awards wang QZ9 quantity 3          | refused amount_out_of_range
// Thread rule: one thread.
#pragma once

#include "rulebook/scenario_run.h"

namespace tally::rulebook {

// The change is that of the account's score once no case is open any more: a deduction runs its whole course. The
// result counts rows as statements.
ScenarioResult run_table(const Ground& ground, const std::string& file, std::string_view text);

}  // namespace tally::rulebook
