// Purpose: a gate's decision about one subject, with reasons.
// Thread rule: pure function of the state.
// Errors: expression_failed: a gate that cannot be worked out decides nothing.
#pragma once

#include "contracts/situation.h"

namespace tally::contracts {

struct GateDecision {
  bool passes = false;
  std::vector<Title> reasons;  // why not, in the order of the gate's demands; one reason if it passes
};

// `score` is that of the book the gate stands in.
Result<GateDecision> decide(const Gate& gate, const SituationOf& of, Amount score, cel::Evaluation& budget);

}  // namespace tally::contracts
