// Purpose: what an entry brings beside its points: lists, suspensions and their ends, as its rule says.
// Thread rule: the executing thread only.
// Errors: expression_failed; then nothing was changed but what the caller rolls back.
#pragma once

#include "contracts/accounts.h"
#include "contracts/situation.h"

namespace tally::contracts {

struct EntryAt {
  const Ledger& ledger;
  const Rule& rule;
  const SubjectRecord& subject;
  std::uint64_t index = 0;
  const Entry& entry;
};

// The entry stands from now on.
Status apply_effects(const EntryAt& at, cel::Evaluation& budget);
// It was taken back, or its term is over.
void undo_effects(const Ledger& ledger, const UnitId& unit, std::uint64_t entry);

}  // namespace tally::contracts
