// Purpose: the functions of string_library() that have a file of their own.
// Thread rule: pure functions but for match_pattern's cache, which each thread has for itself. Internal to this folder.
#pragma once

#include "cel/function.h"

namespace tally::cel {

// text.format(list): %s %d %f %e %b %o %x %X, "%.3f", "%%".
Value format_text(std::span<const Value> arguments, Evaluation& evaluation);
// text.matches(pattern): whether RE2 finds the pattern anywhere in the text.
Value match_pattern(std::span<const Value> arguments, Evaluation& evaluation);

}  // namespace tally::cel
