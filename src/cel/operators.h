// Purpose: what the operators of CEL do with values of any kinds.
// Thread rule: pure functions. Internal to this folder.
// Errors: operands that are no errors; a result that is one, also no_such_overload for kinds that do not go together.
#pragma once

#include "cel/function.h"

namespace tally::cel {

Value add(const Value& left, const Value& right, Evaluation& evaluation);
Value subtract(const Value& left, const Value& right);
Value multiply(const Value& left, const Value& right);
Value divide(const Value& left, const Value& right);
Value modulo(const Value& left, const Value& right);
Value negate(const Value& operand);

enum class Order : std::uint8_t { less, less_equal, greater, greater_equal };
Value ordered(Order order, const Value& left, const Value& right, Evaluation& evaluation);
// equal(), charged.
Value equality(const Value& left, const Value& right, bool wanted, Evaluation& evaluation);
Value contained(const Value& element, const Value& container, Evaluation& evaluation);

// operand[key]; `optional`: operand[?key].
Value indexed(const Value& operand, const Value& key, bool optional, Evaluation& evaluation);
// operand.name, operand.?name and has(operand.name).
Value selected(const Value& operand, const Value& name, bool optional, Evaluation& evaluation);
Value has_field(const Value& operand, const Value& name, Evaluation& evaluation);

Value no_such_overload(std::string_view function, std::span<const Value> arguments);

}  // namespace tally::cel
