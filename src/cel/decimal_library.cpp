// Exact numbers beside CEL's own: int and uint mix with them, double does not, and there is no "/", since a quotient
// has to say how many decimals it keeps. Operators are evaluated without a call (evaluate.cpp).
#include "cel/arguments.h"
#include "cel/number.h"

namespace tally::cel {

namespace {

using Arguments = std::span<const Value>;

constexpr auto kDecimal = TypeKind::decimal;
constexpr auto kInt = TypeKind::integer;
constexpr auto kUint = TypeKind::unsigned_integer;

Value out_of_range(std::string_view function) {
  return failed(Failure::overflow, function, "the number does not fit a decimal");
}

Value decimal_of_number(Arguments arguments, Evaluation&) {
  const auto out = as_decimal(arguments[0]);
  return out ? Value(*out) : out_of_range("decimal");
}

Value decimal_of_text(Arguments arguments, Evaluation& evaluation) {
  const std::string& text = text_argument(arguments, 0);
  if (!charge_bytes(evaluation, text.size())) return out_of_budget();
  const auto out = Decimal::parse(text);
  return out ? Value(*out) : bad_argument("decimal", shown(text) + " is no decimal of at most 18 places");
}

Value int_of_decimal(Arguments arguments, Evaluation&) {
  const auto number = argument<Decimal>(arguments, 0);
  const auto whole = number.at_scale(0);
  return whole ? Value(*whole) : bad_argument("int", number.text() + " is no whole number; round() makes it one");
}

Value string_of_decimal(Arguments arguments, Evaluation&) {
  return Value::text(argument<Decimal>(arguments, 0).text());
}

// nullopt: there is no such way. `negative`: the exact result is.
std::optional<Rounding> rounding_of(std::string_view mode, bool negative) {
  if (mode == "half_even") return Rounding::half_even;
  if (mode == "half_up") return Rounding::half_up;
  if (mode == "down") return Rounding::down;
  if (mode == "up") return negative ? Rounding::floor : Rounding::ceiling;
  if (mode == "floor") return Rounding::floor;
  if (mode == "ceiling") return Rounding::ceiling;
  return std::nullopt;
}

struct Way {
  unsigned decimals = 0;
  Rounding rounding = Rounding::half_even;
};
// Reads decimals and way of rounding from the arguments at `from`; an error if they are none.
std::variant<Way, Value> way_of(std::string_view function, Arguments arguments, std::size_t from, bool negative) {
  const auto decimals = argument<std::int64_t>(arguments, from);
  if (decimals < 0 || decimals > static_cast<std::int64_t>(kDecimalScaleMax))
    return bad_argument(function, std::to_string(decimals) + " decimals; there may be 0 to 18");
  Way out{static_cast<unsigned>(decimals), Rounding::half_even};
  if (arguments.size() == from + 1) return out;
  const std::string& mode = text_argument(arguments, from + 1);
  const auto rounding = rounding_of(mode, negative);
  if (!rounding)
    return bad_argument(
        function, shown(mode) + " is no way to round; there are half_even, half_up, up, down, floor " + "and ceiling");
  out.rounding = *rounding;
  return out;
}

Value quotient(Arguments arguments, Evaluation&) {
  const auto left = as_decimal(arguments[0]);
  const auto right = as_decimal(arguments[1]);
  if (!left || !right) return out_of_range("div");
  if (right->units() == 0) return failed(Failure::division_by_zero, "div", "division by zero");
  const auto way = way_of("div", arguments, 2, (left->units() < 0) != (right->units() < 0));
  if (const auto* error = std::get_if<Value>(&way)) return *error;
  const Way& known = std::get<Way>(way);
  const auto out = divide(*left, *right, known.decimals, known.rounding);
  return out ? Value(*out) : out_of_range("div");
}

Value rounded(Arguments arguments, Evaluation&) {
  const auto number = argument<Decimal>(arguments, 0);
  const auto way = way_of("round", arguments, 1, number.units() < 0);
  if (const auto* error = std::get_if<Value>(&way)) return *error;
  const Way& known = std::get<Way>(way);
  return number.rounded(known.decimals, known.rounding);
}

void declare_operators(Library& library) {
  const auto each = [&](const char* name, TypeKind result) {
    library.push_back({name, false, {kDecimal, kDecimal}, result});
    for (const TypeKind other : {kInt, kUint}) {
      library.push_back({name, false, {kDecimal, other}, result});
      library.push_back({name, false, {other, kDecimal}, result});
    }
  };
  for (const char* name : {"_<_", "_<=_", "_>_", "_>=_"}) each(name, TypeKind::boolean);
  for (const char* name : {"_+_", "_-_", "_*_"}) each(name, kDecimal);
  for (const char* name : {"_==_", "_!=_"})
    for (const TypeKind other : {kInt, kUint}) {
      library.push_back({name, false, {kDecimal, other}, TypeKind::boolean});
      library.push_back({name, false, {other, kDecimal}, TypeKind::boolean});
    }
  library.push_back({"-_", false, {kDecimal}, kDecimal});
}

}  // namespace

Library decimal_library() {
  Library library = {{"decimal", false, {TypeKind::text}, kDecimal, decimal_of_text},
                     {"decimal", false, {kInt}, kDecimal, decimal_of_number},
                     {"decimal", false, {kUint}, kDecimal, decimal_of_number},
                     {"decimal", false, {kDecimal}, kDecimal, decimal_of_number},
                     {"int", false, {kDecimal}, kInt, int_of_decimal},
                     {"string", false, {kDecimal}, TypeKind::text, string_of_decimal},
                     {"round", false, {kDecimal, kInt}, kDecimal, rounded},
                     {"round", false, {kDecimal, kInt, TypeKind::text}, kDecimal, rounded}};
  declare_operators(library);
  for (const TypeKind left : {kDecimal, kInt, kUint})
    for (const TypeKind right : {kDecimal, kInt, kUint}) {
      library.push_back({"div", false, {left, right, kInt}, kDecimal, quotient});
      library.push_back({"div", false, {left, right, kInt, TypeKind::text}, kDecimal, quotient});
    }
  return library;
}

}  // namespace tally::cel
