// Purpose: what the bytes of a batch alone tell of the block that executes it, so that others can find it out before
// the executing thread needs it.
// Thread rule: pure functions.
#pragma once

#include "ledger/block.h"

namespace tally::ledger {

struct BatchFacts {
  std::vector<TransactionId> ids;  // of each transaction
  Digest transactions_root;
};
// Null for the null batch.
BatchFacts facts_of(const Batch* batch);

}  // namespace tally::ledger
