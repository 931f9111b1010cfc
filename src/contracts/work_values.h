// Purpose: values of a case's fields in their three forms: text as people write it, FieldValue in the state, a value of
// an expression.
// Thread rule: pure functions.
// Errors: invalid_field with the field's code, what is wrong and what would be right.
#pragma once

#include "contracts/work_records.h"

namespace tally::contracts {

// nullopt: it does not have the type's form. A text is not measured here.
std::optional<FieldValue> read_as(FieldType type, std::string_view text);
Result<FieldValue> parse_field(const WorkField& field, std::string_view text, std::string_view clause);
// As parse_field reads it.
std::string show_field(FieldType type, const FieldValue& value);
cel::Value field_to_cel(FieldType type, const FieldValue& value);
// `value` has the field's type; what lies outside its bounds is refused.
Result<FieldValue> field_from_cel(const WorkField& field, const cel::Value& value, std::string_view clause);

}  // namespace tally::contracts
