// Purpose: the members' own affairs as JSON for the API. Times are as people_json.h says.
// Thread rule: pure functions.
// Included by edges only (API, CLI), because nlohmann-json is dear to compile.
#pragma once

#include "contracts/governance_queries.h"
#include "contracts/people_json.h"
#include "contracts/rule_queries.h"

namespace tally::contracts {

// {"height", "epoch", "start", "quorum", "validators", "candidates", "ending"}. `ending`: the executed block that is
// the last of this epoch and not final yet.
Json validators_json(const ValidatorsView& view, BlockHeight height, std::optional<BlockHeight> ending);
// {"number", "state", "change": {"type", ...}, "proposer", "opened", "expires", "ballots", "approvals", "needed",
// "missing", "undecided", "afterwards"}; what only an open one has is null or empty otherwise.
Json proposal_json(const ProposalView& view);
// {"height", "version", "next", "supported"}. `supported`: the highest version that this software knows.
Json protocol_json(const ProtocolView& view, BlockHeight height, std::uint32_t supported);
// {"number", "state", "change": {"type", ...}, "content", "reason", "proposer", "unit", "opened", "comments_until",
// "expires", "closed", "comments", "terms", "approvers", "approvals", "needed"}.
Json rule_proposal_json(const RuleProposalView& view);
Json comment_json(const CommentRecord& comment);
// {"height", "parameters", "features", "planned"}.
Json parameters_json(const ParametersView& view, BlockHeight height);
// {"adopted", "constitution"}. Not adopted: the default holds.
Json constitution_json(const std::optional<Constitution>& own);

}  // namespace tally::contracts
