#include "cel/unify.h"

#include <charconv>
#include <map>
#include <optional>

namespace tally::cel {

namespace {

bool is_parameter(const Type& type) {
  return type.is(TypeKind::parameter);
}

// What null may stand for, as it does in the languages whose messages CEL is made for.
bool takes_null(const Type& type) {
  return type.is(TypeKind::timestamp) || type.is(TypeKind::duration) || type.is(TypeKind::optional);
}

Type rebuilt(const Type& type, std::vector<Type> arguments) {
  switch (type.kind()) {
    case TypeKind::list:
      return Type::list_of(std::move(arguments[0]));
    case TypeKind::map:
      return Type::map_of(std::move(arguments[0]), std::move(arguments[1]));
    case TypeKind::optional:
      return Type::optional_of(std::move(arguments[0]));
    default:
      return type;
  }
}

Type replaced(const Type& type, const std::map<std::string, Type>& by) {
  if (is_parameter(type)) return by.at(type.name());
  if (type.arguments().empty()) return type;
  std::vector<Type> arguments;
  for (const Type& one : type.arguments()) arguments.push_back(replaced(one, by));
  return rebuilt(type, std::move(arguments));
}

}  // namespace

Type Unifier::fresh() {
  known_.emplace_back();
  return Type::parameter(std::to_string(known_.size() - 1));
}

std::size_t Unifier::number(const Type& parameter) {
  std::size_t out = 0;
  const std::string& name = parameter.name();
  std::from_chars(name.data(), name.data() + name.size(), out);
  return out;
}

void Unifier::instantiate(std::vector<Type>& parameters, Type& result) {
  std::map<std::string, Type> by;
  const auto collect = [&](const auto& self, const Type& type) -> void {
    if (is_parameter(type) && !by.contains(type.name())) by.emplace(type.name(), fresh());
    for (const Type& one : type.arguments()) self(self, one);
  };
  for (const Type& one : parameters) collect(collect, one);
  collect(collect, result);
  if (by.empty()) return;
  for (Type& one : parameters) one = replaced(one, by);
  result = replaced(result, by);
}

void Unifier::set(std::size_t parameter, Type type) {
  changes_.push_back({parameter, known_[parameter]});
  known_[parameter] = std::move(type);
}

void Unifier::roll_back(std::size_t size) {
  while (changes_.size() > size) {
    known_[changes_.back().parameter] = std::move(changes_.back().before);
    changes_.pop_back();
  }
}

bool Unifier::fits(const Type& one, const Type& other) {
  return fit({&one, 1}, {&other, 1});
}

bool Unifier::fit(std::span<const Type> ones, std::span<const Type> others) {
  const std::size_t before = changes_.size();
  if (matches_all(ones, others)) return true;
  roll_back(before);
  return false;
}

bool Unifier::matches_all(std::span<const Type> ones, std::span<const Type> others) {
  if (ones.size() != others.size()) return false;
  for (std::size_t i = 0; i < ones.size(); ++i)
    if (!matches(ones[i], others[i])) return false;
  return true;
}

bool Unifier::matches(const Type& one, const Type& other) {
  const Step step(*this);
  if (exhausted_) return true;
  if (is_parameter(other)) {
    if (const auto found = substitutes(one, other)) return *found;
  }
  if (is_parameter(one)) return substitutes(other, one).value_or(false);
  if (one.is(TypeKind::dyn) || other.is(TypeKind::dyn)) return true;
  if (one.is(TypeKind::null) && takes_null(other)) return true;
  if (other.is(TypeKind::null) && takes_null(one)) return true;
  if (one.kind() != other.kind() || one.name() != other.name()) return false;
  return matches_all(one.arguments(), other.arguments());
}

std::optional<bool> Unifier::substitutes(const Type& type, const Type& parameter) {
  if (type == parameter) return true;
  const std::size_t at = number(parameter);
  if (at >= known_.size()) return true;  // none of ours: a host's type says nothing by it
  if (known_[at]) {
    const Type known = *known_[at];
    if (known == type) return true;
    if (!matches(type, known)) return false;
    Type better = general(type, known) ? type : known;
    if (!occurs(at, better)) set(at, std::move(better));
    return true;
  }
  if (occurs(at, type)) return std::nullopt;
  set(at, type);
  return true;
}

bool Unifier::occurs(std::size_t parameter, const Type& type) {
  const Step step(*this);
  if (exhausted_) return true;
  if (is_parameter(type)) {
    const std::size_t at = number(type);
    return at == parameter || (at < known_.size() && known_[at] && occurs(parameter, *known_[at]));
  }
  for (const Type& one : type.arguments())
    if (occurs(parameter, one)) return true;
  return false;
}

// Whether `one` says no more than `other`.
bool Unifier::general(const Type& one, const Type& other) {
  const Step step(*this);
  if (exhausted_ || one.is(TypeKind::dyn) || is_parameter(one)) return true;
  if (other.is(TypeKind::dyn) || is_parameter(other) || one.kind() != other.kind()) return false;
  if (one.name() != other.name()) return false;
  for (std::size_t i = 0; i < one.arguments().size(); ++i)
    if (!general(one.arguments()[i], other.arguments()[i])) return false;
  return true;
}

Type Unifier::resolved(const Type& type, bool final) {
  const Step step(*this);
  if (exhausted_) return {};
  if (is_parameter(type)) {
    const std::size_t at = number(type);
    if (at < known_.size() && known_[at]) return resolved(Type(*known_[at]), final);
    return final ? Type() : type;
  }
  if (type.arguments().empty()) return type;
  std::vector<Type> arguments;
  for (const Type& one : type.arguments()) arguments.push_back(resolved(one, final));
  return rebuilt(type, std::move(arguments));
}

Type Unifier::joined(const Type& one, const Type& other) {
  if (!fits(one, other)) return {};
  if (one.is(TypeKind::null) != other.is(TypeKind::null)) return one.is(TypeKind::null) ? other : one;
  return general(one, other) || !general(other, one) ? one : other;
}

}  // namespace tally::cel
