#include "contracts/gates.h"

namespace tally::contracts {

Result<GateDecision> decide(const Gate& gate, const SituationOf& of, Amount score, cel::Evaluation& budget) {
  GateDecision out;
  const std::string has = of.rulebook.points(score);
  if (gate.at_least && score < *gate.at_least) {
    const std::string needs = of.rulebook.points(*gate.at_least);
    out.reasons.push_back(
        {has + " 分，低于 " + needs + " 分：" + gate.below.zh, has + " points, below " + needs + ": " + gate.below.en});
  }
  if (!gate.conditions.empty()) {
    Situation situation(of, budget);
    for (const auto& condition : gate.conditions) {
      const auto holds = situation.holds(condition.when, gate.code);
      if (!holds) return holds.error();
      if (!*holds) out.reasons.push_back(condition.otherwise);
    }
  }
  out.passes = out.reasons.empty();
  if (!out.passes) return out;
  if (gate.at_least) {
    const std::string needs = of.rulebook.points(*gate.at_least);
    out.reasons.push_back({has + " 分，达到 " + needs + " 分", has + " points, at or above " + needs});
  } else {
    out.reasons.push_back({"符合全部条件", "every condition holds"});
  }
  return out;
}

}  // namespace tally::contracts
