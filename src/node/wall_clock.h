// Purpose: the machine's clock, for proposed times and signed requests; never for timers, which are monotonic.
// Thread rule: any thread.
#pragma once

#include "common/strong.h"

namespace tally::node {

TimestampMs wall_clock();

}  // namespace tally::node
