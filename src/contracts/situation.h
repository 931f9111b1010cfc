// Purpose: one subject at one moment, as the expressions of its rulebook see it.
// Thread rule: one thread.
// Errors: expression_failed names the clause, what the expression says and why it has no value.
// Cost: every evaluation is charged to one budget, the operation's.
#pragma once

#include <array>

#include "contracts/call.h"
#include "contracts/expression.h"

namespace tally::contracts {

// Of the object type `subject`.
const std::shared_ptr<const cel::ObjectType>& subject_type();

struct SituationOf {
  const ledger::State& state;
  const Rulebook& rulebook;
  const SubjectHandle& subject;
  const SubjectRecord& record;
  TimestampMs now;
  // What open cases would take is added to the score of the main book, to see what would then be.
  Amount pending;
};

class Situation {
 public:
  Situation(const SituationOf& of, cel::Evaluation& budget);

  void set_claim(std::uint32_t quantity, std::optional<Amount> amount, TimestampMs event_time);
  void set_points(Amount points);
  // For expressions of workflows. `author`: the handle of the subject that signed, or empty.
  void set_work(cel::Value work, std::string author);

  Result<bool> holds(const Expression& expression, std::string_view clause);
  Result<std::int64_t> number(const Expression& expression, std::string_view clause);
  // In the rulebook's scale; a value with more decimals is refused.
  Result<Amount> points(const Expression& expression, std::string_view clause);
  // In units of 10^-scale; a value with more decimals is refused.
  Result<Amount> decimal(const Expression& expression, unsigned scale, std::string_view clause);
  // Of whatever type the expression was checked to have.
  Result<cel::Value> value(const Expression& expression, std::string_view clause);

 private:
  void set(Variable variable, cel::Value value);

  unsigned scale_;
  cel::Evaluation& budget_;
  std::array<cel::Value, kVariables> values_;
};

}  // namespace tally::contracts
