// Purpose: what several routes of the API read from a call in the same way (api_contracts.cpp).
// Thread rule: pure functions.
// Errors: invalid_field names the part of the path or the parameter.
#pragma once

#include "node/api.h"

namespace tally::node {

Result<SubjectHandle> subject_from(const std::string& text);
std::optional<std::string> cursor_of(const ApiCall& call);
// `limit`, at least 1.
Result<std::size_t> rows_of(const ApiCall& call);
// `before`; nullopt: from the newest on.
Result<std::optional<std::uint64_t>> before_of(const ApiCall& call);

}  // namespace tally::node
