#include "cel/program.h"

namespace tally::cel {

Environment::Environment()
    : Environment({standard_library(), time_library(), decimal_library(), math_library(), string_library(),
                   encoder_library(), optional_library()}) {}

Environment::Environment(std::vector<Library> libraries)
    : libraries_(std::make_shared<const std::vector<Library>>(std::move(libraries))) {
  auto functions = std::make_shared<std::map<std::string, std::vector<const Overload*>, std::less<>>>();
  for (const Library& library : *libraries_)
    for (const Overload& one : library) (*functions)[one.function].push_back(&one);
  functions_ = std::move(functions);
}

std::size_t Environment::add_variable(std::string name, Type type) {
  const auto [at, is_new] = positions_.emplace(name, variables_.size());
  if (is_new)
    variables_.push_back({std::move(name), std::move(type)});
  else
    variables_[at->second].type = std::move(type);
  return at->second;
}

std::optional<std::size_t> Environment::position(std::string_view variable) const {
  const auto at = positions_.find(variable);
  return at == positions_.end() ? std::nullopt : std::optional(at->second);
}

std::span<const Overload* const> Environment::overloads(std::string_view function) const {
  const auto at = functions_->find(function);
  return at == functions_->end() ? std::span<const Overload* const>() : at->second;
}

std::vector<std::string> Environment::functions() const {
  std::vector<std::string> out;
  for (const auto& [name, overloads] : *functions_) out.push_back(name);
  return out;
}

}  // namespace tally::cel
