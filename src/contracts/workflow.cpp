#include "contracts/workflow.h"

#include <algorithm>

namespace tally::contracts {

namespace {

template <class List>
std::optional<std::size_t> place_of(const List& list, std::string_view code) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const auto& item) { return item.code == code; });
  return found == list.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - list.begin()));
}

}  // namespace

const Act* Workflow::act(std::string_view named) const {
  const auto place = place_of(acts, named);
  return place ? &acts[*place] : nullptr;
}

std::optional<std::size_t> Workflow::field(std::string_view named) const {
  return place_of(fields, named);
}

std::optional<std::size_t> Workflow::link(std::string_view named) const {
  return place_of(links, named);
}

std::optional<std::size_t> Workflow::state(std::string_view named) const {
  return place_of(states, named);
}

}  // namespace tally::contracts
