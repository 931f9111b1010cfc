// Proof files from a node, and checking them without one.
#include <fstream>

#include "common/limits.h"
#include "contracts/genesis_json.h"
#include "slip/reading.h"
#include "tally/block_source.h"
#include "tally/chain_source.h"
#include "tally/commands.h"
#include "tally/fields.h"
#include "tally/files.h"
#include "tally/node_client.h"
#include "tally/proof_view.h"
#include "tally/query_views.h"

namespace tally::cli {

namespace {

struct ProveOptions {
  std::string transaction;
  std::string rulebook;
  std::string subject;
  std::string gate;
  std::string book;
  std::string from;
  std::string last;
  std::string out;
  std::string genesis;
};

// The genesis that the node serves: what it serves is checked with it here, and by whoever reads the file with theirs.
Outcome<ledger::Genesis> genesis_of(Context& context, NodeClient& client, const std::string& file) {
  if (!file.empty()) return read_genesis(context, file);
  auto source = ChainSource::open(client);
  if (!source) return source.error();
  return source->genesis();
}

// Rulebooks that the genesis lacks, as the node serves them: matched by digest, so a lie changes nothing.
void add_text(NodeClient& client, const std::string& rulebook, contracts::RulebookTexts& texts) {
  if (rulebook.empty()) return;
  const auto answer = client.get_raw("/v1/rulebooks/" + url_encoded(rulebook), Access::open);
  if (answer) (void)texts.add(answer->body);
}

Outcome<void> prove(Context& context, const ProveOptions& options, const std::string& target) {
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  auto genesis = genesis_of(context, *client, options.genesis);
  if (!genesis) return genesis.error();
  auto answer = client->get_raw(target, options.transaction.empty() ? Access::personal : Access::open);
  if (!answer) return answer.error();
  contracts::RulebookTexts texts(*genesis);
  add_text(*client, options.rulebook, texts);
  auto checked = check_proof(as_bytes(answer->body), *genesis, texts);
  if (!checked) return Failure(checked.error()).during("the node's proof does not hold");
  if (auto written = write_new_file(options.out, answer->body, Privacy::shared); !written) return written.error();
  Report report = report_of(*checked, *genesis, answer->body.size());
  report.json["file"] = options.out;
  context.emit(report);
  context.note("next: tally verify " + options.out + " --genesis genesis.json");
  return {};
}

std::string account_target(const char* kind, const ProveOptions& options) {
  return std::string("/v1/proofs/") + kind + "/" + url_encoded(options.rulebook) + "/" + url_encoded(options.subject);
}

Outcome<void> prove_transaction(Context& context, const ProveOptions& options) {
  auto id = fixed_field<TransactionId>("ID", options.transaction);
  if (!id) return id.error();
  return prove(context, options, "/v1/proofs/transaction/" + id->hex());
}

Outcome<void> prove_account(Context& context, const ProveOptions& options) {
  return prove(context, options, account_target("account", options) + query_text({{"book", options.book}}));
}

Outcome<void> prove_history(Context& context, const ProveOptions& options) {
  if (!options.from.empty() && !options.last.empty())
    return usage_failure("--last", "stands beside --from", "one of them");
  return prove(context, options,
               account_target("history", options) +
                   query_text({{"book", options.book}, {"from", options.from}, {"last", options.last}}));
}

Outcome<void> prove_gate(Context& context, const ProveOptions& options) {
  return prove(
      context, options,
      account_target("gate", options) + "/" + url_encoded(options.gate) + query_text({{"book", options.book}}));
}

struct VerifyOptions {
  std::string file;
  std::string genesis;
  std::vector<std::string> rulebooks;
  std::string subject;
  std::string transaction;
};

Outcome<void> check_about(const VerifyOptions& options, const CheckedProof& proof) {
  const auto other = [&](const std::string& option, const std::string& wanted) {
    return Failure(ExitCode::verification_failed,
                   make_error(ErrorCode::invalid_field, option,
                              "is " + wanted + ", but the file proves " + subject_line(proof), "a proof of that one"));
  };
  if (!options.subject.empty()) {
    auto subject = fixed_field<SubjectHandle>("--subject", options.subject);
    if (!subject) return subject.error();
    if (!proof.story || proof.story->account.subject != *subject) return other("--subject", options.subject);
  }
  if (!options.transaction.empty()) {
    auto id = fixed_field<TransactionId>("--transaction", options.transaction);
    if (!id) return id.error();
    const auto* content = std::get_if<ledger::ReceiptContent>(&proof.document.content);
    if (content == nullptr || content->receipt.transaction != *id) return other("--transaction", options.transaction);
  }
  return {};
}

Outcome<void> verify(Context& context, const VerifyOptions& options) {
  auto genesis = read_genesis(context, options.genesis);
  if (!genesis) return genesis.error();
  contracts::RulebookTexts texts(*genesis);
  for (const auto& file : options.rulebooks) {
    auto document = read_input(file, limits::kRulebookBytesMax, context.world());
    if (!document) return document.error();
    if (auto added = texts.add(*document); !added) return Failure(Error(added.error()).within(file));
  }
  auto bytes = proof_bytes_of(context, options.file);
  if (!bytes) return bytes.error();
  auto checked = check_proof(as_bytes(*bytes), *genesis, texts);
  if (!checked) {
    Failure failure = checked.error();
    if (failure.exit == ExitCode::verification_failed)
      return std::move(failure)
          .during(options.file + " proves nothing")
          .then("ask whoever gave it to you for another one, or make one with tally prove");
    return failure;
  }
  if (auto about = check_about(options, *checked); !about) return about.error();
  Report report = report_of(*checked, *genesis, bytes->size());
  report.json["file"] = options.file;
  context.emit(report);
  return {};
}

}  // namespace

Outcome<std::string> proof_bytes_of(Context& context, const std::string& file) {
  constexpr std::size_t kHeadBytes = 64 * limits::kKiB;
  if (file != "-") {
    std::ifstream in(file, std::ios::binary);
    std::string head(kHeadBytes, '\0');
    in.read(head.data(), static_cast<std::streamsize>(head.size()));
    head.resize(static_cast<std::size_t>(in.gcount()));
    if (slip::form_of(head) == slip::SlipForm::picture) {
      auto bytes = slip::proof_in_picture(file);
      if (!bytes) return Failure(ExitCode::bad_input, bytes.error());
      return std::string(as_text(*bytes));
    }
  }
  auto text = read_input(file, ledger::kProofFileBytesMax, context.world());
  if (!text || slip::form_of(*text) != slip::SlipForm::text) return text;
  auto bytes = slip::proof_in_text(*text);
  if (!bytes) return Failure(ExitCode::bad_input, bytes.error());
  return std::string(as_text(*bytes));
}

void register_prove(Program& program) {
  auto options = std::make_shared<ProveOptions>();
  Command group = program.root().group("prove", "Write a proof that anybody can check without a node");
  const auto common = [options](Command command) {
    command.text("--out", "FILE", options->out, "A new file for the proof", Need::required)
        .text("--genesis", "FILE", options->genesis, "Check the node's proof with this genesis, not with its own");
  };
  const auto of_account = [&](const std::string& name, const std::string& summary, const std::string& example,
                              auto action) {
    Command command = group.command(name, summary, {example},
                                    [options, action](Context& context) { return action(context, *options); });
    command.argument("RULEBOOK", options->rulebook, "Rulebook")
        .argument("SUBJECT", options->subject, "Handle of the subject, 32 digits");
    return command;
  };
  Command transaction = group.command("transaction", "What became of a transaction, with its signatures",
                                      {"tally prove transaction 93c1...0e --out award.proof"},
                                      [options](Context& context) { return prove_transaction(context, *options); });
  transaction.argument("ID", options->transaction, "The transaction's id, 64 digits");
  common(transaction);
  Command account = of_account("account", "A score as of the last final block",
                               "tally prove account qingzhen 4f0c...e1 --out score.proof", prove_account);
  account.text("--book", "CODE", options->book, "Book; without it the main one of the subject's kind");
  common(account);
  Command history = of_account("history", "A score with the entries that led to it",
                               "tally prove history qingzhen 4f0c...e1 --last 20 --out book.proof", prove_history);
  history.text("--book", "CODE", options->book, "Book; without it the main one of the subject's kind")
      .text("--last", "N", options->last, "So many entries; without it and --from: 10")
      .text("--from", "N", options->from, "All entries from this number on");
  common(history);
  Command gate = of_account("gate", "A gate's decision, which whoever checks it works out again",
                            "tally prove gate qingzhen 4f0c...e1 loan --out loan.proof", prove_gate);
  gate.argument("GATE", options->gate, "Gate of the book")
      .text("--book", "CODE", options->book, "Book; without it the main one of the subject's kind");
  common(gate);
}

void register_verify(Program& program) {
  auto options = std::make_shared<VerifyOptions>();
  Command command = program.root().command(
      "verify", "Check a proof file or a slip with nothing but the genesis",
      {"tally verify score.proof --genesis genesis.json", "tally verify photo.jpg --genesis genesis.json",
       "tally verify loan.proof --genesis genesis.json --rulebook rulebook-2.json --json"},
      [options](Context& context) { return verify(context, *options); });
  command.argument("FILE", options->file, "The proof: a file, a slip's text, or a picture of a slip (PNG or JPEG)")
      .text("--genesis", "FILE", options->genesis, "The genesis document, which you have from somebody you trust",
            Need::required)
      .texts("--rulebook", "FILE", options->rulebooks,
             "The text of a later version of a rulebook; counts only if the proof names its digest")
      .text("--subject", "HANDLE", options->subject, "Refuse a proof about anybody else")
      .text("--transaction", "ID", options->transaction, "Refuse a proof about another transaction");
}

}  // namespace tally::cli
