// Purpose: the expressions of a rulebook (CEL): what they may name in which place, compiled once with the rulebook.
// Thread rule: immutable once compiled.
// Errors: compile_expression adds every mistake it finds, with its place inside the text.
#pragma once

#include <memory>

#include "cel/program.h"

namespace tally::contracts {

// What an expression may name. Each takes in the one before it.
enum class Scope : std::uint8_t {
  subject,  // subject, now
  rule,     // + quantity, amount, event_time: what the proposer says
  effect,   // + points: what the entry changed, without a sign
  work,     // subject, now; case of a workflow
  act       // + author
};

struct Expression {
  std::string source;
  std::shared_ptr<const cel::Program> program;

  explicit operator bool() const { return program != nullptr; }
};

struct CompiledExpression {
  Expression expression;
  cel::Type type;
  std::vector<cel::Mistake> mistakes;
};

// Positions of the variables in what evaluate() gets.
enum class Variable : std::uint8_t { subject, now, quantity, amount, event_time, points, work = 2, author = 3 };
inline constexpr std::size_t kVariables = 6;

CompiledExpression compile_expression(std::string_view source, Scope scope, const cel::Type& wanted);
// Scope::work or Scope::act, with the type of `case`.
CompiledExpression compile_work_expression(std::string_view source, Scope scope,
                                           const std::shared_ptr<const cel::ObjectType>& work, const cel::Type& wanted);

// Names that an expression hands to a method as literals: subject.listed('black'), case.count('marks').
struct NamedThing {
  std::string target;  // "subject" or "case"; empty if it is no plain name
  std::string method;
  std::string name;
  std::optional<std::string> second;   // a further literal text, as in subject.cases('loan', 'overdue')
  std::optional<std::int64_t> number;  // a further literal number, as in case.trimmed_mean('marks', 20)
  cel::Position at;
  cel::Position second_at;  // of the further argument, if there is one
};
std::vector<NamedThing> things_named_in(std::string_view source);

}  // namespace tally::contracts
