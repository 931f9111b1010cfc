#include "cel/names.h"

#include <algorithm>

namespace tally::cel {

namespace {

const std::map<std::string, Type, std::less<>>& denotations() {
  static const std::map<std::string, Type, std::less<>> kTypes = [] {
    std::map<std::string, Type, std::less<>> out;
    for (const TypeKind kind :
         {TypeKind::null, TypeKind::boolean, TypeKind::integer, TypeKind::unsigned_integer, TypeKind::floating,
          TypeKind::decimal, TypeKind::text, TypeKind::bytes, TypeKind::timestamp, TypeKind::duration, TypeKind::type})
      out.emplace(Type(kind).text(), kind);
    out.emplace("list", Type::list_of({}));
    out.emplace("map", Type::map_of({}, {}));
    out.emplace("optional_type", Type::optional_of({}));
    return out;
  }();
  return kTypes;
}

// Calls `try_name` with the name in the container, then in the containers around it, at last as it is, until it
// returns true. A leading dot says: as it is.
template <class Try>
void resolve(std::string_view container, std::string_view name, Try try_name) {
  if (name.starts_with('.')) {
    try_name(std::string(name.substr(1)));
    return;
  }
  while (!container.empty()) {
    if (try_name(std::string(container) + "." + std::string(name))) return;
    const auto dot = container.rfind('.');
    container = dot == container.npos ? std::string_view{} : container.substr(0, dot);
  }
  try_name(std::string(name));
}

}  // namespace

std::optional<std::string> chain_of(const Expr& expr) {
  if (const auto* name = std::get_if<Identifier>(&expr.node)) return name->name;
  const auto* select = std::get_if<Select>(&expr.node);
  if (select == nullptr || select->test || select->optional) return std::nullopt;
  auto out = chain_of(*select->operand);
  if (out) *out += "." + select->field;
  return out;
}

// nullopt also where the chain starts at a local variable.
std::optional<std::string> Names::qualified(const Expr& expr) const {
  auto out = chain_of(expr);
  if (!out) return out;
  const std::string first = out->substr(0, out->find('.'));  // empty for ".a"
  if (std::find(locals_.begin(), locals_.end(), first) != locals_.end()) return std::nullopt;
  return out;
}

Meaning Names::global(std::string_view name) const {
  Meaning out;
  resolve(environment_.container(), name, [&](const std::string& full) {
    if (const auto position = environment_.position(full))
      out = {Meaning::Kind::variable, *position, environment_.variables()[*position].type};
    else if (const auto type = denotations().find(full); type != denotations().end())
      out = {Meaning::Kind::type, 0, type->second};
    return out.kind != Meaning::Kind::none;
  });
  return out;
}

Meaning Names::find(const Expr& expr) const {
  if (const auto* name = std::get_if<Identifier>(&expr.node)) {
    const auto local = std::find(locals_.rbegin(), locals_.rend(), name->name);
    if (local != locals_.rend())
      return {Meaning::Kind::local, static_cast<std::size_t>(locals_.rend() - local) - 1, {}};
  }
  const auto name = qualified(expr);
  return name ? global(*name) : Meaning{};
}

Callees Names::callees(const Call& call) const {
  Callees out;
  const auto look = [&](bool member) {
    return [&out, this, member](const std::string& full) {
      out.name = full;
      for (const Overload* one : environment_.overloads(full)) {
        out.known = true;
        if (one->member == member) out.overloads.push_back(one);
      }
      return out.known;
    };
  };
  if (!call.target) {
    resolve(environment_.container(), call.function, look(false));
    return out;
  }
  if (const auto scope = qualified(*call.target)) {
    resolve(environment_.container(), *scope + "." + call.function, look(false));
    if (!out.overloads.empty()) return out;
  }
  out = {};
  out.member = true;
  look(true)(call.function);
  return out;
}

}  // namespace tally::cel
