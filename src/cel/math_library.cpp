// math.*: the functions of CEL's math extension, with decimals beside doubles.
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "cel/arguments.h"
#include "cel/number.h"

namespace tally::cel {

namespace {

enum class Wanted { greatest, least };

constexpr std::string_view name_of(Wanted wanted) {
  return wanted == Wanted::greatest ? "math.greatest" : "math.least";
}

// The first of several equal ones. A NaN has no place in any order.
template <Wanted wanted>
Value extreme(std::span<const Value> numbers) {
  if (numbers.empty()) return bad_argument(name_of(wanted), "there is no number to choose from");
  const Value* best = nullptr;
  for (const Value& number : numbers) {
    if (!number_of(number)) return no_overload(name_of(wanted), number);
    const auto* floating = number.as<double>();
    if (floating != nullptr && std::isnan(*floating))
      return bad_argument(name_of(wanted), "NaN is neither greater nor less than anything");
    if (best == nullptr) {
      best = &number;
      continue;
    }
    const auto order = compare(number, *best);
    if (!order) return no_overload(name_of(wanted), number);
    if (wanted == Wanted::greatest ? *order > 0 : *order < 0) best = &number;
  }
  return *best;
}

template <Wanted wanted>
Value extreme_of_arguments(std::span<const Value> arguments, Evaluation& evaluation) {
  if (!evaluation.charge(arguments.size())) return out_of_budget();
  return extreme<wanted>(arguments);
}

template <Wanted wanted>
Value extreme_of_list(std::span<const Value> arguments, Evaluation& evaluation) {
  const auto& elements = boxed_argument<ListBox>(arguments, 0).elements;
  if (!evaluation.charge(elements.size())) return out_of_budget();
  return extreme<wanted>(elements);
}

constexpr std::array kNumberKinds = {TypeKind::integer, TypeKind::unsigned_integer, TypeKind::floating,
                                     TypeKind::decimal};

// Numbers of different types, as CEL compares them: the result's type is known when it is evaluated. A signature for
// all of them would also take numbers of one type, and hide the type of their result; so there is one for each place,
// up to this one, where a second type may first appear. Longer rows of numbers stand in a list.
constexpr std::size_t kMixedPlacesMax = 3;

template <Wanted wanted>
void declare_mixed(Library& library) {
  for (const TypeKind first : kNumberKinds) {
    for (const TypeKind other : kNumberKinds) {
      if (first == other) continue;
      for (std::size_t place = 1; place <= kMixedPlacesMax; ++place) {
        std::vector<Type> parameters(place, first);
        parameters.emplace_back(other);
        const std::string name(name_of(wanted));
        library.push_back({name, false, parameters, TypeKind::dyn, extreme_of_arguments<wanted>});
        parameters.emplace_back(TypeKind::dyn);
        library.push_back({name, false, parameters, TypeKind::dyn, extreme_of_arguments<wanted>, true});
      }
    }
  }
}

template <Wanted wanted>
void declare_extreme(Library& library) {
  const std::string name(name_of(wanted));
  for (const TypeKind kind : kNumberKinds)
    library.push_back({name, false, {kind}, kind, extreme_of_arguments<wanted>, true});
  for (const TypeKind kind : kNumberKinds)
    library.push_back({name, false, {Type::list_of(kind)}, kind, extreme_of_list<wanted>});
  // Of numbers of different types. The checker prefers a signature that fits exactly.
  library.push_back({name, false, {Type::list_of({})}, TypeKind::dyn, extreme_of_list<wanted>});
  declare_mixed<wanted>(library);
}

using DoubleFunction = double (*)(double);

template <DoubleFunction function>
Value of_double(std::span<const Value> arguments, Evaluation&) {
  return function(argument<double>(arguments, 0));
}
double ceiled(double number) {
  return std::ceil(number);
}
double floored(double number) {
  return std::floor(number);
}
double rounded(double number) {
  return std::round(number);  // halves away from zero
}
double truncated(double number) {
  return std::trunc(number);
}
double absolute(double number) {
  return std::abs(number);
}
double sign_of(double number) {
  return std::isnan(number) ? number : static_cast<double>((number > 0) - (number < 0));
}
// IEEE 754 wants the exact result rounded, so it is the same everywhere.
double root(double number) {
  return std::sqrt(number);
}

template <Rounding rounding>
Value decimal_rounded(std::span<const Value> arguments, Evaluation&) {
  return argument<Decimal>(arguments, 0).rounded(0, rounding);
}

using DoubleTest = bool (*)(double);

template <DoubleTest test>
Value test_double(std::span<const Value> arguments, Evaluation&) {
  return test(argument<double>(arguments, 0));
}
bool is_nan(double number) {
  return std::isnan(number);
}
bool is_infinite(double number) {
  return std::isinf(number);
}
bool is_finite(double number) {
  return std::isfinite(number);
}

Value absolute_int(std::span<const Value> arguments, Evaluation&) {
  const auto number = argument<std::int64_t>(arguments, 0);
  if (number == std::numeric_limits<std::int64_t>::min())
    return failed(Failure::overflow, "math.abs", std::to_string(number) + " has no positive int");
  return number < 0 ? -number : number;
}
Value itself(std::span<const Value> arguments, Evaluation&) {
  return arguments[0];
}
Value absolute_decimal(std::span<const Value> arguments, Evaluation&) {
  const Decimal number = argument<Decimal>(arguments, 0);
  const auto positive = number < Decimal{} ? negate(number) : number;
  if (!positive) return failed(Failure::overflow, "math.abs", number.text() + " has no positive decimal");
  return *positive;
}

template <class Integer>
Value sign_of_integer(std::span<const Value> arguments, Evaluation&) {
  const auto number = argument<Integer>(arguments, 0);
  return static_cast<Integer>(static_cast<Integer>(number > 0) - static_cast<Integer>(number < 0));
}
Value sign_of_decimal(std::span<const Value> arguments, Evaluation&) {
  const std::int64_t units = argument<Decimal>(arguments, 0).units();
  return Decimal::whole((units > 0) - (units < 0));
}

template <class Number>
Value root_of(std::span<const Value> arguments, Evaluation&) {
  return std::sqrt(static_cast<double>(argument<Number>(arguments, 0)));
}

template <class Integer, class Operation>
Value bits(std::span<const Value> arguments, Evaluation&) {
  return static_cast<Integer>(Operation{}(argument<Integer>(arguments, 0), argument<Integer>(arguments, 1)));
}
template <class Integer>
Value bits_not(std::span<const Value> arguments, Evaluation&) {
  return static_cast<Integer>(~argument<Integer>(arguments, 0));
}

// Bits that come in are zero on either side; 64 places and more leave none.
template <class Integer, bool left>
Value shifted(std::span<const Value> arguments, Evaluation&) {
  const auto places = argument<std::int64_t>(arguments, 1);
  if (places < 0)
    return bad_argument(left ? "math.bitShiftLeft" : "math.bitShiftRight", "negative offset " + std::to_string(places));
  if (places >= 64) return Integer{0};
  const auto pattern = std::bit_cast<std::uint64_t>(argument<Integer>(arguments, 0));
  return std::bit_cast<Integer>(left ? pattern << places : pattern >> places);
}

void declare_rounding(Library& library) {
  const auto declare = [&](const char* name, Implementation doubles, Implementation decimals) {
    library.push_back({name, false, {TypeKind::floating}, TypeKind::floating, doubles});
    library.push_back({name, false, {TypeKind::decimal}, TypeKind::decimal, decimals});
  };
  declare("math.ceil", of_double<ceiled>, decimal_rounded<Rounding::ceiling>);
  declare("math.floor", of_double<floored>, decimal_rounded<Rounding::floor>);
  declare("math.round", of_double<rounded>, decimal_rounded<Rounding::half_up>);
  declare("math.trunc", of_double<truncated>, decimal_rounded<Rounding::down>);
}

void declare_signs(Library& library) {
  library.push_back({"math.abs", false, {TypeKind::integer}, TypeKind::integer, absolute_int});
  library.push_back({"math.abs", false, {TypeKind::unsigned_integer}, TypeKind::unsigned_integer, itself});
  library.push_back({"math.abs", false, {TypeKind::floating}, TypeKind::floating, of_double<absolute>});
  library.push_back({"math.abs", false, {TypeKind::decimal}, TypeKind::decimal, absolute_decimal});
  library.push_back({"math.sign", false, {TypeKind::integer}, TypeKind::integer, sign_of_integer<std::int64_t>});
  library.push_back(
      {"math.sign", false, {TypeKind::unsigned_integer}, TypeKind::unsigned_integer, sign_of_integer<std::uint64_t>});
  library.push_back({"math.sign", false, {TypeKind::floating}, TypeKind::floating, of_double<sign_of>});
  library.push_back({"math.sign", false, {TypeKind::decimal}, TypeKind::decimal, sign_of_decimal});
}

void declare_floating(Library& library) {
  library.push_back({"math.isNaN", false, {TypeKind::floating}, TypeKind::boolean, test_double<is_nan>});
  library.push_back({"math.isInf", false, {TypeKind::floating}, TypeKind::boolean, test_double<is_infinite>});
  library.push_back({"math.isFinite", false, {TypeKind::floating}, TypeKind::boolean, test_double<is_finite>});
  library.push_back({"math.sqrt", false, {TypeKind::floating}, TypeKind::floating, of_double<root>});
  library.push_back({"math.sqrt", false, {TypeKind::integer}, TypeKind::floating, root_of<std::int64_t>});
  library.push_back({"math.sqrt", false, {TypeKind::unsigned_integer}, TypeKind::floating, root_of<std::uint64_t>});
}

template <class Integer>
void declare_bits(Library& library, TypeKind kind) {
  const std::vector<Type> two = {kind, kind};
  const std::vector<Type> places = {kind, TypeKind::integer};
  library.push_back({"math.bitAnd", false, two, kind, bits<Integer, std::bit_and<>>});
  library.push_back({"math.bitOr", false, two, kind, bits<Integer, std::bit_or<>>});
  library.push_back({"math.bitXor", false, two, kind, bits<Integer, std::bit_xor<>>});
  library.push_back({"math.bitNot", false, {kind}, kind, bits_not<Integer>});
  library.push_back({"math.bitShiftLeft", false, places, kind, shifted<Integer, true>});
  library.push_back({"math.bitShiftRight", false, places, kind, shifted<Integer, false>});
}

}  // namespace

Library math_library() {
  Library library;
  declare_extreme<Wanted::greatest>(library);
  declare_extreme<Wanted::least>(library);
  declare_rounding(library);
  declare_signs(library);
  declare_floating(library);
  declare_bits<std::int64_t>(library, TypeKind::integer);
  declare_bits<std::uint64_t>(library, TypeKind::unsigned_integer);
  return library;
}

}  // namespace tally::cel
