#include "contracts/workflow.h"

#include <algorithm>

namespace tally::contracts {

namespace {

template <class List>
std::optional<std::size_t> position_in(const List& list, std::string_view code) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const auto& one) { return one.code == code; });
  if (found == list.end()) return std::nullopt;
  return static_cast<std::size_t>(found - list.begin());
}

}  // namespace

const Act* Workflow::act(std::string_view code) const {
  const auto found = position_in(acts, code);
  return found ? &acts[*found] : nullptr;
}

std::optional<std::size_t> Workflow::field(std::string_view code) const {
  return position_in(fields, code);
}

std::optional<std::size_t> Workflow::link(std::string_view code) const {
  return position_in(links, code);
}

std::optional<std::size_t> Workflow::state(std::string_view code) const {
  return position_in(states, code);
}

}  // namespace tally::contracts
