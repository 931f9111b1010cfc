// Purpose: reads what rules bring beside points: effects, lists and suspensions, sums.
// Thread rule: one thread. Errors: see document_reader.h.
#pragma once

#include "contracts/rulebook_expressions.h"

namespace tally::contracts {

std::vector<Effect> read_effects(DocumentReader& reader, const Rule& rule, const Rulebook& rulebook);
void read_standings(DocumentReader& reader, Rulebook& rulebook);
void read_sums(DocumentReader& reader, Rulebook& rulebook);
// Sums name rules, which are read after them.
void check_sums(DocumentReader& reader, const Rulebook& rulebook);

}  // namespace tally::contracts
