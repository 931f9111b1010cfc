// Purpose: unit paths ("yingshan/qingzhen/ludishao"): their form, and who stands above whom; and texts cut short.
// Thread rule: pure functions.
// Errors: invalid_field names the unit and the form that is wanted.
#pragma once

#include "common/error.h"
#include "contracts/operations.h"

namespace tally::contracts {

inline constexpr std::size_t kUnitSegmentsMax = 6;
inline constexpr std::size_t kSegmentCharactersMax = 32;

// At most `bytes` of a text, cut between characters: what people sent is quoted in refusals, and refusals stand in
// receipts, which must stay small and well-formed UTF-8. Required: the text is UTF-8.
std::string excerpt(std::string_view text, std::size_t bytes);

// 1 to 32 of [a-z0-9-]: a segment of a unit, and a rulebook's id.
bool is_slug(std::string_view text);
Status check_unit(const UnitId& unit);
// True if `unit` is `officer_unit` or lies below it.
bool in_unit(const UnitId& unit, const UnitId& officer_unit);
// Empty for a root.
UnitId parent_of(const UnitId& unit);

}  // namespace tally::contracts
