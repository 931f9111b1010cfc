// Purpose: numbers of different types beside each other: exact equality, and CEL's order.
// Thread rule: pure functions. Internal to this folder.
#pragma once

#include <compare>
#include <optional>
#include <variant>

#include "cel/value.h"

namespace tally::cel {

using Number = std::variant<std::int64_t, std::uint64_t, double, Decimal>;

// nullopt: no number.
std::optional<Number> number_of(const Value& value);
// The decimal that a decimal, int or uint is; nullopt for other values, and for a uint above what decimals hold.
std::optional<Decimal> as_decimal(const Value& value);
bool equal_numbers(const Number& left, const Number& right);
// nullopt: a double and a decimal.
std::optional<std::partial_ordering> compare_numbers(const Number& left, const Number& right);

}  // namespace tally::cel
