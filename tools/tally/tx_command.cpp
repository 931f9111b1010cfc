#include "common/limits.h"
#include "contracts/transaction_json.h"
#include "crypto/digest.h"
#include "tally/commands.h"
#include "tally/fields.h"
#include "tally/files.h"
#include "tally/genesis_document.h"
#include "tally/secrets.h"
#include "tally/transactions.h"

namespace tally::cli {

namespace {

struct TxOptions {
  std::string operations;
  std::string author;
  std::string valid_until;
  std::string mode = "all_or_nothing";
  std::string out;
  std::vector<std::string> files;
  std::string file;
  MakeOptions make;
  SendOptions send;
};

Outcome<std::vector<contracts::Operation>> read_operations(Context& context, const std::string& path) {
  auto text = read_input(path, kTransactionDocumentBytesMax, context.world());
  if (!text) return text.error();
  auto json = parse_json(*text);
  if (!json) return Failure(ExitCode::bad_input, Error(json.error()).within(path));
  if (!json->is_array() || json->empty() || json->size() > limits::kTransactionOperationsMax)
    return input_failure(path, "is not a list of operations",
                         "a JSON array of 1 to " + std::to_string(limits::kTransactionOperationsMax) +
                             " operations such as {\"type\": \"endorse\", \"case_number\": \"7\"}");
  std::vector<contracts::Operation> out;
  std::vector<std::string> mistakes;
  for (std::size_t i = 0; i < json->size(); ++i) {
    auto operation = contracts::operation_from_json((*json)[i]);
    if (operation)
      out.push_back(std::move(*operation));
    else
      mistakes.push_back(path + ": " + Error(operation.error()).within("[" + std::to_string(i) + "]").text());
  }
  if (mistakes.empty()) return out;
  Failure failure = input_failure("", path + " has " + std::to_string(mistakes.size()) + " mistakes");
  failure.details = std::move(mistakes);
  return failure;
}

// Without a node: the chain id and the end of validity are given.
Outcome<std::pair<ChainId, TimestampMs>> chain_and_validity(Context& context, const TxOptions& options) {
  const std::string& chain_text = context.settings().value("chain");
  std::optional<TimestampMs> until;
  if (!options.valid_until.empty()) {
    auto time = time_field("--valid-until", options.valid_until);
    if (!time) return time.error();
    until = *time;
  }
  if (!chain_text.empty() && until) {
    auto chain = fixed_field<ChainId>("--chain", chain_text);
    if (!chain) return chain.error();
    return std::pair(*chain, *until);
  }
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  auto status = client->status();
  if (!status) return Failure(status.error()).then("without a node: give --chain HEX and --valid-until TIME");
  return std::pair(status->chain,
                   until.value_or(status->block_time(context.world().now()).plus(options.make.valid_for_ms)));
}

Outcome<void> make(Context& context, const TxOptions& options) {
  auto mode = enum_field<ledger::Mode>("--mode", options.mode);
  if (!mode) return mode.error();
  auto author = public_key_of(options.author, "--author");
  if (!author) return author.error();
  auto operations = read_operations(context, options.operations);
  if (!operations) return operations.error();
  auto where = chain_and_validity(context, options);
  if (!where) return where.error();
  auto made = make_transaction({*operations, *mode, {}}, *author, where->first, where->second, options.make.client_id);
  if (!made) return made.error();
  return emit_transaction(context, made->transaction, options.out);
}

Outcome<void> show(Context& context, const TxOptions& options) {
  auto transaction = read_transaction_file(context, options.file);
  if (!transaction) return transaction.error();
  const auto& body = transaction->body;
  const TransactionId id = ledger::id_of(body);
  const auto good = ledger::check_signatures(*transaction, id);
  Report report;
  report.json = contracts::transaction_json(*transaction);
  report.sections.push_back({"", Facts()
                                     .add("transaction", id.hex())
                                     .add("chain", body.chain.hex())
                                     .add("author", body.author.hex())
                                     .add("client id", body.client_id.hex())
                                     .add("valid until", format_time(body.valid_until))
                                     .add("mode", to_json(body.mode).get<std::string>())
                                     .table()});
  Table operations{{{"#", Align::right}, {"operation"}}, {}};
  for (std::size_t i = 0; i < body.operations.size(); ++i) {
    const auto operation = contracts::decode_operation(body.operations[i]);
    operations.rows.push_back(
        {std::to_string(i), operation ? in_words(*operation) : "unknown: " + operation.error().text()});
  }
  report.sections.push_back({"", std::move(operations)});
  Table signatures{{{"signed by"}, {""}}, {}};
  for (const auto& signature : transaction->signatures)
    signatures.rows.push_back({signature.key.hex(), signature.key == body.author ? "author" : "further signer"});
  report.sections.push_back({"", std::move(signatures)});
  report.csv = 1;
  context.emit(report);
  if (good) return {};
  return Failure(ExitCode::verification_failed, good.error());
}

Outcome<void> sign(Context& context, const TxOptions& options) {
  auto transaction = read_transaction_file(context, options.file);
  if (!transaction) return transaction.error();
  auto key = signing_key(context, "signing");
  if (!key) return key.error();
  const std::string& chain = context.settings().value("chain");
  if (!chain.empty() && chain != transaction->body.chain.hex())
    return Failure(ExitCode::rejected, make_error(ErrorCode::wrong_chain, options.file + ": body.chain",
                                                  "is " + transaction->body.chain.hex(), "chain " + chain));
  for (const auto& signature : transaction->signatures) {
    if (signature.key == key->public_key())
      return usage_failure("--key", "has signed this transaction already", "the key of another signer");
  }
  ledger::add_signature(*transaction, *key);
  return emit_transaction(context, *transaction, options.out);
}

// The rulebook that all operations are about, for the decimals of points; null if there is none or several.
contracts::RulebookPtr rulebook_of(NodeClient& client, const std::vector<Prepared>& prepared) {
  std::string id;
  for (const auto& one : prepared) {
    for (const auto& bytes : one.transaction.body.operations) {
      const auto operation = contracts::decode_operation(bytes);
      const std::string named = !operation ? ""
                                           : std::visit(
                                                 [](const auto& item) -> std::string {
                                                   if constexpr (requires { item.rulebook; }) return item.rulebook;
                                                   return {};
                                                 },
                                                 *operation);
      if (named.empty()) continue;
      if (!id.empty() && id != named) return nullptr;
      id = named;
    }
  }
  if (id.empty()) return nullptr;
  auto rulebook = fetch_rulebook(client, id);
  return rulebook ? *rulebook : nullptr;
}

Outcome<void> submit_files(Context& context, const TxOptions& options) {
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  auto status = client->status();
  if (!status) return status.error();
  std::vector<Prepared> prepared;
  for (const auto& path : options.files) {
    auto transaction = read_transaction_file(context, path);
    if (!transaction) return transaction.error();
    const auto id = ledger::id_of(transaction->body);
    if (auto form = ledger::check_form(*transaction, status->chain, encode(*transaction).size()); !form)
      return Failure(form.error()).during(path + " was not sent");
    if (auto good = ledger::check_signatures(*transaction, id); !good)
      return Failure(ExitCode::verification_failed, good.error()).during(path + " was not sent");
    prepared.push_back({std::move(*transaction), {}});
  }
  return send_and_wait(context, *client, prepared, rulebook_of(*client, prepared), options.send);
}

}  // namespace

void register_tx(Program& program) {
  auto options = std::make_shared<TxOptions>();
  Command group =
      program.root().group("tx", "Transactions in steps, so that keys can stay on a machine without network");
  Command making = group.command(
      "make", "Make an unsigned transaction from a list of operations",
      {"tally tx make operations.json --author officer.json --out tx.json",
       "tally tx make operations.json --author 5c1f...aa --chain 77d0...12 --valid-until 2026-04-01 --out tx.json"},
      [options](Context& context) { return make(context, *options); });
  making.argument("FILE", options->operations, "JSON array of operations; - reads standard input")
      .text("--author", "KEY", options->author, "Public key of the author, in hex or as a key file", Need::required)
      .text("--valid-until", "TIME", options->valid_until, "End of validity; with --chain no node is asked")
      .choice("--mode", options->mode, names_of<ledger::Mode>(), "Whether each operation stands for itself")
      .text("--out", "FILE", options->out, "A new file; without it: standard output");
  add_make_options(making, options->make);
  group
      .command("sign", "Add the signature of --key; the network is not used",
               {"tally tx sign tx.json --key officer.json --out signed.json",
                "tally tx sign signed.json --key endorser.json --out both.json"},
               [options](Context& context) { return sign(context, *options); })
      .argument("FILE", options->file, "The transaction; - reads standard input")
      .text("--out", "FILE", options->out, "A new file; without it: standard output");
  group
      .command("show", "Tell in words what a transaction says and who signed it", {"tally tx show signed.json"},
               [options](Context& context) { return show(context, *options); })
      .argument("FILE", options->file, "The transaction; - reads standard input");
  Command sending = group.command("submit", "Send signed transactions and wait until they are final",
                                  {"tally tx submit signed.json --node http://10.0.0.1:8080"},
                                  [options](Context& context) { return submit_files(context, *options); });
  sending.arguments("FILE", options->files, "Signed transactions");
  add_wait_options(sending, options->send);
}

}  // namespace tally::cli
