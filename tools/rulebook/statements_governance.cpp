// Statements about the rules themselves: proposals, comments, approvals, and what came of them.
#include "common/json.h"
#include "common/time.h"
#include "contracts/rule_queries.h"
#include "rulebook/operations.h"

namespace tally::rulebook {

using namespace contracts;

namespace {

RuleProposalView proposal_of(World& world, const Match& match) {
  return World::must(rule_proposal_view(world.reader(), world.proposal_number(match["PROPOSAL"]), world.now()));
}

void approve(World& world, const Match& match, bool approves) {
  const auto view = proposal_of(world, match);
  world.act(match, ApproveProposal{view.proposal.number, view.proposal.content, approves});
}

// From the block after the proposal's own on, or after its adoption.
ProposeParameters parameters(World& world, const Match& match) {
  ProposeParameters out;
  out.from = world.chain().head().header.height.value + 2;
  out.reason = digest_of_reason(match);
  return out;
}

ParametersView parameters_now(World& world) {
  return World::must(parameters_view(world.reader(), world.chain().head().header.height));
}

template <class Row>
const Row& named(const std::vector<Row>& rows, const Word& name, const std::string& what) {
  std::string all;
  for (const auto& row : rows) {
    if (row.name == name.text) return row;
    all += (all.empty() ? "" : ", ") + row.name;
  }
  World::stop_at(name, "one of " + all, "there is no " + what + " \"" + name.text + "\"");
}

void expect_proposal(World& world, const Match& match) {
  const auto view = proposal_of(world, match);
  const std::string what = "proposal " + match["PROPOSAL"].text;
  World::expect_equal(match["PROPOSALSTATE"].text, to_json(view.proposal.state).get<std::string>(), what + " to be");
  if (!match.has("OF")) return;
  World::expect_equal(match["N"].text + " of " + match["OF"].text,
                      std::to_string(view.outcome.approvals) + " of " + std::to_string(view.outcome.needed),
                      "approvals of " + what + ":");
}

const Statement kStatements[] = {
    {Phase::act, "WHO proposes FILE [reason TEXT] [as NAME]", "recorder proposes version-2.json as second",
     "proposes a rulebook of the folder, or a later version of one; as: a name for the proposal",
     [](World& world, const Match& match) {
       world.act(match, ProposeRulebook{world.add_rulebook(match["FILE"]), digest_of_reason(match)});
     }},
    {Phase::act, "WHO retires RULEBOOK from DATE [reason TEXT] [as NAME]",
     "governor retires qingzhen from 2027-01-01 as farewell",
     "proposes that a rulebook takes no new events from then on",
     [](World& world, const Match& match) {
       world.act(match, RetireRulebook{match["RULEBOOK"].text, parse_time(match["DATE"].text).value(),
                                       digest_of_reason(match)});
     }},
    {Phase::act, "WHO sets PARAMETER to N [reason TEXT] [as NAME]",
     "governor sets expression_cost_per_operation to 200000 as budget", "proposes another value of a parameter",
     [](World& world, const Match& match) {
       auto operation = parameters(world, match);
       operation.values.push_back({match["PARAMETER"].text, number(match["N"])});
       world.act(match, std::move(operation));
     }},
    {Phase::act, "WHO switches FEATURE on|off [reason TEXT] [as NAME]", "governor switches spending off as pause",
     "proposes to switch a feature of the engine",
     [](World& world, const Match& match) {
       auto operation = parameters(world, match);
       operation.features.push_back({match["FEATURE"].text, match.choice("on|off") == "on"});
       world.act(match, std::move(operation));
     }},
    {Phase::act, "WHO comments on PROPOSAL TEXT", "clerk comments on second \"ten days are too short\"",
     "comments on an open proposal",
     [](World& world, const Match& match) {
       world.act(match, CommentProposal{world.proposal_number(match["PROPOSAL"]), digest_of_reason(match)});
     }},
    {Phase::act, "WHO approves PROPOSAL", "governor approves second", "approves what somebody else proposed",
     [](World& world, const Match& match) { approve(world, match, true); }},
    {Phase::act, "WHO takes back approving PROPOSAL", "governor takes back approving second",
     "takes an approval back, while the proposal is open",
     [](World& world, const Match& match) { approve(world, match, false); }},
    {Phase::act, "WHO withdraws PROPOSAL", "recorder withdraws second", "withdraws an open proposal of one's own",
     [](World& world, const Match& match) {
       world.act(match, WithdrawProposal{world.proposal_number(match["PROPOSAL"])});
     }},
    {Phase::expect, "expect proposal PROPOSAL PROPOSALSTATE [with N of OF]", "expect proposal second open with 1 of 2",
     "where a proposal stands; with: approvals that count, of those it needs", expect_proposal},
    {Phase::expect, "expect comments PROPOSAL N", "expect comments second 1", "how many comments a proposal has",
     [](World& world, const Match& match) {
       World::expect_equal(match["N"].text, std::to_string(proposal_of(world, match).proposal.comments),
                           "comments on " + match["PROPOSAL"].text + ":");
     }},
    {Phase::expect, "expect parameter PARAMETER N", "expect parameter expression_cost_per_operation 200000",
     "the value that the next block runs under",
     [](World& world, const Match& match) {
       World::expect_equal(
           match["N"].text,
           std::to_string(named(parameters_now(world).parameters, match["PARAMETER"], "parameter").value),
           match["PARAMETER"].text + ":");
     }},
    {Phase::expect, "expect feature FEATURE on|off", "expect feature spending off", "whether the next block has it",
     [](World& world, const Match& match) {
       World::expect_equal(match.choice("on|off"),
                           named(parameters_now(world).features, match["FEATURE"], "feature").on ? "on" : "off",
                           "feature " + match["FEATURE"].text);
     }},
};

}  // namespace

std::span<const Statement> governance_statements() {
  return kStatements;
}

}  // namespace tally::rulebook
