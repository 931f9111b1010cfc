#include <limits>

#include "cel/number.h"
#include "cel/operators.h"
#include "cel/time_text.h"

namespace tally::cel {

namespace {

Value overflow(std::string_view what) {
  return Value::error(Failure::overflow, std::string(what) + " is out of range");
}

template <class T>
Value checked(const std::optional<T>& value, std::string_view what) {
  return value ? Value(*value) : overflow(what);
}

Value unknown(const char* function, const Value& left, const Value& right) {
  const std::array<Value, 2> both = {left, right};
  return no_such_overload(function, both);
}

using Operation = std::optional<Decimal> (*)(Decimal, Decimal);

Value on_decimals(const char* function, const Value& left, const Value& right, Operation operation,
                  std::string_view what) {
  const auto one = as_decimal(left);
  const auto other = as_decimal(right);
  if (one && other) return checked(operation(*one, *other), what);
  // A uint above what decimals hold has no exact result, but is no wrong type.
  if ((one || left.as<std::uint64_t>()) && (other || right.as<std::uint64_t>())) return overflow(what);
  return unknown(function, left, right);
}

template <class T>
struct Operands {
  Operands(const Value& first, const Value& second) : left(first.as<T>()), right(second.as<T>()) {}
  explicit operator bool() const { return left != nullptr && right != nullptr; }
  const T* left;
  const T* right;
};

bool are_decimal(const Value& left, const Value& right) {
  return left.as<Decimal>() != nullptr || right.as<Decimal>() != nullptr;
}

Value joined_lists(const Value& left, const Value& right, Evaluation& evaluation) {
  const auto& first = left.box<ListBox>()->elements;
  const auto& second = right.box<ListBox>()->elements;
  if (second.empty()) return left;
  if (first.empty()) return right;
  if (!evaluation.charge(first.size() + second.size())) return out_of_budget();
  std::vector<Value> out;
  out.reserve(first.size() + second.size());
  out.insert(out.end(), first.begin(), first.end());
  out.insert(out.end(), second.begin(), second.end());
  return Value::list(std::move(out));
}

// Texts, bytes, lists, timestamps and durations.
Value add_others(const Value& left, const Value& right, Evaluation& evaluation) {
  if (left.box<ListBox>() && right.box<ListBox>()) return joined_lists(left, right, evaluation);
  const auto* text = left.box<TextBox>();
  const auto* other_text = right.box<TextBox>();
  const auto* bytes = left.box<BytesBox>();
  const auto* other_bytes = right.box<BytesBox>();
  if ((text && other_text) || (bytes && other_bytes)) {
    if (!evaluation.charge((weight(left) + weight(right)) / 2)) return out_of_budget();
    if (text) {
      std::string out;
      out.reserve(text->value.size() + other_text->value.size());
      return Value::text(out.append(text->value).append(other_text->value));
    }
    Bytes out;
    out.reserve(bytes->value.size() + other_bytes->value.size());
    append(out, bytes->value);
    append(out, other_bytes->value);
    return Value::bytes(std::move(out));
  }
  const auto* timestamp = left.as<Timestamp>() ? left.as<Timestamp>() : right.as<Timestamp>();
  const auto* duration = left.as<Timestamp>() ? right.as<Duration>() : left.as<Duration>();
  if (timestamp && duration) return checked(add(*timestamp, *duration), "the timestamp");
  if (const Operands<Duration> it(left, right); it) return checked(add(*it.left, *it.right), "the duration");
  return unknown("_+_", left, right);
}

}  // namespace

Value add(const Value& left, const Value& right, Evaluation& evaluation) {
  if (const Operands<std::int64_t> it(left, right); it) {
    std::int64_t out = 0;
    return __builtin_add_overflow(*it.left, *it.right, &out) ? overflow("the sum") : Value(out);
  }
  if (are_decimal(left, right)) return on_decimals("_+_", left, right, &add, "the sum");
  if (const Operands<std::uint64_t> it(left, right); it) {
    std::uint64_t out = 0;
    return __builtin_add_overflow(*it.left, *it.right, &out) ? overflow("the sum") : Value(out);
  }
  if (const Operands<double> it(left, right); it) return *it.left + *it.right;
  return add_others(left, right, evaluation);
}

Value subtract(const Value& left, const Value& right) {
  if (const Operands<std::int64_t> it(left, right); it) {
    std::int64_t out = 0;
    return __builtin_sub_overflow(*it.left, *it.right, &out) ? overflow("the difference") : Value(out);
  }
  if (are_decimal(left, right)) return on_decimals("_-_", left, right, &subtract, "the difference");
  if (const Operands<std::uint64_t> it(left, right); it) {
    std::uint64_t out = 0;
    return __builtin_sub_overflow(*it.left, *it.right, &out) ? overflow("the difference") : Value(out);
  }
  if (const Operands<double> it(left, right); it) return *it.left - *it.right;
  if (const Operands<Timestamp> it(left, right); it) return checked(subtract(*it.left, *it.right), "the duration");
  if (const Operands<Duration> it(left, right); it) return checked(subtract(*it.left, *it.right), "the duration");
  const auto* timestamp = left.as<Timestamp>();
  const auto* duration = right.as<Duration>();
  if (timestamp && duration) return checked(subtract(*timestamp, *duration), "the timestamp");
  return unknown("_-_", left, right);
}

Value multiply(const Value& left, const Value& right) {
  if (const Operands<std::int64_t> it(left, right); it) {
    std::int64_t out = 0;
    return __builtin_mul_overflow(*it.left, *it.right, &out) ? overflow("the product") : Value(out);
  }
  if (are_decimal(left, right)) return on_decimals("_*_", left, right, &multiply, "the product");
  if (const Operands<std::uint64_t> it(left, right); it) {
    std::uint64_t out = 0;
    return __builtin_mul_overflow(*it.left, *it.right, &out) ? overflow("the product") : Value(out);
  }
  if (const Operands<double> it(left, right); it) return *it.left * *it.right;
  return unknown("_*_", left, right);
}

Value divide(const Value& left, const Value& right) {
  const auto by_zero = [] { return Value::error(Failure::division_by_zero, "division by zero"); };
  if (const Operands<std::int64_t> it(left, right); it) {
    if (*it.right == 0) return by_zero();
    if (*it.right == -1 && *it.left == std::numeric_limits<std::int64_t>::min()) return overflow("the quotient");
    return *it.left / *it.right;
  }
  if (const Operands<std::uint64_t> it(left, right); it) return *it.right == 0 ? by_zero() : *it.left / *it.right;
  if (const Operands<double> it(left, right); it) return *it.left / *it.right;
  return unknown("_/_", left, right);
}

Value modulo(const Value& left, const Value& right) {
  const auto by_zero = [] { return Value::error(Failure::division_by_zero, "modulus by zero"); };
  if (const Operands<std::int64_t> it(left, right); it) {
    if (*it.right == 0) return by_zero();
    if (*it.right == -1 && *it.left == std::numeric_limits<std::int64_t>::min()) return overflow("the remainder");
    return *it.left % *it.right;
  }
  if (const Operands<std::uint64_t> it(left, right); it) return *it.right == 0 ? by_zero() : *it.left % *it.right;
  return unknown("_%_", left, right);
}

Value negate(const Value& operand) {
  if (const auto* it = operand.as<std::int64_t>()) {
    if (*it == std::numeric_limits<std::int64_t>::min()) return overflow("the negative");
    return -*it;
  }
  if (const auto* it = operand.as<double>()) return -*it;
  if (const auto* it = operand.as<Decimal>()) return checked(negate(*it), "the negative");
  return no_such_overload("-_", {&operand, 1});
}

}  // namespace tally::cel
