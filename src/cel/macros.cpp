#include "cel/macros.h"

namespace tally::cel {

namespace {

constexpr const char* kAccumulator = "@result";
constexpr const char* kTarget = "@target";

// Builds trees at one place, keeping their depths.
class Builder {
 public:
  explicit Builder(Position at) : at_(at) {}

  template <class Node>
  [[nodiscard]] ExprPtr make(Node node, std::size_t depth = 1) const {
    auto out = std::make_unique<Expr>();
    out->at = at_;
    out->node = std::move(node);
    out->depth = depth;
    return out;
  }
  [[nodiscard]] ExprPtr literal(Literal value) const { return make(std::move(value)); }
  [[nodiscard]] ExprPtr name(std::string name) const { return make(Identifier{std::move(name)}); }
  [[nodiscard]] ExprPtr result() const { return name(kAccumulator); }
  template <class... Arguments>
  [[nodiscard]] ExprPtr call(std::string function, ExprPtr target, Arguments... arguments) const {
    Call out{std::move(function), std::move(target), {}};
    (out.arguments.push_back(std::move(arguments)), ...);
    std::size_t depth = out.target ? out.target->depth + 1 : 1;
    for (const auto& argument : out.arguments) depth = std::max(depth, argument->depth + 1);
    return make(std::move(out), depth);
  }
  template <class... Arguments>
  [[nodiscard]] ExprPtr operation(std::string function, Arguments... arguments) const {
    return call(std::move(function), nullptr, std::move(arguments)...);
  }
  [[nodiscard]] ExprPtr list_of(ExprPtr element) const {
    const std::size_t depth = element->depth + 1;
    ListExpr out;
    out.elements.push_back({std::move(element), false});
    return make(std::move(out), depth);
  }
  [[nodiscard]] ExprPtr fold(Comprehension node) const {
    std::size_t depth = 1;
    for (const auto* part : {&node.range, &node.initial, &node.condition, &node.step, &node.result})
      depth = std::max(depth, (*part)->depth + 1);
    return make(std::move(node), depth);
  }

 private:
  Position at_;
};

// What a call of a macro on a range has besides its variables.
struct Fold {
  Fold(Call& call, std::size_t variables, Position at)
      : make(at), range(std::move(call.target)), rest(std::move(call.arguments)) {
    for (std::size_t i = 0; i < variables; ++i) names.push_back(std::get<Identifier>(rest[i]->node).name);
    rest.erase(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(variables));
  }
  ExprPtr over(ExprPtr initial, ExprPtr condition, ExprPtr step, ExprPtr result = nullptr) {
    if (!result) result = make.result();
    return make.fold({names[0], names.size() > 1 ? names[1] : std::string(), std::move(range), kAccumulator,
                      std::move(initial), std::move(condition), std::move(step), std::move(result)});
  }
  // The last step where `rest[0]` holds; the accumulator as it was elsewhere.
  ExprPtr if_first(ExprPtr step) { return make.operation("_?_:_", std::move(rest[0]), std::move(step), make.result()); }

  Builder make;
  ExprPtr range;
  std::vector<ExprPtr> rest;
  std::vector<std::string> names;
};

ExprPtr quantified(Fold it, bool all) {
  const Builder& make = it.make;
  ExprPtr goes_on = all ? make.result() : make.operation("!_", make.result());
  ExprPtr condition = make.operation("@not_strictly_false", std::move(goes_on));
  ExprPtr step = make.operation(all ? "_&&_" : "_||_", make.result(), std::move(it.rest[0]));
  return it.over(make.literal(all), std::move(condition), std::move(step));
}

ExprPtr exactly_one(Fold it) {
  const Builder& make = it.make;
  ExprPtr step = it.if_first(make.operation("_+_", make.result(), make.literal(std::int64_t{1})));
  ExprPtr result = make.operation("_==_", make.result(), make.literal(std::int64_t{1}));
  return it.over(make.literal(std::int64_t{0}), make.literal(true), std::move(step), std::move(result));
}

// `filtered`: rest[0] is a condition, rest[1] what is kept.
ExprPtr listed(Fold it, bool filtered) {
  const Builder& make = it.make;
  ExprPtr step = make.operation("_+_", make.result(), make.list_of(std::move(it.rest[filtered ? 1 : 0])));
  if (filtered) step = it.if_first(std::move(step));
  return it.over(make.make(ListExpr{}), make.literal(true), std::move(step));
}

ExprPtr mapped(Fold it, bool filtered) {
  const Builder& make = it.make;
  ExprPtr step =
      make.operation("cel.@mapInsert", make.result(), make.name(it.names[0]), std::move(it.rest[filtered ? 1 : 0]));
  if (filtered) step = it.if_first(std::move(step));
  return it.over(make.make(MapExpr{}), make.literal(true), std::move(step));
}

ExprPtr entered(Fold it, bool filtered) {
  const Builder& make = it.make;
  ExprPtr step = make.operation("cel.@mapInsert", make.result(), std::move(it.rest[filtered ? 1 : 0]));
  if (filtered) step = it.if_first(std::move(step));
  return it.over(make.make(MapExpr{}), make.literal(true), std::move(step));
}

ExprPtr bound(const Builder& make, std::string variable, ExprPtr value, ExprPtr result) {
  ExprPtr unchanged = make.name(variable);
  return make.fold({"#unused",
                    {},
                    make.make(ListExpr{}),
                    std::move(variable),
                    std::move(value),
                    make.literal(false),
                    std::move(unchanged),
                    std::move(result)});
}

// With @target for the target, which is worked out once (a copy of it in each place would double with each call of a
// chain): @target.hasValue() ? optional.of(<body with the value>) : optional.none()
ExprPtr of_optional(Call& call, Position at, bool flat) {
  const Builder make(at);
  const std::string variable = std::get<Identifier>(call.arguments[0]->node).name;
  ExprPtr has = make.call("hasValue", make.name(kTarget));
  ExprPtr value = make.call("value", make.name(kTarget));
  ExprPtr body = bound(make, variable, std::move(value), std::move(call.arguments[1]));
  if (!flat) body = make.call("of", make.name(".optional"), std::move(body));
  ExprPtr none = make.call("none", make.name(".optional"));
  ExprPtr choice = make.operation("_?_:_", std::move(has), std::move(body), std::move(none));
  return bound(make, kTarget, std::move(call.target), std::move(choice));
}

Parsed<ExprPtr> tested(Call& call) {
  auto* select = std::get_if<Select>(&call.arguments[0]->node);
  if (select == nullptr || select->test || select->optional)
    return Mistake{call.arguments[0]->at, "has() asks for a field", "has(a.b)"};
  select->test = true;
  return std::move(call.arguments[0]);
}

bool is_name(const Expr& expr) {
  const auto* name = std::get_if<Identifier>(&expr.node);
  return name != nullptr && name->name.front() != '.';
}

Parsed<void> check_names(const Call& call, std::size_t variables) {
  for (std::size_t i = 0; i < variables; ++i) {
    if (!is_name(*call.arguments[i]))
      return Mistake{call.arguments[i]->at, "a variable of " + call.function + "() is no simple name",
                     call.function + "(x, ...)"};
  }
  if (variables == 2 &&
      std::get<Identifier>(call.arguments[0]->node).name == std::get<Identifier>(call.arguments[1]->node).name)
    return Mistake{call.arguments[1]->at, "both variables of " + call.function + "() have one name", "two names"};
  return {};
}

struct Macro {
  std::string_view name;
  std::size_t arguments;
  std::size_t variables;
  ExprPtr (*expand)(Call&, Position);
};

template <std::size_t kVariables, auto kExpand, auto... kOptions>
ExprPtr folded(Call& call, Position at) {
  return kExpand(Fold(call, kVariables, at), kOptions...);
}

ExprPtr filtered(Call& call, Position at) {
  ExprPtr kept = copy(*call.arguments[0]);
  call.arguments.push_back(std::move(kept));
  return listed(Fold(call, 1, at), true);
}

const std::vector<Macro>& macros() {
  static const std::vector<Macro> list = {
      {"all", 2, 1, folded<1, quantified, true>},
      {"exists", 2, 1, folded<1, quantified, false>},
      {"exists_one", 2, 1, folded<1, exactly_one>},
      {"existsOne", 2, 1, folded<1, exactly_one>},
      {"map", 2, 1, folded<1, listed, false>},
      {"map", 3, 1, folded<1, listed, true>},
      {"filter", 2, 1, filtered},
      {"all", 3, 2, folded<2, quantified, true>},
      {"exists", 3, 2, folded<2, quantified, false>},
      {"exists_one", 3, 2, folded<2, exactly_one>},
      {"existsOne", 3, 2, folded<2, exactly_one>},
      {"transformList", 3, 2, folded<2, listed, false>},
      {"transformList", 4, 2, folded<2, listed, true>},
      {"transformMap", 3, 2, folded<2, mapped, false>},
      {"transformMap", 4, 2, folded<2, mapped, true>},
      {"transformMapEntry", 3, 2, folded<2, entered, false>},
      {"transformMapEntry", 4, 2, folded<2, entered, true>},
      {"optMap", 2, 1, [](Call& call, Position at) { return of_optional(call, at, false); }},
      {"optFlatMap", 2, 1, [](Call& call, Position at) { return of_optional(call, at, true); }}};
  return list;
}

}  // namespace

Parsed<ExprPtr> expand_macro(Call& call, Position at) {
  if (!call.target) {
    if (call.function == "has" && call.arguments.size() == 1) return tested(call);
    return ExprPtr{};
  }
  const auto* target = std::get_if<Identifier>(&call.target->node);
  if (call.function == "bind" && call.arguments.size() == 3 && target != nullptr && target->name == "cel") {
    if (auto good = check_names(call, 1); !good) return good.error();
    return bound(Builder(at), std::get<Identifier>(call.arguments[0]->node).name, std::move(call.arguments[1]),
                 std::move(call.arguments[2]));
  }
  for (const auto& macro : macros()) {
    if (macro.name != call.function || macro.arguments != call.arguments.size()) continue;
    if (auto good = check_names(call, macro.variables); !good) return good.error();
    return macro.expand(call, at);
  }
  return ExprPtr{};
}

}  // namespace tally::cel
