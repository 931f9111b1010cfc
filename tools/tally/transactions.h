// Purpose: making, signing, sending transactions and waiting for them: what every submitting command shares.
// Thread rule: one thread.
#pragma once

#include "common/limits.h"
#include "contracts/operations.h"
#include "contracts/rulebook.h"
#include "ledger/transaction.h"
#include "tally/app.h"
#include "tally/node_client.h"

namespace tally::cli {

// Digests of texts and files that stay in the office, under tags of their own.
Digest digest_of_reason(std::string_view text);
Digest digest_of_evidence(std::string_view bytes);

// Options of commands that make transactions.
struct MakeOptions {
  std::uint64_t valid_for_ms = 86'400'000;
  std::string client_id;  // empty: random
};
void add_make_options(Command& command, MakeOptions& options);

// Options of commands that send them.
struct SendOptions {
  std::vector<std::string> cosign;  // key files
  std::string cosign_passphrase_file;
  // What to say where no passphrase can be asked for.
  std::string cosign_passphrase_hint = "--cosign-passphrase-file FILE or TALLY_COSIGN_PASSPHRASE_FILE";
  bool no_wait = false;
  std::uint64_t timeout_ms = 30'000;
};
void add_cosign_options(Command& command, SendOptions& options);
void add_wait_options(Command& command, SendOptions& options);

struct Draft {
  std::vector<contracts::Operation> operations;
  ledger::Mode mode = ledger::Mode::all_or_nothing;
  std::vector<std::string> labels;  // of the operations, for messages
  // What the operations made up (a handle, a person's id): said before sending, and part of the result.
  std::vector<std::pair<std::string, std::string>> made = {};
};

// A signed (or still unsigned) transaction with the labels of its operations.
struct Prepared {
  ledger::SignedTransaction transaction;
  std::vector<std::string> labels;
  std::vector<std::pair<std::string, std::string>> made = {};

  [[nodiscard]] std::string id() const { return ledger::id_of(transaction.body).hex(); }
};

// Unsigned; `author` is to sign first.
Outcome<Prepared> make_transaction(const Draft& draft, const PublicKey& author, const ChainId& chain,
                                   TimestampMs valid_until, const std::string& client_id);
// Adds the signatures of --cosign; endorsers then need not endorse each case.
Outcome<void> cosign_all(Context& context, std::vector<Prepared>& prepared, const SendOptions& options);

// A transaction of the largest size, shown with all its operations.
inline constexpr std::size_t kTransactionDocumentBytesMax = 64 * limits::kMiB;
// The transaction as a JSON document, in a new file or, if `out` is empty, on standard output.
Outcome<void> emit_transaction(Context& context, const ledger::SignedTransaction& transaction, const std::string& out);
// "-" reads standard input. Signatures are not checked.
Outcome<ledger::SignedTransaction> read_transaction_file(Context& context, const std::string& path);

// Names each transaction before it is sent, sends all, waits until they are settled unless told not to, prints the
// receipts and fails if anything was refused. `rulebook` (may be null) gives amounts their decimals.
Outcome<void> send_and_wait(Context& context, NodeClient& client, const std::vector<Prepared>& prepared,
                            const contracts::RulebookPtr& rulebook, const SendOptions& options);

// Makes, signs, sends and waits: the whole of a `submit` command. A client id allows one draft only.
Outcome<void> submit(Context& context, NodeClient& client, const std::vector<Draft>& drafts,
                     const contracts::RulebookPtr& rulebook, const MakeOptions& make, const SendOptions& options);

// Asks until the transaction is settled or `timeout_ms` is over; the last answer.
Outcome<Json> wait_for(Context& context, NodeClient& client, const std::string& id, std::uint64_t timeout_ms);

// The rulebook in force, compiled.
Outcome<contracts::RulebookPtr> fetch_rulebook(NodeClient& client, const std::string& id);

}  // namespace tally::cli
