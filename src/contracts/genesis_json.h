// Purpose: the genesis document as people read, compare and edit it: operations typed, times as RFC 3339 text,
// rulebook documents as their exact text, because their digests and the chain id stand on every byte.
// Thread rule: pure functions.
// Errors: strict; each names the field's path ("operations[7].roles[0]"). too_large over limits::kGenesisBytesMax.
// Invariant: genesis_from_json(genesis_json(x)) == x, so the chain id survives the JSON form.
// Included by edges only (API, CLI), because nlohmann-json is dear to compile.
#pragma once

#include "common/json.h"
#include "ledger/genesis.h"

namespace tally::contracts {

Json genesis_json(const ledger::Genesis& genesis);
Result<ledger::Genesis> genesis_from_json(const Json& json);
// The same as text, indented. Form only: ledger::check_genesis judges the content.
std::string genesis_text(const ledger::Genesis& genesis);
Result<ledger::Genesis> parse_genesis(std::string_view text);

}  // namespace tally::contracts
