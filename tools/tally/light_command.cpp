// tally light: headers, certificates and a random sample, in place of executing everything again.
#include <fstream>

#include "common/limits.h"
#include "contracts/engine.h"
#include "contracts/history_terms.h"
#include "crypto/digest.h"
#include "ledger/chain_file.h"
#include "ledger/light_audit.h"
#include "ledger/proof_file.h"
#include "tally/block_source.h"
#include "tally/chain_source.h"
#include "tally/commands.h"
#include "tally/fields.h"
#include "tally/files.h"

namespace tally::cli {

namespace {

struct LightCommand {
  std::string file;
  std::string genesis;
  std::string chain_id;
  std::string epochs;
  std::string seed;
  std::uint64_t samples = 100;
};

Failure unreadable(const std::string& what, const Error& error) {
  return Failure(ExitCode::verification_failed, Error(error).within(what));
}

Outcome<std::vector<ledger::EpochLink>> epochs_of(ByteView bytes, const std::string& what) {
  auto links = decode<std::vector<ledger::EpochLink>>(bytes);
  if (!links) return unreadable(what, links.error());
  return std::move(links).value();
}

Outcome<ledger::LightVerdict> check_file(const LightCommand& command, const ledger::LightOptions& options) {
  std::ifstream in(command.file, std::ios::binary);
  if (!in)
    return Failure(make_error(ErrorCode::io_failed, command.file, "is absent or cannot be read", "a chain file"))
        .then("tally export --file FILE writes one from a node");
  std::vector<ledger::EpochLink> epochs;
  if (!command.epochs.empty()) {
    const auto bytes = read_text_file(command.epochs, limits::kGenesisBytesMax);
    if (!bytes) return Failure(bytes.error());
    auto links = epochs_of(as_bytes(*bytes), command.epochs);
    if (!links) return links.error();
    epochs = *std::move(links);
  }
  auto reader = ledger::ChainFileReader::open(in);
  if (!reader) return unreadable(command.file, reader.error());
  contracts::RuleEngine engine;
  ledger::LightAuditor auditor(reader->genesis(), engine, std::move(epochs), options);
  for (BlockHeight height{1};; height = height.next()) {
    auto block = reader->next();
    if (!block) return auditor.finish_broken(height, block.error());
    if (!*block || !auditor.feed(**block)) return auditor.finish();
  }
}

// All headers of the node, from block 1 on. What the node tells badly is the verdict's to name.
Outcome<void> feed_headers(NodeClient& client, ledger::LightAuditor& auditor) {
  for (std::uint64_t from = 1; !auditor.failed();) {
    auto answer = client.get_raw("/v1/headers?from=" + std::to_string(from), Access::open);
    if (!answer) return answer.error();
    const auto headers = decode<std::vector<ledger::CertifiedHeader>>(as_bytes(answer->body));
    if (!headers) {
      auditor.fail(BlockHeight{from}, Error(headers.error()).within("headers"));
      return {};
    }
    if (headers->empty()) return {};
    for (const auto& header : *headers)
      if (!auditor.feed(header)) return {};
    from += headers->size();
  }
  return {};
}

// That the node's proof of a transaction is of this transaction in this block, and holds.
Status check_receipt(const std::string& file, const ledger::Genesis& genesis, const ledger::BlockHeader& header,
                     const TransactionId& id) {
  const auto document = ledger::decode_proof_file(as_bytes(file));
  if (!document) return document.error();
  if (document->header != header)
    return make_error(ErrorCode::root_mismatch, "header", "is " + ledger::digest_of(document->header).hex(),
                      ledger::digest_of(header).hex() + ", as certified");
  const auto* content = std::get_if<ledger::ReceiptContent>(&document->content);
  if (content == nullptr || content->receipt.transaction != id)
    return make_error(ErrorCode::invalid_field, "content", "is not the receipt of the transaction asked for", id.hex());
  const auto verified = ledger::verify_proof(*document, genesis, contracts::history_of);
  if (!verified) return verified.error();
  return {};
}

// What a node fails to hand over although it holds the block is a finding; that it cannot be asked is none.
bool breaks_off(const Failure& failure) {
  return failure.exit == ExitCode::unreachable || failure.exit == ExitCode::unauthorised;
}

Error not_served(const std::string& what, const Failure& failure) {
  return make_error(failure.code, what, "is not served: " + failure.what, "what the certified header names");
}

Outcome<void> fetch_sample(NodeClient& client, const ledger::Genesis& genesis, const ledger::BlockHeader& header,
                           ledger::LightAuditor& auditor) {
  auto answer = client.get_raw("/v1/chain?from=" + std::to_string(header.height.value), Access::personal);
  if (!answer) {
    if (breaks_off(answer.error())) return answer.error();
    auditor.fail(header.height, not_served("batch", answer.error()));
    return {};
  }
  const auto blocks = blocks_of_answer(answer->body);
  if (!blocks || blocks->empty()) {
    auditor.fail(header.height, blocks ? make_error(ErrorCode::not_found, "batch", "is not served") : blocks.error());
    return {};
  }
  const auto picked = auditor.sample(header, blocks->front());
  if (!picked) {
    auditor.fail(header.height, picked.error());
    return {};
  }
  if (!*picked) return {};
  const TransactionId id = ledger::id_of((**picked).body);
  auto proof = client.get_raw("/v1/proofs/transaction/" + id.hex(), Access::open);
  if (!proof) {
    if (breaks_off(proof.error())) return proof.error();
    auditor.fail(header.height, not_served("receipt", proof.error()));
  } else if (auto holds = check_receipt(proof->body, genesis, header, id); !holds) {
    auditor.fail(header.height, Error(holds.error()).within("receipt"));
  } else {
    auditor.receipt_proven();
  }
  return {};
}

Outcome<ledger::LightVerdict> check_node(Context& context, const ledger::LightOptions& options) {
  auto client = NodeClient::connect(context);
  if (!client) return client.error();
  auto source = ChainSource::open(*client);
  if (!source) return source.error();
  auto links = client->get_raw("/v1/epochs", Access::open);
  if (!links) return links.error();
  auto epochs = epochs_of(as_bytes(links->body), "/v1/epochs");
  if (!epochs) return epochs.error();
  contracts::RuleEngine engine;
  ledger::LightAuditor auditor(source->genesis(), engine, *std::move(epochs), options);
  if (auto fed = feed_headers(*client, auditor); !fed) return fed.error();
  const auto wanted = auditor.wanted();
  for (const auto& header : wanted) {
    if (auditor.failed()) break;
    if (auto done = fetch_sample(*client, source->genesis(), header, auditor); !done) return done.error();
  }
  return auditor.finish();
}

std::string not_checked(const ledger::LightVerdict& verdict, bool from_file) {
  std::string out = "that executing the batches gives the roots of state and receipts";
  if (from_file) {
    out += "; receipts; the signatures of " + std::to_string(verdict.transactions - verdict.sampled_transactions) +
           " of " + std::to_string(verdict.transactions) + " transactions";
  } else {
    out += "; the batches of " + std::to_string(verdict.blocks - verdict.batches) + " of " +
           std::to_string(verdict.blocks) + " blocks; in the others all but one transaction each";
  }
  return out;
}

Report report_of(const ledger::LightVerdict& verdict, const std::string& source, std::uint64_t seed, bool from_file) {
  Report report;
  report.json = to_json(verdict);
  report.json["source"] = source;
  report.json["seed"] = std::to_string(seed);
  report.json["not_checked"] = not_checked(verdict, from_file);
  Facts facts;
  facts.add("source", source)
      .add("network", verdict.name)
      .add("chain", verdict.chain.is_zero() ? "not known: the genesis cannot be read" : verdict.chain.hex())
      .add("headers", std::to_string(verdict.blocks))
      .add("certificates", std::to_string(verdict.certificates) + ", with " +
                               std::to_string(verdict.validator_signatures) + " validator signatures")
      .add("batches", std::to_string(verdict.batches) + " compared with their headers")
      .add("sample", std::to_string(verdict.sampled_transactions) + " transactions with " +
                         std::to_string(verdict.client_signatures) + " client signatures, " +
                         std::to_string(verdict.receipts) + " receipts proven")
      .add("seed", std::to_string(seed))
      .add("NOT checked", not_checked(verdict, from_file));
  if (verdict.failure) {
    facts.add("first bad block", std::to_string(verdict.failure->height.value))
        .add("what", verdict.failure->what)
        .add("expected", verdict.failure->expected)
        .add("found", verdict.failure->found);
  }
  facts.add("verdict", (verdict.passed ? "nothing wrong was found; " : "THE CHAIN DOES NOT HOLD; ") +
                           ("certified until height " + std::to_string(verdict.verified_until.value)));
  report.sections.push_back({"", facts.table()});
  return report;
}

Outcome<std::uint64_t> seed_of(const std::string& text) {
  if (!text.empty()) return number_field("--seed", text);
  std::uint64_t seed = 0;
  crypto::fill_random(std::span(reinterpret_cast<Byte*>(&seed), sizeof seed));
  return seed;
}

Outcome<void> light(Context& context, const LightCommand& command) {
  const bool from_file = !command.file.empty();
  if (!from_file && !command.epochs.empty())
    return usage_failure("--epochs", "is given without --file", "--file FILE --epochs FILE; a node is asked itself");
  auto expected = expected_chain(context, command.genesis, command.chain_id);
  if (!expected) return expected.error();
  if (!*expected) context.warn("neither --genesis nor --chain-id: the source itself says which chain it is");
  const auto seed = seed_of(command.seed);
  if (!seed) return seed.error();
  const ledger::LightOptions options{*expected, command.samples, *seed};
  auto verdict = from_file ? check_file(command, options) : check_node(context, options);
  if (!verdict) return verdict.error();
  context.emit(report_of(*verdict, from_file ? command.file : context.settings().value("node"), *seed, from_file));
  if (verdict->passed) return {};
  const auto& failure = *verdict->failure;
  Failure out(ExitCode::verification_failed, make_error(failure.code, "", "the chain does not hold", failure.expected));
  out.why = "block " + std::to_string(failure.height.value) + ", " + failure.what + ": " + failure.found;
  out.next = from_file && failure.what == "epoch"
                 ? "a chain file does not hold the validators of later epochs: save GET /v1/epochs of a node, which is "
                   "checked as well, and give it as --epochs FILE; or audit in full"
                 : "keep the source as evidence and compare it with another node's";
  return out;
}

}  // namespace

void register_light(Program& program) {
  auto command = std::make_shared<LightCommand>();
  program.root()
      .command("light", "Check headers, certificates and a random sample; execute nothing",
               {"tally light --node http://10.0.0.1:8080 --genesis genesis.json --samples 30 --key auditor.json",
                "tally light --file chain.tally --genesis genesis.json"},
               [command](Context& context) { return light(context, *command); })
      .text("--file", "FILE", command->file, "A chain file; without it: the chain of --node")
      .text("--genesis", "FILE", command->genesis, "The genesis document that this chain must start from")
      .text("--chain-id", "HEX", command->chain_id, "The chain id that this chain must have")
      .text("--epochs", "FILE", command->epochs, "With --file: a saved answer of GET /v1/epochs, if validators changed")
      .number("--samples", "N", command->samples, 0, ledger::kSamplesMax, "Transactions to look at")
      .text("--seed", "NUMBER", command->seed, "Of the sample; without it one that nobody could know before");
}

}  // namespace tally::cli
