#include "contracts/transaction_json.h"
#include "tally/files.h"
#include "tally/transactions.h"

namespace tally::cli {

Outcome<void> emit_transaction(Context& context, const ledger::SignedTransaction& transaction, const std::string& out) {
  const std::string text = contracts::transaction_json(transaction).dump(2) + "\n";
  context.note("transaction " + ledger::id_of(transaction.body).hex());
  if (!out.empty()) return write_new_file(out, text, Privacy::shared);
  context.emit_text(text);
  return {};
}

Outcome<ledger::SignedTransaction> read_transaction_file(Context& context, const std::string& path) {
  auto text = read_input(path, kTransactionDocumentBytesMax, context.world());
  if (!text) return text.error();
  auto json = parse_json(*text);
  if (!json) return Failure(ExitCode::bad_input, Error(json.error()).within(path));
  auto transaction = contracts::transaction_from_json(*json);
  if (!transaction) return Failure(ExitCode::bad_input, Error(transaction.error()).within(path));
  return std::move(*transaction);
}

}  // namespace tally::cli
