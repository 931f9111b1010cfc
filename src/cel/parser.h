// Purpose: CEL's grammar (google/cel-spec, doc/langdef.md, "Syntax"): text to tree, with macros expanded.
// Thread rule: pure functions.
// Errors: the first mistake, with its place; too deep or too long is one.
#pragma once

#include "cel/ast.h"
#include "cel/token.h"

namespace tally::cel {

struct ParseOptions {
  bool macros = true;
};

Parsed<ExprPtr> parse(std::string_view source, const ParseOptions& options = {});

}  // namespace tally::cel
