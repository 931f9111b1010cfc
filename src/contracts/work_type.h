// Purpose: a workflow's case as its expressions see it: `case.hours`, `case.activity.places`, `case.mean('marks')`.
// Thread rule: types are immutable; an object of a case belongs to one evaluation.
// Fields of the type, in order: the workflow's fields that are no lists; state, number, opened, subject; one object for
// each link, of the linked workflow's type without links of its own.
#pragma once

#include "contracts/rulebook.h"

namespace tally::contracts {

cel::Type type_of_field(FieldType type);
// Required: the fields of all workflows of the rulebook are read, and the links of this one name workflows that are
// declared (others are left out).
std::shared_ptr<const cel::ObjectType> work_type(const Workflow& workflow, const Rulebook& rulebook);

}  // namespace tally::contracts
