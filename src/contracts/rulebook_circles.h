// Purpose: what workflows lead to: states that nothing reaches, and what would go on for ever without people.
// Thread rule: one thread. Errors: see document_reader.h.
// What is refused: effects that bring themselves about at once (an act that goes on to an act that goes back to it),
// and workflows whose cases, by themselves, open cases of one another in a circle. A deadline that acts on an older
// case is no circle: that case ends with its term, and what it opens ends with it.
#pragma once

#include "contracts/document_reader.h"

namespace tally::contracts {

// Required: positions of states are good.
std::vector<std::size_t> unreachable_states(const Workflow& workflow);
// Required: workflows have no mistakes.
void check_circles(DocumentReader& reader, const Rulebook& rulebook);

// All lists of effects of a workflow.
template <class Visit>
void for_each_effects(const Workflow& workflow, Visit&& visit) {
  visit(workflow.open.effects);
  for (const auto& state : workflow.states)
    if (state.after) visit(state.after->effects);
  for (const auto& act : workflow.acts) visit(act.effects);
  visit(workflow.term.effects);
}

}  // namespace tally::contracts
