// Purpose: the macros of CEL: has, all, exists, exists_one, map, filter; those of two variables; cel.bind; optMap and
// optFlatMap (langdef.md, "Macros"; cel-go's ext for the last three).
// Thread rule: pure functions. Internal to this folder.
#pragma once

#include "cel/ast.h"
#include "cel/token.h"

namespace tally::cel {

// A call as it was parsed. nullptr without a mistake: no macro, the call stands.
Parsed<ExprPtr> expand_macro(Call& call, Position at);

}  // namespace tally::cel
