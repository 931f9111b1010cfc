#include "cel/checker.h"

#include <algorithm>

#include "cel/explain.h"
#include "cel/names.h"
#include "cel/unify.h"

namespace tally::cel {

namespace {

class Checker {
 public:
  explicit Checker(const Environment& environment) : environment_(environment), names_(environment) {}

  Checked run(const Expr& expr, const Type& wanted) {
    const Type type = check(expr);
    if (!unify_.fits(type, wanted)) report(mismatch(expr, type, wanted.text()));
    if (unify_.exhausted() && out_.mistakes.empty())
      report({expr.at, "the types of the expression are too entangled to be checked", "a shorter expression"});
    out_.type = unify_.resolved(type, true);
    for (auto& [part, of_part] : out_.types) of_part = unify_.resolved(of_part, true);
    std::stable_sort(out_.mistakes.begin(), out_.mistakes.end(), [](const Mistake& one, const Mistake& other) {
      return std::pair(one.at.line, one.at.column) < std::pair(other.at.line, other.at.column);
    });
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool is_full() const { return out_.mistakes.size() >= kMistakesMax; }
  Type report(Mistake mistake) {
    if (!is_full()) out_.mistakes.push_back(std::move(mistake));
    return {};
  }
  Mistake mismatch(const Expr& expr, const Type& type, std::string expected) {
    return {expr.at, shown(expr) + " is " + with_article(unify_.resolved(type, true)), std::move(expected)};
  }
  void want(const Expr& expr, const Type& type, const Type& wanted) {
    if (!unify_.fits(type, wanted)) report(mismatch(expr, type, with_article(unify_.resolved(wanted, true))));
  }

  Type check(const Expr& expr) {
    Type out = std::visit([&](const auto& node) { return of(expr, node); }, expr.node);
    out_.types.emplace(&expr, out);
    return out;
  }

  Type of(const Expr&, const Literal& literal) {
    static constexpr std::array kKinds = {
        TypeKind::null,     TypeKind::boolean, TypeKind::integer, TypeKind::unsigned_integer,
        TypeKind::floating, TypeKind::text,    TypeKind::bytes};
    static_assert(kKinds.size() == std::variant_size_v<Literal>);
    return kKinds[literal.index()];
  }

  std::optional<Type> named(const Expr& expr) {
    const Meaning meaning = names_.find(expr);
    switch (meaning.kind) {
      case Meaning::Kind::local:
        return locals_[meaning.position];
      case Meaning::Kind::variable:
        return meaning.type;
      case Meaning::Kind::type:
        return Type(TypeKind::type);
      case Meaning::Kind::none:
        return std::nullopt;
    }
    return std::nullopt;
  }

  Type of(const Expr& expr, const Identifier& identifier) {
    if (auto type = named(expr)) return *type;
    if (is_full()) return {};
    std::vector<std::string> known;
    for (const auto& variable : environment_.variables()) known.push_back(variable.name);
    for (const std::string& local : names_.locals())
      if (local.find_first_of("@#") == local.npos) known.push_back(local);
    return report(unknown_name(expr.at, identifier.name, std::move(known)));
  }

  Type of(const Expr& expr, const Select& select) {
    if (!select.test && !select.optional) {
      if (auto type = named(expr)) return *type;
    }
    const Type operand = unify_.resolved(check(*select.operand));
    Type type = field(expr, select, operand);
    if (select.test) return TypeKind::boolean;
    // a.?b.c is what a.?b has of c, if it has it.
    if ((select.optional || operand.is(TypeKind::optional)) && !type.is(TypeKind::optional))
      return Type::optional_of(std::move(type));
    return type;
  }

  Type field(const Expr& expr, const Select& select, const Type& operand) {
    const Type& type = operand.is(TypeKind::optional) ? operand.arguments()[0] : operand;
    switch (type.kind()) {
      case TypeKind::map:
        if (!unify_.fits(TypeKind::text, type.arguments()[0]))
          return report({expr.at, shown(*select.operand) + " is " + with_article(type) + ", its keys are no strings",
                         "[...] with a key"});
        return type.arguments()[1];
      case TypeKind::object:
        for (const auto& one : type.declared()->fields)
          if (one.name == select.field) return one.type;
        return report(unknown_field(expr.at, *select.operand, *type.declared(), select.field));
      case TypeKind::parameter:
        unify_.fits(Type(), type);
        return {};
      case TypeKind::dyn:
        return {};
      default:
        return report({expr.at, shown(*select.operand) + " is " + with_article(type) + ", which has no fields", {}});
    }
  }

  Type of(const Expr&, const ListExpr& list) {
    std::optional<Type> element;
    for (const auto& one : list.elements) {
      const Type type = contained(*one.value, one.optional);
      element = element ? unify_.joined(*element, type) : type;
    }
    return Type::list_of(element ? *element : unify_.fresh());
  }

  // Of ?x: what x has.
  Type contained(const Expr& expr, bool optional) {
    const Type type = check(expr);
    if (!optional) return type;
    Type inner = unify_.fresh();
    want(expr, type, Type::optional_of(inner));
    return unify_.resolved(inner);
  }

  Type of(const Expr&, const MapExpr& map) {
    std::optional<Type> key;
    std::optional<Type> value;
    for (const auto& entry : map.entries) {
      const Type of_key = check(*entry.key);
      const Type of_value = contained(*entry.value, entry.optional);
      check_key(*entry.key, unify_.resolved(of_key));
      key = key ? unify_.joined(*key, of_key) : of_key;
      value = value ? unify_.joined(*value, of_value) : of_value;
    }
    return Type::map_of(key ? *key : unify_.fresh(), value ? *value : unify_.fresh());
  }

  void check_key(const Expr& expr, const Type& type) {
    switch (type.kind()) {
      case TypeKind::dyn:
      case TypeKind::parameter:
      case TypeKind::boolean:
      case TypeKind::integer:
      case TypeKind::unsigned_integer:
      case TypeKind::text:
        return;
      default:
        report({expr.at, shown(expr) + " is " + with_article(type) + ", which cannot be a key",
                "a bool, an int, a uint or a string"});
    }
  }

  Type of(const Expr& expr, const MessageExpr& message) {
    for (const auto& field : message.fields) check(*field.value);
    return report({expr.at, "there is no message `" + message.name + "`", "a map, such as {'name': value}"});
  }

  Type of(const Expr&, const Comprehension& fold) {
    const Type range = unify_.resolved(check(*fold.range));
    const bool two = !fold.second.empty();
    Type first;
    Type second;
    switch (range.kind()) {
      case TypeKind::map:
        first = range.arguments()[0];
        second = range.arguments()[1];
        break;
      case TypeKind::list:
        first = two ? Type(TypeKind::integer) : range.arguments()[0];
        second = range.arguments()[0];
        break;
      case TypeKind::parameter:
        unify_.fits(Type(), range);
        break;
      case TypeKind::dyn:
        break;
      default:
        report(mismatch(*fold.range, range, "a list or a map"));
    }
    const Type accumulator = check(*fold.initial);
    enter(fold.accumulator, accumulator);
    enter(fold.variable, first);
    if (two) enter(fold.second, second);
    want(*fold.condition, check(*fold.condition), TypeKind::boolean);
    const Type step = check(*fold.step);
    if (!unify_.fits(step, accumulator)) report(mismatch(*fold.step, step, unify_.resolved(accumulator, true).text()));
    leave(two ? 2 : 1);
    const Type result = check(*fold.result);
    leave(1);
    return unify_.resolved(result);
  }

  void enter(const std::string& name, Type type) {
    names_.enter(name);
    locals_.push_back(std::move(type));
  }
  void leave(std::size_t count) {
    names_.leave(count);
    locals_.resize(locals_.size() - count);
  }

  Type of(const Expr& expr, const Call& call) {
    const Callees callees = names_.callees(call);
    std::vector<Argument> arguments;
    if (callees.member) {
      const Type target = unify_.resolved(check(*call.target));
      if (target.is(TypeKind::object)) return method(expr, call, *target.declared());
      arguments.push_back({call.target.get(), target});
    }
    for (const auto& argument : call.arguments) arguments.push_back({argument.get(), check(*argument)});
    if (auto type = logical(call, arguments)) return *type;
    const bool dyn_target = callees.member && arguments[0].type.is(TypeKind::dyn);
    if (!callees.known && !dyn_target && is_full()) return {};
    if (!callees.known && !dyn_target)
      return report(unknown_function(expr.at, call.function, environment_.functions()));
    if (auto type = matched(callees.overloads, arguments)) return *type;
    if (dyn_target) return {};
    for (Argument& argument : arguments) argument.type = unify_.resolved(argument.type, true);
    return report(no_overload(expr.at, callees, arguments));
  }

  // Operators that say of each operand alone what is wrong with it.
  std::optional<Type> logical(const Call& call, const std::vector<Argument>& arguments) {
    const std::string& name = call.function;
    if (call.target) return std::nullopt;
    if (name == "_&&_" || name == "_||_" || name == "!_" || name == "@not_strictly_false") {
      for (const Argument& one : arguments) want(*one.expr, one.type, TypeKind::boolean);
      return TypeKind::boolean;
    }
    if (name != "_?_:_") return std::nullopt;
    want(*arguments[0].expr, arguments[0].type, TypeKind::boolean);
    Type out = unify_.fresh();
    unify_.fits(arguments[1].type, out);
    if (!unify_.fits(arguments[2].type, out))
      return report({arguments[2].expr->at,
                     "the values of ?: are " + with_article(unify_.resolved(arguments[1].type, true)) + " and " +
                         with_article(unify_.resolved(arguments[2].type, true)),
                     "two of one type"});
    return unify_.resolved(out);
  }

  Type method(const Expr& expr, const Call& call, const ObjectType& object) {
    std::vector<Argument> arguments;
    std::vector<Type> types;
    for (const auto& argument : call.arguments) {
      types.push_back(check(*argument));
      arguments.push_back({argument.get(), unify_.resolved(types.back(), true)});
    }
    for (const auto& one : object.methods) {
      if (one.name != call.function) continue;
      if (!unify_.fit(types, one.parameters)) report(wrong_arguments(expr.at, one, arguments));
      return one.result;
    }
    return report(unknown_method(expr.at, *call.target, object, call.function));
  }

  // Of the overload that takes exactly these types, else of all that take the arguments; dyn if their results differ.
  std::optional<Type> matched(const std::vector<const Overload*>& overloads, const std::vector<Argument>& arguments) {
    std::vector<Type> types;
    for (const Argument& argument : arguments) types.push_back(unify_.resolved(argument.type));
    std::optional<Type> out;
    for (const Overload* one : overloads) {
      std::vector<Type> parameters = one->parameters;
      while (one->variadic && parameters.size() < types.size()) parameters.push_back(one->parameters.back());
      if (parameters.size() != types.size()) continue;
      Type result = one->result;
      unify_.instantiate(parameters, result);
      if (parameters == types) return result;
      if (!unify_.fit(types, parameters)) continue;
      result = unify_.resolved(result);
      if (!out)
        out = result;
      else if (!(*out == result))
        out = Type();
    }
    return out;
  }

  const Environment& environment_;
  Names names_;
  Unifier unify_;
  std::vector<Type> locals_;
  Checked out_;
};

}  // namespace

Checked check(const Expr& expr, const Environment& environment, const Type& wanted) {
  return Checker(environment).run(expr, wanted);
}

}  // namespace tally::cel
