// Purpose: reads what rules bring beside points: conditions, effects, lists and suspensions, sums; and everything that
// is an expression. Thread rule: one thread. Errors: see document_reader.h; mistakes of an expression name line and
// column inside it.
#pragma once

#include "contracts/document_reader.h"

namespace tally::contracts {

// A field that holds an expression. Required: books, standings and sums of `rulebook` are read, because expressions
// name them.
Expression read_expression(DocumentReader& reader, std::string_view name, const Rulebook& rulebook, Scope scope,
                           const cel::Type& wanted);
std::vector<Condition> read_conditions(DocumentReader& reader, const Rulebook& rulebook, Scope scope);
std::vector<Effect> read_effects(DocumentReader& reader, const Rule& rule, const Rulebook& rulebook);
void read_standings(DocumentReader& reader, Rulebook& rulebook);
void read_sums(DocumentReader& reader, Rulebook& rulebook);
// Sums name rules, which are read after them.
void check_sums(DocumentReader& reader, const Rulebook& rulebook);

}  // namespace tally::contracts
