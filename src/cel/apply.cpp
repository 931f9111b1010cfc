#include "cel/compiled.h"
#include "cel/operators.h"

namespace tally::cel {

namespace {

enum class Fit : std::uint8_t { no, yes, cost };

Fit fits(const Type& wanted, const Value& value, Evaluation& evaluation);

bool is_open(const Type& type) {
  return type.is(TypeKind::dyn) || type.is(TypeKind::parameter);
}

Fit list_fits(const Type& element, const ListBox& list, Evaluation& evaluation) {
  if (is_open(element)) return Fit::yes;
  if (!evaluation.charge(list.elements.size())) return Fit::cost;
  for (const Value& one : list.elements)
    if (const Fit fit = fits(element, one, evaluation); fit != Fit::yes) return fit;
  return Fit::yes;
}

Fit map_fits(const Type& key, const Type& value, const MapBox& map, Evaluation& evaluation) {
  if (is_open(key) && is_open(value)) return Fit::yes;
  if (!evaluation.charge(map.entries.size())) return Fit::cost;
  for (const auto& entry : map.entries) {
    if (const Fit fit = fits(key, entry.first, evaluation); fit != Fit::yes) return fit;
    if (const Fit fit = fits(value, entry.second, evaluation); fit != Fit::yes) return fit;
  }
  return Fit::yes;
}

// Whether a value has a type, to its innermost parts: implementations rely on that.
Fit fits(const Type& wanted, const Value& value, Evaluation& evaluation) {
  if (is_open(wanted)) return Fit::yes;
  if (wanted.kind() != value.kind()) return Fit::no;
  const auto& arguments = wanted.arguments();
  switch (wanted.kind()) {
    case TypeKind::list:
      return list_fits(arguments[0], *value.box<ListBox>(), evaluation);
    case TypeKind::map:
      return map_fits(arguments[0], arguments[1], *value.box<MapBox>(), evaluation);
    case TypeKind::optional: {
      const auto& held = value.box<OptionalBox>()->value;
      return held ? fits(arguments[0], *held, evaluation) : Fit::yes;
    }
    case TypeKind::object:
      return wanted.name() == (*value.as<Shared<Object>>())->type().name ? Fit::yes : Fit::no;
    default:
      return Fit::yes;
  }
}

Fit all_fit(const std::vector<Type>& parameters, bool variadic, std::span<const Value> arguments,
            Evaluation& evaluation) {
  const bool good = variadic ? arguments.size() >= parameters.size() : arguments.size() == parameters.size();
  if (!good) return Fit::no;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const Type& wanted = parameters[std::min(i, parameters.size() - 1)];
    if (const Fit fit = fits(wanted, arguments[i], evaluation); fit != Fit::yes) return fit;
  }
  return Fit::yes;
}

Value called(const Callee& callee, const Object& object, std::span<const Value> arguments, Evaluation& evaluation) {
  const auto& methods = object.type().methods;
  for (std::size_t i = 0; i < methods.size(); ++i) {
    if (methods[i].name != callee.name) continue;
    const Fit fit = all_fit(methods[i].parameters, false, arguments, evaluation);
    if (fit == Fit::yes) return object.call(i, arguments, evaluation);
    if (fit == Fit::cost) return out_of_budget();
  }
  return no_such_overload(object.type().name + "." + callee.name, arguments);
}

}  // namespace

Value apply(const Callee& callee, std::span<const Value> arguments, Evaluation& evaluation) {
  if (callee.first != nullptr) {
    const Fit fit = all_fit(callee.first->parameters, callee.first->variadic, arguments, evaluation);
    if (fit == Fit::yes) return callee.first->run(arguments, evaluation);
    if (fit == Fit::cost) return out_of_budget();
  }
  if (callee.member) {
    if (const auto* object = arguments[0].as<Shared<Object>>())
      return called(callee, **object, arguments.subspan(1), evaluation);
  }
  for (const Overload* one : callee.overloads) {
    if (one == callee.first) continue;
    const Fit fit = all_fit(one->parameters, one->variadic, arguments, evaluation);
    if (fit == Fit::yes) return one->run(arguments, evaluation);
    if (fit == Fit::cost) return out_of_budget();
  }
  return no_such_overload(callee.name, arguments);
}

Value apply_method(const Callee& callee, const Value& target, std::span<const Value> arguments,
                   Evaluation& evaluation) {
  const auto* object = target.as<Shared<Object>>();
  if (object == nullptr) {
    std::vector<Value> all = {target};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return apply(callee, all, evaluation);
  }
  if (&(*object)->type() != callee.object) return called(callee, **object, arguments, evaluation);
  const auto& method = callee.object->methods[callee.position];
  const Fit fit = all_fit(method.parameters, false, arguments, evaluation);
  if (fit == Fit::yes) return (*object)->call(callee.position, arguments, evaluation);
  return fit == Fit::cost ? out_of_budget() : no_such_overload(callee.name, arguments);
}

}  // namespace tally::cel
