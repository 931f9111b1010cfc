// Purpose: reads queues of a rulebook document (docs/workflows.md, "Queues").
// Thread rule: one thread. Errors: see document_reader.h.
#pragma once

#include "contracts/rulebook_expressions.h"

namespace tally::contracts {

// As far as effects of workflows name it.
Queue declared_queue(DocumentReader& reader);
// `known`: as it was declared. Required: workflows are read.
Queue read_queue(DocumentReader& reader, const Rulebook& rulebook, const Queue& known);

}  // namespace tally::contracts
