// Purpose: the words of the checker's mistakes: what is wrong, and what would be right.
// Thread rule: pure functions. Internal to this folder.
#pragma once

#include "cel/ast.h"
#include "cel/names.h"

namespace tally::cel {

// An argument of a call as the checker sees it.
struct Argument {
  const Expr* expr;
  Type type;
};

// "a decimal", "an int", "null".
std::string with_article(const Type& type);
// "`subject.score`", "85.5", "`size(...)`"; operations are "what stands here".
std::string shown(const Expr& expr);
// "one of `a`, `b`"; empty for none.
std::string one_of(std::vector<std::string> names);
// " (did you mean `score`?)", or nothing if no name is near.
std::string suggestion(std::string_view wrong, const std::vector<std::string>& names);

Mistake unknown_name(Position at, const std::string& name, std::vector<std::string> names);
Mistake unknown_field(Position at, const Expr& operand, const ObjectType& type, const std::string& field);
Mistake unknown_method(Position at, const Expr& operand, const ObjectType& type, const std::string& method);
Mistake wrong_arguments(Position at, const ObjectType::Method& method, const std::vector<Argument>& arguments);
Mistake unknown_function(Position at, const std::string& name, std::vector<std::string> names);
// No overload takes these arguments.
Mistake no_overload(Position at, const Callees& callees, const std::vector<Argument>& arguments);

}  // namespace tally::cel
