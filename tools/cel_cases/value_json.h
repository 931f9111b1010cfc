// Purpose: values of expressions as JSON and types as text, as the conformance cases write them.
//   {"int":"42"} {"uint":"1"} {"double":1.5} {"decimal":"1.5"} {"string":..} {"bytes":base64} {"bool":..} {"null":null}
//   {"list":[..]} {"map":[[k,v],..]} {"optional":value or null} {"type":"int"} {"timestamp":RFC 3339}
//   {"duration":"1.5s"}
// Doubles that are no JSON numbers are "NaN", "Infinity" and "-Infinity".
// Thread rule: pure functions.
// Errors: the path of what is wrong, and what would be right.
#pragma once

#include "cel/value.h"
#include "common/error.h"
#include "common/json.h"

namespace tally::cel_cases {

// Tagged as above.
Result<cel::Value> tagged_value(const Json& json);
// Tagged, or JSON as it is: whole numbers are ints (uints where they are too large), others doubles, objects are maps.
Result<cel::Value> any_value(const Json& json);
// Objects of the host and errors by their text.
Json to_tagged(const cel::Value& value);

// "map(string, list(dyn))", "google.protobuf.Timestamp", "optional_type(int)".
Result<cel::Type> type_of_text(std::string_view text);
// The narrowest type that a value has: of lists and maps with elements of one type, that, otherwise dyn.
cel::Type type_of_value(const cel::Value& value);

}  // namespace tally::cel_cases
