// Purpose: reads what a workflow's cases know: fields and links.
// Thread rule: one thread. Errors: see document_reader.h.
#pragma once

#include "contracts/rulebook_expressions.h"

namespace tally::contracts {

void read_fields(DocumentReader& reader, Workflow& workflow);
// Required: the fields are read; but in the first pass, all workflows are declared.
void read_links(DocumentReader& reader, Workflow& workflow, const WorkReading& work);
// The field that a text names, or none, with the mistake told. `good` is what it must be, in words and as a test.
struct WantedField {
  std::string_view words;
  bool (*good)(const WorkField& field);
};
std::optional<std::size_t> field_named(DocumentReader& reader, std::string_view name, const std::string& code,
                                       const Workflow& workflow, const WantedField& wanted);
inline constexpr WantedField kAnyField{"a field of the workflow", [](const WorkField&) { return true; }};
inline constexpr WantedField kSingleField{"a field of the workflow that is no list",
                                          [](const WorkField& field) { return field.list == 0; }};

}  // namespace tally::contracts
