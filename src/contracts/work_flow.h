// Purpose: the moves of a workflow's case, whoever makes them: people, an allocation, another case, block time.
// Thread rule: the executing thread only.
// Errors: condition_failed, and those of work_effects.h.
#pragma once

#include "contracts/work_effects.h"

namespace tally::contracts {

struct Opening {
  RulebookPtr rulebook;
  const Workflow* workflow = nullptr;  // of the rulebook
  SubjectHandle subject;
  std::vector<std::pair<std::size_t, FieldValue>> fields;
  std::vector<std::uint64_t> links;  // in the workflow's order
};
// The number of the new case. Who may open it was seen to.
Result<std::uint64_t> open_work(const Acting& acting, const Opening& opening);

// Whether the case's state and the act's count allow it.
bool may_be_done(const Work& work, const Act& act);
// Conditions on the case with what the act brings (set, and `fresh`).
Status check_act(const Acting& acting, const Work& work, const Act& act);
// Conditions, effects, the new state; stores the case. Required: may_be_done.
Status perform(const Acting& acting, Work& work, const Act& act);

// A case's deadline or term is over.
DueEvent end_work_term(Call& call, std::uint64_t number);

}  // namespace tally::contracts
