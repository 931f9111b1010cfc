// Purpose: what the rule engine tells the ledger of its history lists: which pair of the state authenticates a list,
// and under which terms an account's entry is found. Thread rule: pure functions; index_terms reads the state. Terms:
// one letter, then a text or a fixed part, so that no term is a prefix of another of its kind:
//   'o' person · 'r' rulebook 00 rule · 'u' unit (each unit at or above the subject's, as it stands after the block)
// Only entries of accounts have terms; consultations and acts of cases are found through their subject or case.
#pragma once

#include "contracts/records.h"
#include "ledger/executor.h"

namespace tally::contracts {

std::optional<ledger::HistoryClaim> history_of(ByteView key, ByteView value);
std::optional<BlockHeight> index_terms(ByteView list, ByteView record, const ledger::State& state,
                                       const std::function<void(Bytes term)>& add);

Bytes officer_term(const PersonId& person);  // who proposed or endorsed
Bytes rule_term(const RulebookId& rulebook, const RuleCode& rule);
Bytes unit_term(const UnitId& unit);  // the unit itself and all below it

}  // namespace tally::contracts
