// What stands in a.?b and a[?b] are nodes of their own (evaluate.cpp), and so are or() and orValue(), since they work
// their argument out only if they need it.
#include "cel/arguments.h"
#include "cel/time_text.h"

namespace tally::cel {

namespace {

using Arguments = std::span<const Value>;

// Whether a value is its type's zero: empty, 0, false, null, nothing.
struct IsZero {
  bool operator()(const NullValue&) const { return true; }
  bool operator()(bool it) const { return !it; }
  bool operator()(std::int64_t it) const { return it == 0; }
  bool operator()(std::uint64_t it) const { return it == 0; }
  bool operator()(double it) const { return it == 0; }
  bool operator()(const Decimal& it) const { return it == Decimal(); }
  bool operator()(const Timestamp& it) const { return it == Timestamp{kTimestampSecondsMin, 0}; }
  bool operator()(const Duration& it) const { return it == Duration{}; }
  bool operator()(const Shared<TextBox>& it) const { return it->value.empty(); }
  bool operator()(const Shared<BytesBox>& it) const { return it->value.empty(); }
  bool operator()(const Shared<ListBox>& it) const { return it->elements.empty(); }
  bool operator()(const Shared<MapBox>& it) const { return it->entries.empty(); }
  bool operator()(const Shared<OptionalBox>& it) const { return !it->value; }
  template <class Other>
  bool operator()(const Other&) const {
    return false;
  }
};

Value of(Arguments arguments, Evaluation&) {
  return Value::optional(arguments[0]);
}

Value of_non_zero(Arguments arguments, Evaluation&) {
  return std::visit(IsZero{}, arguments[0].data()) ? Value::optional(std::nullopt) : Value::optional(arguments[0]);
}

Value none(Arguments, Evaluation&) {
  return Value::optional(std::nullopt);
}

Value has_value(Arguments arguments, Evaluation&) {
  return boxed_argument<OptionalBox>(arguments, 0).value.has_value();
}

Value value(Arguments arguments, Evaluation&) {
  const auto& held = boxed_argument<OptionalBox>(arguments, 0).value;
  return held ? *held : bad_argument("value", "the optional has no value");
}

// What those of a list of optionals have that have something.
Value unwrap(Arguments arguments, Evaluation& evaluation) {
  const auto& elements = boxed_argument<ListBox>(arguments, 0).elements;
  if (!evaluation.charge(elements.size())) return out_of_budget();
  std::vector<Value> out;
  for (const Value& element : elements) {
    const auto* optional = element.box<OptionalBox>();
    if (optional == nullptr) return no_overload("optional.unwrap", element);
    if (optional->value) out.push_back(*optional->value);
  }
  return Value::list(std::move(out));
}

Value first(Arguments arguments, Evaluation&) {
  const auto& elements = boxed_argument<ListBox>(arguments, 0).elements;
  return elements.empty() ? Value::optional(std::nullopt) : Value::optional(elements.front());
}

Value last(Arguments arguments, Evaluation&) {
  const auto& elements = boxed_argument<ListBox>(arguments, 0).elements;
  return elements.empty() ? Value::optional(std::nullopt) : Value::optional(elements.back());
}

}  // namespace

Library optional_library() {
  const Type any = Type::parameter("A");
  const Type key = Type::parameter("K");
  const Type list = Type::list_of(any);
  const Type map = Type::map_of(key, any);
  const Type optional = Type::optional_of(any);
  const Type optional_list = Type::optional_of(list);
  const Type optional_map = Type::optional_of(map);
  return {{"optional.of", false, {any}, optional, of},
          {"optional.ofNonZeroValue", false, {any}, optional, of_non_zero},
          {"optional.none", false, {}, optional, none},
          {"hasValue", true, {optional}, TypeKind::boolean, has_value},
          {"value", true, {optional}, any, value},
          {"or", true, {optional, optional}, optional},
          {"orValue", true, {optional, any}, any},
          {"optional.unwrap", false, {Type::list_of(optional)}, list, unwrap},
          {"unwrapOpt", true, {Type::list_of(optional)}, list, unwrap},
          {"first", true, {list}, optional, first},
          {"last", true, {list}, optional, last},
          {"_[_]", false, {optional_list, TypeKind::integer}, optional},
          {"_[_]", false, {optional_map, key}, optional},
          {"_[?_]", false, {list, TypeKind::integer}, optional},
          {"_[?_]", false, {optional_list, TypeKind::integer}, optional},
          {"_[?_]", false, {map, key}, optional},
          {"_[?_]", false, {optional_map, key}, optional}};
}

}  // namespace tally::cel
