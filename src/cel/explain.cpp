#include "cel/explain.h"

#include <algorithm>

#include "cel/number_text.h"

namespace tally::cel {

namespace {

constexpr std::size_t kNameBytesMax = 40;  // of names that others are compared with, and that are shown whole
constexpr std::size_t kListedMax = 8;

std::string ticked(std::string_view text) {
  if (text.size() > kNameBytesMax) return "`" + std::string(text.substr(0, kNameBytesMax)) + "...`";
  return "`" + std::string(text) + "`";
}

// Levenshtein's.
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t changed = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::string joined(const std::vector<std::string>& parts, std::string_view last = ", ") {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += i + 1 == parts.size() ? last : std::string_view(", ");
    out += parts[i];
  }
  return out;
}

// The sign of "_+_", "!_" and "@in"; empty for functions.
std::string sign_of(std::string_view function) {
  if (function == "@in") return "in";
  if (function == "_[_]") return "[]";
  if (function == "_[?_]") return "[?]";
  if (function == "_?_:_") return "?:";
  if (function.starts_with('_') && function.ends_with('_')) return std::string(function.substr(1, function.size() - 2));
  if (function.ends_with('_')) return std::string(function.substr(0, function.size() - 1));
  return {};
}

std::string signature(const Overload& overload) {
  std::vector<std::string> types;
  for (const Type& type : overload.parameters) types.push_back(type.text());
  if (overload.variadic) types.back() += "...";
  const std::string sign = sign_of(overload.function);
  if (sign == "[]") return types[0] + "[" + types[1] + "]";
  if (sign == "[?]") return types[0] + "[?" + types[1] + "]";
  if (!sign.empty()) return types.size() == 1 ? sign + types[0] : joined(types, " " + sign + " ");
  const std::string target = overload.member ? types[0] + "." : std::string();
  if (overload.member) types.erase(types.begin());
  return target + overload.function + "(" + joined(types) + ")";
}

bool takes(const Overload& overload, std::size_t position, const Type& type) {
  if (position >= overload.parameters.size()) return overload.variadic;
  const Type& wanted = overload.parameters[position];
  return wanted.kind() == type.kind() || wanted.is(TypeKind::dyn) || wanted.is(TypeKind::parameter);
}

// What the function takes: of the overloads that agree with the first argument, else with the last, else of all.
std::string taken(const std::vector<const Overload*>& overloads, const std::vector<Argument>& arguments) {
  std::vector<const Overload*> shown_ones;
  for (const bool first : {true, false}) {
    if (!shown_ones.empty() || arguments.empty()) break;
    const std::size_t place = first ? 0 : arguments.size() - 1;
    for (const Overload* one : overloads)
      if (takes(*one, place, arguments[place].type)) shown_ones.push_back(one);
  }
  if (shown_ones.empty()) shown_ones = overloads;
  std::vector<std::string> texts;
  for (const Overload* one : shown_ones) texts.push_back(signature(*one));
  if (texts.size() > kListedMax) {
    texts.resize(kListedMax);
    return joined(texts) + ", ...";
  }
  return joined(texts, " or ");
}

bool is_name(const Expr& expr) {
  return chain_of(expr).has_value();
}

// What to write instead of a double or string beside a decimal.
std::string as_decimal(const Argument& argument) {
  if (const auto* literal = std::get_if<Literal>(&argument.expr->node)) {
    std::string text;
    if (const auto* number = std::get_if<double>(literal)) text = format_double_plainly(*number);
    if (const auto* string = std::get_if<std::string>(literal)) text = *string;
    if (Decimal::parse(text)) return "decimal('" + text + "')";
  }
  if (argument.type.is(TypeKind::text) && is_name(*argument.expr)) return "decimal(" + *chain_of(*argument.expr) + ")";
  return "a decimal, such as decimal('1.5')";
}

std::optional<Mistake> decimal_mistake(Position at, const std::string& sign, const std::vector<Argument>& arguments) {
  if (arguments.size() != 2) return std::nullopt;
  const bool left = arguments[0].type.is(TypeKind::decimal);
  const bool right = arguments[1].type.is(TypeKind::decimal);
  if (!left && !right) return std::nullopt;
  if (sign == "/" || sign == "%") {
    const auto name = [](const Argument& one, const char* other) {
      if (std::holds_alternative<Literal>(one.expr->node)) return text_of(*one.expr);
      return is_name(*one.expr) ? *chain_of(*one.expr) : std::string(other);
    };
    return Mistake{at, "decimals have no " + ticked(sign),
                   "div(" + name(arguments[0], "a") + ", " + name(arguments[1], "b") +
                       ", decimals), which says how many decimals are kept"};
  }
  if (left == right) return std::nullopt;
  const Argument& other = arguments[left ? 1 : 0];
  return Mistake{other.expr->at,
                 shown(*arguments[0].expr) + " is " + with_article(arguments[0].type) + ", " +
                     shown(*arguments[1].expr) + " is " + with_article(arguments[1].type),
                 as_decimal(other)};
}

}  // namespace

std::string with_article(const Type& type) {
  const std::string text = type.text();
  if (type.is(TypeKind::null)) return "null";
  if (type.is(TypeKind::bytes)) return text;
  if (type.is(TypeKind::dyn)) return "of any type";
  return (type.is(TypeKind::integer) || type.is(TypeKind::optional) ? "an " : "a ") + text;
}

std::string shown(const Expr& expr) {
  if (const auto name = chain_of(expr)) return name->starts_with('@') ? "what stands here" : ticked(*name);
  if (std::holds_alternative<Literal>(expr.node)) {
    std::string text = text_of(expr);
    return text.size() > kNameBytesMax ? "what stands here" : text;
  }
  if (const auto* call = std::get_if<Call>(&expr.node); call != nullptr && sign_of(call->function).empty())
    return ticked(call->function + "(...)");
  return "what stands here";
}

std::string one_of(std::vector<std::string> names) {
  if (names.empty()) return {};
  std::sort(names.begin(), names.end());
  const bool cut = names.size() > kListedMax;
  if (cut) names.resize(kListedMax);
  if (names.size() == 1) return ticked(names[0]);
  for (std::string& name : names) name = ticked(name);
  return "one of " + joined(names) + (cut ? ", ..." : "");
}

std::string suggestion(std::string_view wrong, const std::vector<std::string>& names) {
  if (wrong.size() > kNameBytesMax) return {};
  const std::string* best = nullptr;
  std::size_t least = 1 + std::max<std::size_t>(1, wrong.size() / 3);
  for (const std::string& name : names) {
    if (name.size() > kNameBytesMax) continue;
    if (const std::size_t far = distance(wrong, name); far < least) {
      least = far;
      best = &name;
    }
  }
  return best == nullptr ? std::string() : " (did you mean " + ticked(*best) + "?)";
}

Mistake unknown_name(Position at, const std::string& name, std::vector<std::string> names) {
  return {at, "unknown name " + ticked(name) + suggestion(name, names), one_of(std::move(names))};
}

Mistake unknown_field(Position at, const Expr& operand, const ObjectType& type, const std::string& field) {
  for (const auto& method : type.methods)
    if (method.name == field) return {at, ticked(field) + " is a method of " + shown(operand), "`" + field + "(...)`"};
  std::vector<std::string> names;
  for (const auto& one : type.fields) names.push_back(one.name);
  return {at, shown(operand) + " has no field " + ticked(field) + suggestion(field, names), one_of(std::move(names))};
}

Mistake unknown_method(Position at, const Expr& operand, const ObjectType& type, const std::string& method) {
  std::vector<std::string> names;
  for (const auto& one : type.methods) names.push_back(one.name);
  return {at, shown(operand) + " has no method " + ticked(method) + suggestion(method, names),
          one_of(std::move(names))};
}

Mistake wrong_arguments(Position at, const ObjectType::Method& method, const std::vector<Argument>& arguments) {
  std::vector<std::string> wanted;
  for (const Type& type : method.parameters) wanted.push_back(type.text());
  std::vector<std::string> got;
  for (const Argument& argument : arguments) got.push_back(argument.type.text());
  return {at, ticked(method.name) + " does not take (" + joined(got) + ")", method.name + "(" + joined(wanted) + ")"};
}

Mistake unknown_function(Position at, const std::string& name, std::vector<std::string> names) {
  std::erase_if(names, [](const std::string& one) { return !sign_of(one).empty() || one.find('@') != one.npos; });
  return {at, "unknown function " + ticked(name) + suggestion(name, names), {}};
}

Mistake no_overload(Position at, const Callees& callees, const std::vector<Argument>& arguments) {
  const std::string sign = sign_of(callees.name);
  if (!sign.empty()) {
    if (auto out = decimal_mistake(at, sign, arguments)) return *out;
  }
  std::vector<std::string> got;
  for (const Argument& argument : arguments)
    got.push_back(sign.empty() ? argument.type.text() : with_article(argument.type));
  if (!sign.empty())
    return {at, ticked(sign) + " does not take " + joined(got, " and "), taken(callees.overloads, arguments)};
  if (callees.name == "decimal" && arguments.size() == 1 && arguments[0].type.is(TypeKind::floating))
    return {at, "`decimal` does not take (double), which is not exact", as_decimal(arguments[0])};
  std::string target;
  if (callees.member) {
    target = got[0] + ".";
    got.erase(got.begin());
  }
  const std::string problem = callees.member ? "there is no " + ticked(target + callees.name + "(" + joined(got) + ")")
                                             : ticked(callees.name) + " does not take (" + joined(got) + ")";
  return {at, problem, taken(callees.overloads, arguments)};
}

}  // namespace tally::cel
