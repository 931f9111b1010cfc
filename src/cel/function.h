// Purpose: functions of expressions: their signatures for the checker, what runs them for the evaluator.
// Thread rule: immutable once built.
// Cost: evaluating a node costs 1; a function charges more for what it walks over or builds, before it does so.
#pragma once

#include <span>

#include "cel/value.h"

namespace tally::cel {

// What one evaluation may still use up.
class Evaluation {
 public:
  explicit Evaluation(std::uint64_t budget) : left_(budget) {}
  // False once the budget is used up: the caller returns out_of_budget().
  [[nodiscard]] bool charge(std::uint64_t cost) {
    if (cost > left_) {
      left_ = 0;
      return false;
    }
    left_ -= cost;
    return true;
  }
  [[nodiscard]] std::uint64_t left() const { return left_; }

 private:
  std::uint64_t left_;
};

Value out_of_budget();

// Gets arguments that are no errors; a member's target is the first. Where a parameter is dyn or a type parameter it
// checks what it got.
using Implementation = Value (*)(std::span<const Value> arguments, Evaluation& evaluation);

struct Overload {
  std::string function;  // "size", "_+_", "math.greatest"
  bool member = false;   // target.f(...): the target is the first parameter
  std::vector<Type> parameters;
  Type result;
  Implementation run = nullptr;  // null: an operator or the like, which the evaluator knows by its name
  bool variadic = false;         // the last parameter may stand more than once
};

using Library = std::vector<Overload>;

Library standard_library();  // operators, conversions, size, contains ...
Library time_library();      // getHours(zone), addMonths, startOfDay ...
Library decimal_library();
Library math_library();      // math.greatest ...
Library string_library();    // charAt, format, matches ...
Library encoder_library();   // base64
Library optional_library();  // optional.of, value, orValue ...

}  // namespace tally::cel
