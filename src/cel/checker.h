// Purpose: what type every part of an expression has, and every mistake in it (langdef.md, "Gradual Type Checking").
// Thread rule: pure function. Internal to this folder.
// Errors: all mistakes in order of place, at most kMistakesMax. A part that is wrong is dyn, so that one mistake makes
// no others.
#pragma once

#include <unordered_map>

#include "cel/program.h"

namespace tally::cel {

inline constexpr std::size_t kMistakesMax = 50;

struct Checked {
  Type type;
  std::vector<Mistake> mistakes;
  // Of the parts that are fields' or methods' objects, and of arguments: enough for the compiler to take positions and
  // overloads from. By address, for look-up only.
  std::unordered_map<const Expr*, Type> types;
};

Checked check(const Expr& expr, const Environment& environment, const Type& wanted);

}  // namespace tally::cel
