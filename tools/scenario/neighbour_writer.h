// Purpose: inside the scenario library: writes the months of a year into a NeighbourYear.
// Thread rule: one thread.
#pragma once

#include "scenario/neighbour_year.h"

namespace tally::scenario {

void write_neighbour_year(NeighbourYear& year);

}  // namespace tally::scenario
