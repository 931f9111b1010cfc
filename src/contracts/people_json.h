// Purpose: JSON as people read it, made from the plain JSON of common/json.h and back: times as RFC 3339 text, and
// beside every raw amount ("change": "-100") its points ("change_points": "-10.0"), or, where it is money, that in two
// decimals ("pool": "5000000", "pool_money": "50000.00").
// Thread rule: pure functions.
// Errors: wire_form names the field's path. Points without their raw amount need a known scale; both must agree.
// Included by edges only (API, CLI), because nlohmann-json is dear to compile.
#pragma once

#include "common/amount.h"
#include "common/json.h"

namespace tally::contracts {

// Works on every object inside. Fields are known by their names, which mean the same in all records.
Json people_form(Json plain, std::optional<unsigned> scale);
Result<Json> wire_form(const Json& shown, std::optional<unsigned> scale);

// RFC 3339; a time beyond the year 9999 stays a decimal number of milliseconds.
std::string time_text(TimestampMs time);

}  // namespace tally::contracts
