#include "cel/operators.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tally::cel {

namespace {

Value no_fields(const Value& operand) {
  return Value::error(Failure::no_such_overload, "a " + operand.runtime_type().text() + " has no fields");
}

Value no_key(const Value& key) {
  return Value::error(Failure::no_such_key, "no such key: " + text_of(key, kShownBytesMax));
}

// Position of the field of an object; nullopt: none.
std::optional<std::size_t> field_position(const Object& object, const Value& name) {
  const auto& fields = object.type().fields;
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (fields[i].name == name.box<TextBox>()->value) return i;
  return std::nullopt;
}

// nullopt: no index at all. Doubles and uints that are whole numbers are.
std::optional<std::int64_t> as_index(const Value& key) {
  if (const auto* it = key.as<std::int64_t>()) return *it;
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  if (const auto* it = key.as<std::uint64_t>())
    return *it > static_cast<std::uint64_t>(kMost) ? kMost : static_cast<std::int64_t>(*it);
  const auto* it = key.as<double>();
  if (it == nullptr || std::trunc(*it) != *it || std::abs(*it) > 9e18) return std::nullopt;
  return static_cast<std::int64_t>(*it);
}

Value optional_of(const Value* found) {
  return Value::optional(found == nullptr ? std::nullopt : std::optional(*found));
}

// What guards compare most: points with points, counts with counts. nullopt: something else.
std::optional<std::partial_ordering> compare_usual(const Value& left, const Value& right) {
  const auto* count = right.as<std::int64_t>();
  if (const auto* decimal = left.as<Decimal>()) {
    if (const auto* other = right.as<Decimal>()) return *decimal <=> *other;
    if (count != nullptr) return *decimal <=> Decimal::whole(*count);
    return std::nullopt;
  }
  const auto* other = left.as<std::int64_t>();
  return other != nullptr && count != nullptr ? std::optional<std::partial_ordering>(*other <=> *count) : std::nullopt;
}

// As `what` goes on with what an optional has: none stays none, what has no value becomes none.
template <class Inner>
Value chained(const OptionalBox& optional, Inner inner) {
  if (!optional.value) return Value::optional(std::nullopt);
  return inner(*optional.value);
}

}  // namespace

Value no_such_overload(std::string_view function, std::span<const Value> arguments) {
  std::string types;
  for (const Value& one : arguments) types += (types.empty() ? "" : ", ") + one.runtime_type().text();
  return Value::error(Failure::no_such_overload, "no such overload: " + std::string(function) + "(" + types + ")");
}

Value out_of_budget() {
  static const Value kError = Value::error(Failure::cost, "the expression costs more than it may");
  return kError;
}

Value ordered(Order order, const Value& left, const Value& right, Evaluation& evaluation) {
  auto result = compare_usual(left, right);
  if (!result) {
    if (!evaluation.charge(std::min(weight(left), weight(right)) - 1)) return out_of_budget();
    result = compare(left, right);
  }
  if (!result) {
    static constexpr std::array kNames = {"_<_", "_<=_", "_>_", "_>=_"};
    const std::array<Value, 2> both = {left, right};
    return no_such_overload(kNames[static_cast<std::size_t>(order)], both);
  }
  switch (order) {
    case Order::less:
      return *result < 0;
    case Order::less_equal:
      return *result <= 0;
    case Order::greater:
      return *result > 0;
    case Order::greater_equal:
      return *result >= 0;
  }
  return {};
}

Value equality(const Value& left, const Value& right, bool wanted, Evaluation& evaluation) {
  if (const auto* count = left.as<std::int64_t>(); count != nullptr && right.as<std::int64_t>() != nullptr)
    return (*count == *right.as<std::int64_t>()) == wanted;
  if (!evaluation.charge(std::min(weight(left), weight(right)) - 1)) return out_of_budget();
  return equal(left, right) == wanted;
}

Value contained(const Value& element, const Value& container, Evaluation& evaluation) {
  if (const auto* map = container.box<MapBox>()) {
    if (!evaluation.charge(weight(element))) return out_of_budget();
    return map->find(element) != nullptr;
  }
  const auto* list = container.box<ListBox>();
  if (list == nullptr) {
    const std::array<Value, 2> both = {element, container};
    return no_such_overload("@in", both);
  }
  const std::uint64_t most = weight(element);
  for (const Value& one : list->elements) {
    if (!evaluation.charge(std::min(most, weight(one)))) return out_of_budget();
    if (equal(one, element)) return true;
  }
  return false;
}

Value indexed(const Value& operand, const Value& key, bool optional, Evaluation& evaluation) {
  if (!evaluation.charge(weight(key) - 1)) return out_of_budget();
  if (const auto* map = operand.box<MapBox>()) {
    const Value* found = map->find(key);
    if (optional) return optional_of(found);
    return found == nullptr ? no_key(key) : *found;
  }
  if (const auto* list = operand.box<ListBox>()) {
    const auto index = as_index(key);
    if (!index) {
      const std::array<Value, 2> both = {operand, key};
      return no_such_overload("_[_]", both);
    }
    const bool inside = *index >= 0 && static_cast<std::size_t>(*index) < list->elements.size();
    const Value* found = inside ? &list->elements[static_cast<std::size_t>(*index)] : nullptr;
    if (optional) return optional_of(found);
    return inside ? *found
                  : Value::error(Failure::bad_argument, "index " + std::to_string(*index) + " is out of range");
  }
  if (const auto* box = operand.box<OptionalBox>())
    return chained(*box, [&](const Value& inner) { return indexed(inner, key, true, evaluation); });
  const std::array<Value, 2> both = {operand, key};
  return no_such_overload(optional ? "_[?_]" : "_[_]", both);
}

Value selected(const Value& operand, const Value& name, bool optional, Evaluation& evaluation) {
  if (const auto* map = operand.box<MapBox>()) {
    const Value* found = map->find(name);
    if (optional) return optional_of(found);
    return found == nullptr ? no_key(name) : *found;
  }
  if (const auto* object = operand.as<Shared<Object>>()) {
    const auto position = field_position(**object, name);
    if (!position) return Value::error(Failure::no_such_field, "no such field: " + text_of(name, kShownBytesMax));
    Value out = (*object)->field(*position, evaluation);
    if (!optional || out.is_error()) return out;
    return out.as<NullValue>() ? Value::optional(std::nullopt) : Value::optional(std::move(out));
  }
  if (const auto* box = operand.box<OptionalBox>())
    return chained(*box, [&](const Value& inner) { return selected(inner, name, true, evaluation); });
  return no_fields(operand);
}

Value has_field(const Value& operand, const Value& name, Evaluation& evaluation) {
  if (const auto* map = operand.box<MapBox>()) return map->find(name) != nullptr;
  if (const auto* object = operand.as<Shared<Object>>()) {
    const auto position = field_position(**object, name);
    if (!position) return Value::error(Failure::no_such_field, "no such field: " + text_of(name, kShownBytesMax));
    const Value value = (*object)->field(*position, evaluation);
    if (value.is_error()) return value;
    return !value.as<NullValue>();
  }
  if (const auto* box = operand.box<OptionalBox>()) {
    if (!box->value) return false;
    return has_field(*box->value, name, evaluation);
  }
  return no_fields(operand);
}

}  // namespace tally::cel
