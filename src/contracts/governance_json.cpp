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

Json rule_proposal_json(const RuleProposalView& view) {
  const auto& proposal = view.proposal;
  Json terms = Json::array();
  for (const auto& term : view.terms) {
    Json row = to_json(term.term);
    row["filled"] = term.filled;
    row["words"] = term.words;
    terms.push_back(std::move(row));
  }
  return {{"number", to_json(proposal.number)},
          {"state", to_json(proposal.state)},
          {"change", people_form(to_json(proposal.change), std::nullopt)},
          {"content", to_json(proposal.content)},
          {"reason", to_json(proposal.reason)},
          {"proposer", to_json(proposal.proposer)},
          {"unit", proposal.unit},
          {"opened", time_text(proposal.opened)},
          {"comments_until", time_text(proposal.comments_until)},
          {"expires", time_text(proposal.expires)},
          {"closed", proposal.closed ? Json(time_text(*proposal.closed)) : Json(nullptr)},
          {"comments", proposal.comments},
          {"terms", std::move(terms)},
          {"approvers", to_json(view.approvers)},
          {"approvals", view.outcome.approvals},
          {"needed", view.outcome.needed}};
}

Json comment_json(const CommentRecord& comment) {
  return people_form(to_json(comment), std::nullopt);
}

Json parameters_json(const ParametersView& view, BlockHeight height) {
  Json out = {{"height", to_json(height)}};
  out.update(to_json(view));
  return out;
}

Json constitution_json(const std::optional<Constitution>& own) {
  return {{"adopted", own.has_value()}, {"constitution", to_json(own ? *own : default_constitution())}};
}

}  // namespace tally::contracts
