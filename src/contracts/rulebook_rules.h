// Purpose: reads the catalogue of a rulebook document, and holds the duties that no rulebook may drop.
// Thread rule: one thread. Errors: see document_reader.h.
#pragma once

#include "contracts/document_reader.h"

namespace tally::contracts {

Provenance read_provenance(DocumentReader& reader);
// Required: heading and books of `rulebook` are read.
Rule read_rule(DocumentReader& reader, const Rulebook& rulebook);

}  // namespace tally::contracts
