// Purpose: what the commands on rules share: `tally rulebook propose` and its like, and `tally parameters`.
// Thread rule: one thread.
#pragma once

#include "tally/governance_views.h"

namespace tally::cli {

// One proposal about rules, as the API shows it.
Outcome<Json> fetch_rule_proposal(NodeClient& client, std::uint64_t number);
// What it would do: "rulebook qingzhen version 2 from 2026-07-01T00:00:00Z on".
std::string rule_change_words(const Json& change);

// rulebook: propose, retire, comment, approve, withdraw. parameters: propose, approve.
void register_rulebook_proposing(Command& rulebook);
void register_parameter_proposing(Command& parameters);
// rulebook: proposals, show.
void register_rulebook_views(Command& rulebook);
void register_parameter_views(Command& parameters);

}  // namespace tally::cli
