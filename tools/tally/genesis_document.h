// Purpose: genesis documents: checked so that one look names every mistake, and told in words.
// Thread rule: pure functions.
#pragma once

#include "common/json.h"
#include "contracts/operations.h"
#include "ledger/genesis.h"

namespace tally::cli {

struct CheckedGenesis {
  std::optional<ledger::Genesis> genesis;  // if the form was good enough to read it
  std::vector<Error> mistakes;
};
// Form of every part, content of every part, and whether the rule engine takes the operations in their order.
CheckedGenesis check_document(std::string_view text);

// "unit yingshan/qingzhen (town): 清真镇"
std::string in_words(const contracts::Operation& operation);

}  // namespace tally::cli
