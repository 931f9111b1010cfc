// Purpose: inside a dry run: who comes out otherwise, by comparing the states that two histories of one chain came to.
// Thread rule: pure functions over the callers' readers.
// Errors: those of the readers; internal (a damaged store).
#pragma once

#include "contracts/dry_run.h"

namespace tally::contracts {

struct OutcomeSide {
  const storage::Reader& reader;
  RulebookPtr rulebook;  // in force at the end
};

struct OutcomeChanges {
  std::uint64_t accounts = 0;  // that there are on either side
  std::vector<AccountChange> changes;
};
Result<OutcomeChanges> changes_between(const OutcomeSide& real, const OutcomeSide& tried, TimestampMs now);

}  // namespace tally::contracts
