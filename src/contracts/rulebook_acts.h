// Purpose: reads who may do what in a workflow: its opening and its acts.
// Thread rule: one thread. Errors: see document_reader.h.
#pragma once

#include "contracts/rulebook_expressions.h"

namespace tally::contracts {

inline constexpr std::string_view kOpening = "open";

// The state that a field names; 0 where there is none, with the mistake told.
std::size_t read_state(DocumentReader& reader, std::string_view name, const Workflow& workflow);
// Required: fields, links, states and the codes of acts are read.
void read_opening(DocumentReader& reader, Workflow& workflow, const WorkReading& work);
void read_acts(DocumentReader& reader, Workflow& workflow, const WorkReading& work);

}  // namespace tally::contracts
