// Purpose: how damage in a node's store is shown, by `tally scrub` and `tally repair` alike.
// Thread rule: pure functions.
#pragma once

#include "ledger/scrub.h"
#include "tally/context.h"

namespace tally::cli {

Report scrub_report(const std::vector<ledger::ScrubClass>& classes, std::uint64_t damaged);

}  // namespace tally::cli
