// Purpose: what the files behind `tally validator` and `tally protocol` share.
// Thread rule: one thread.
#pragma once

#include "tally/query_views.h"
#include "tally/submit_command.h"

namespace tally::cli {

// The answer of /v1/validators.
Outcome<Json> fetch_validators(NodeClient& client);
// The row of a member with this name or key; null if there is none.
const Json& member_where(const Json& validators, const std::string& field, const std::string& value);
// "townhall, village, bank"
std::string member_names(const Json& validators);
// What a proposal would do, of its `change`.
std::string change_words(const Json& proposal);

// As the rule engine and the nodes want them; the failure names the option.
Outcome<void> check_validator_name(const std::string& option, const std::string& name);
Outcome<void> check_node_address(const std::string& option, const std::string& address);

// One operation, sent as it is.
using OperationMaker = std::function<Outcome<contracts::Operation>(Context&, NodeClient&)>;
Outcome<void> run_governance(Context& context, const SubmitOptions& options, const OperationMaker& make);

void register_validator_queries(Command& validator);  // list, proposals
void register_joining(Command& validator);            // consent, add, rotate-key

}  // namespace tally::cli
