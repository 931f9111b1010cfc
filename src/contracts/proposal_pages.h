// Purpose: pages of proposals, newest first. Those on validators and those on rules share one row of numbers, so each
// kind finds numbers of the other between its own. Thread rule: pure.
#pragma once

#include "common/limits.h"
#include "contracts/query_reading.h"

namespace tally::contracts {

struct ProposalWalk {
  std::vector<std::uint64_t> open;  // numbers of the open ones, rising
  bool open_only = true;
  std::uint64_t from = 0;  // numbers below this
  std::size_t rows = 0;
};

// `read`: the view with a number, not_found if it is of the other kind; `is_open`: of a view.
template <class View, class Read, class IsOpen>
Result<Page<View>> proposal_page(const ProposalWalk& walk, const Read& read, const IsOpen& is_open) {
  Page<View> page;
  std::vector<std::uint64_t> numbers(walk.open.rbegin(), walk.open.rend());
  std::erase_if(numbers, [&](std::uint64_t number) { return number >= walk.from; });
  const std::uint64_t count = walk.open_only ? numbers.size() : (walk.from > 0 ? walk.from - 1 : 0);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t number = walk.open_only ? numbers[i] : walk.from - 1 - i;
    if (page.rows.size() == bounded(walk.rows) || i == limits::kPageRowsMax) {
      page.next = std::to_string(number + 1);
      break;
    }
    auto view = read(number);
    if (!view && view.error().code == ErrorCode::not_found) continue;
    if (!view) return view.error();
    if (!walk.open_only || is_open(*view)) page.rows.push_back(*std::move(view));
  }
  return page;
}

}  // namespace tally::contracts
