// Purpose: who lied: evidence of equivocation, judged with the validator sets of a chain that was audited.
// Thread rule: one thread.
// Invariant: nobody is named whose two signatures do not verify and contradict each other; what does not pass the check
// is refused with the reason, and says nothing against anybody.
#pragma once

#include "consensus/quorum.h"
#include "tally/context.h"
#include "tally/node_client.h"

namespace tally::cli {

struct BlameVerdict {
  Json proven = Json::array();
  Json refused = Json::array();
  Table table;  // of what is proven
  std::vector<std::string> complaints;
};

// The pieces in hexadecimal, from a document as GET /v1/evidence answers with.
Outcome<std::vector<std::string>> evidence_from_file(Context& context, const std::string& file);
Outcome<std::vector<std::string>> evidence_from_node(NodeClient& client);

BlameVerdict judge_evidence(const std::vector<std::string>& pieces, const ChainId& chain,
                            const std::vector<consensus::ValidatorSet>& epochs);

}  // namespace tally::cli
