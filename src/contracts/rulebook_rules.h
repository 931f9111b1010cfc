// Purpose: reads the catalogue of a rulebook document, and holds the duties that no rulebook may drop.
// Thread rule: one thread. Errors: see document_reader.h.
#pragma once

#include "contracts/document_reader.h"

namespace tally::contracts {

Provenance read_provenance(DocumentReader& reader);
Rule read_rule(DocumentReader& reader, unsigned scale, std::uint32_t event_span_days);

}  // namespace tally::contracts
