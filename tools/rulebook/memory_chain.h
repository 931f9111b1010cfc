// Purpose: the chain under test in memory: one validator, and a block for each transaction.
// Thread rule: one thread. Deterministic: the same transactions give the same chain, byte by byte.
#pragma once

#include "rulebook/test_chain.h"

namespace tally::rulebook {

std::unique_ptr<TestChain> make_memory_chain();

}  // namespace tally::rulebook
