// Purpose: transactions, receipts, entries and accounts as JSON for the API and the CLI. Operations are shown typed:
// {"type": "award", "rulebook": ...}. Times and amounts are as people_json.h says.
// Thread rule: pure functions.
// Errors: strict; each names the field's path ("body.operations[3].rule").
// Included by edges only (API, CLI), because nlohmann-json is dear to compile.
#pragma once

#include "contracts/entry_queries.h"
#include "contracts/people_json.h"
#include "contracts/queries.h"
#include "ledger/block.h"

namespace tally::contracts {

// The scale of a rulebook's points, where the caller knows it; without it amounts are raw only.
using ScaleOf = std::function<std::optional<unsigned>(const RulebookId&)>;

Json operation_json(const Operation& operation, const ScaleOf& scale_of = {});
// A deploy_rulebook may carry its document as text (kept to the byte) or as an object (written out with two spaces).
Result<Operation> operation_from_json(const Json& json, const ScaleOf& scale_of = {});

// {"id", "body": {"chain", "author", "client_id", "valid_until", "mode", "operations"}, "signatures"}. Bytes that are
// no operation are shown as hexadecimal.
Json transaction_json(const ledger::SignedTransaction& transaction, const ScaleOf& scale_of = {});
// An "id", where there is one, must be the body's.
Result<ledger::SignedTransaction> transaction_from_json(const Json& json, const ScaleOf& scale_of = {});

// Outputs are shown typed; their amounts get points where the transaction is given and its operation names a rulebook.
Json receipt_json(const ledger::Receipt& receipt, const ledger::SignedTransaction* transaction = nullptr,
                  const ScaleOf& scale_of = {});
Result<ledger::Receipt> receipt_from_json(const Json& json);

Json entry_json(const Entry& entry, unsigned scale);
Result<Entry> entry_from_json(const Json& json, unsigned scale);
Json case_json(const CaseView& view, std::optional<unsigned> scale);
Result<CaseView> case_from_json(const Json& json, std::optional<unsigned> scale);
Json account_json(const AccountView& view);
Result<AccountView> account_from_json(const Json& json);
Json entry_row_json(const EntryRow& row);
Json history_json(const HistoryPage& page);
Json due_event_json(const DueEvent& event, const ScaleOf& scale_of = {});
Result<DueEvent> due_event_from_json(const Json& json);

}  // namespace tally::contracts
