#include "contracts/governance_json.h"

namespace tally::contracts {

Json validators_json(const ValidatorsView& view, BlockHeight height, std::optional<BlockHeight> ending) {
  Json out = {{"height", to_json(height)}};
  out.update(to_json(view));
  out["ending"] = ending ? Json{{"last_block", to_json(*ending)}} : Json(nullptr);
  return out;
}

Json proposal_json(const ProposalView& view) {
  Json ballots = Json::array();
  for (const auto& ballot : view.ballots)
    ballots.push_back({{"validator", ballot.validator}, {"approve", ballot.approve}, {"counts", ballot.counts}});
  return {{"number", to_json(view.number)},
          {"state", to_json(view.state)},
          {"change", to_json(view.change)},
          {"proposer", view.proposer},
          {"opened", time_text(view.opened)},
          {"expires", time_text(view.expires)},
          {"ballots", std::move(ballots)},
          {"approvals", view.outcome ? Json(view.outcome->approvals) : Json(nullptr)},
          {"needed", view.outcome ? Json(view.outcome->needed) : Json(nullptr)},
          {"missing", view.missing},
          {"undecided", view.undecided},
          {"afterwards", to_json(view.afterwards)}};
}

Json protocol_json(const ProtocolView& view, BlockHeight height, std::uint32_t supported) {
  Json out = {{"height", to_json(height)}};
  out.update(to_json(view));
  out["supported"] = supported;
  return out;
}

}  // namespace tally::contracts
