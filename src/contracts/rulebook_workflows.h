// Purpose: reads workflows and queues of a rulebook document (docs/workflows.md).
// Thread rule: one thread. Errors: see document_reader.h.
// Two passes, because workflows and queues name one another, and gates and rules, which stand before them, name states:
// declare_work comes first and tells no mistakes; read_work comes after the rules.
#pragma once

#include "contracts/rulebook_expressions.h"

namespace tally::contracts {

// Leaves workflows and queues in the rulebook as far as others name them: codes, fields, links, states, who may act.
// Returns which workflows have no mistakes in that.
std::vector<bool> declare_work(const Json& document, Rulebook& rulebook);
// Required: declare_work, which gave `sound`, and the catalogue is read.
void read_work(DocumentReader& reader, Rulebook& rulebook, const std::vector<bool>& sound);
// Nobody proposes under an award whose `proposer_roles` are empty, so some workflow must award under it. Of rules at
// `places`, which have none.
void check_proposers(DocumentReader& reader, const Rulebook& rulebook, const std::vector<std::size_t>& places);

}  // namespace tally::contracts
