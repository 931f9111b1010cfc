// Purpose: what an expression can cost at the most, as far as its text tells: a rulebook with an expression that no
// budget would let end is refused before it is in force. What only running can tell (the parts of a text that is
// split) counts once here; the budget bounds it then.
// Thread rule: pure functions.
#pragma once

#include "cel/ast.h"

namespace tally::contracts {

// Every branch taken, every loop to its end. UINT64_MAX where it does not fit.
std::uint64_t most_cost(const cel::ExprPtr& expr);
// Of an expression that parses; 0 otherwise.
std::uint64_t most_cost(std::string_view source);

}  // namespace tally::contracts
