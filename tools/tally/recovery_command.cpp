// tally recovery: what operators do after a halt (consensus rule 6), on the data directory of their stopped node.
#include "node/halt_recovery.h"
#include "tally/commands.h"
#include "tally/files.h"

namespace tally::cli {

namespace {

using consensus::EpochRecovery;

constexpr std::string_view kFormat = "tally.recovery.v1";
constexpr std::size_t kDocumentBytesMax = limits::kMiB;

struct RecoveryOptions {
  std::string file;
  std::string out;
  std::string node;  // its settings
};

Outcome<node::NodeSetup> setup_of(const RecoveryOptions& options) {
  auto config = node::read_config(options.node);
  if (!config) return Failure(config.error()).during("the node's settings cannot be used");
  auto setup = node::load_setup(std::move(config).value());
  if (!setup) return Failure(setup.error()).during("the node's files cannot be used");
  return std::move(setup).value();
}

struct Document {
  ChainId chain;
  EpochRecovery recovery;
};

Json json_of(const Document& document) {
  Json out = {{"format", kFormat}, {"chain", document.chain.hex()}};
  out["recovery"] = to_json(document.recovery);
  return out;
}

Result<Document> parse(const std::string& text) {
  auto json = parse_json(text);
  if (!json) return json.error();
  if (!json->is_object() || json->value("format", "") != kFormat)
    return make_error(ErrorCode::invalid_field, "format", "is not that of a recovery document", std::string(kFormat));
  if (!json->contains("chain") || !json->contains("recovery") || json->size() != 3)
    return make_error(ErrorCode::invalid_field, "", "has other fields", "format, chain and recovery");
  auto chain = from_json<ChainId>((*json)["chain"]);
  if (!chain) return Error(chain.error()).within("chain");
  auto recovery = from_json<EpochRecovery>((*json)["recovery"]);
  if (!recovery) return Error(recovery.error()).within("recovery");
  return Document{*chain, std::move(recovery).value()};
}

Outcome<Document> read_document(const Context& context, const std::string& file) {
  auto text = read_input(file, kDocumentBytesMax, context.world());
  if (!text) return text.error();
  auto document = parse(*text);
  if (!document) return Failure(document.error()).during(file + " is no recovery document");
  return std::move(document).value();
}

Outcome<Document> read_for(const Context& context, const RecoveryOptions& options, const node::NodeSetup& setup) {
  auto document = read_document(context, options.file);
  if (!document) return document.error();
  const ChainId chain = ledger::chain_id(setup.genesis);
  if (document->chain != chain)
    return Failure(make_error(ErrorCode::wrong_chain, "chain", "is " + document->chain.hex(), chain.hex()))
        .during(options.file + " is for another chain");
  return document;
}

Report report_of(const Document& document) {
  const auto& [statement, certificate, halt, signatures] = document.recovery;
  Report report;
  report.json = json_of(document);
  std::string signers;
  for (const auto& signature : signatures)
    signers += (signers.empty() ? "" : ", ") + std::to_string(signature.replica.value);
  Facts facts;
  facts.add("chain", document.chain.hex())
      .add("epoch that ends", std::to_string(statement.ended.value))
      .add("after block", std::to_string(statement.height.value))
      .add("with header", statement.header.hex())
      .add("signed by replicas", signers.empty() ? "none yet" : signers);
  report.sections.push_back({"", facts.table()});
  Table votes{{{"replica", Align::right}, {"block", Align::right}, {"header"}}, {}};
  for (const auto& vote : halt)
    votes.rows.push_back(
        {std::to_string(vote.replica.value), std::to_string(vote.vote.height.value), vote.vote.header.hex()});
  report.sections.push_back({"what the replicas computed above it", std::move(votes)});
  return report;
}

Outcome<void> write_document(Context& context, const std::string& file, const Document& document) {
  if (auto written = write_new_file(file, json_of(document).dump(2) + "\n", Privacy::shared); !written)
    return written.error();
  context.emit(report_of(document));
  return {};
}

Outcome<void> draft(Context& context, const RecoveryOptions& options) {
  auto setup = setup_of(options);
  if (!setup) return setup.error();
  auto recovery = node::draft_recovery(*setup);
  if (!recovery) return Failure(recovery.error()).during("no recovery can be drafted");
  auto written = write_document(context, options.file, {ledger::chain_id(setup->genesis), std::move(*recovery)});
  if (written) context.note("Next: find out why the headers differ, agree with the other operators, then sign.");
  return written;
}

Outcome<void> sign(Context& context, const RecoveryOptions& options) {
  auto setup = setup_of(options);
  if (!setup) return setup.error();
  auto document = read_for(context, options, *setup);
  if (!document) return document.error();
  auto recovery = node::sign_recovery(*setup, std::move(document->recovery));
  if (!recovery) return Failure(recovery.error()).during("the document was not signed");
  return write_document(context, options.out, {document->chain, std::move(*recovery)});
}

Outcome<void> show(Context& context, const RecoveryOptions& options) {
  auto document = read_document(context, options.file);
  if (!document) return document.error();
  context.emit(report_of(*document));
  return {};
}

Outcome<void> apply(Context& context, const RecoveryOptions& options) {
  auto setup = setup_of(options);
  if (!setup) return setup.error();
  auto document = read_for(context, options, *setup);
  if (!document) return document.error();
  const auto progress = [&context](BlockHeight height) {
    if (height.value % 10'000 == 0) context.note("executed again up to block " + std::to_string(height.value));
  };
  auto done = node::apply_recovery(*setup, document->recovery, nullptr, progress);
  if (!done) return Failure(done.error()).during("the recovery was not applied");
  Report report;
  report.json = {{"height", done->height.value},
                 {"epoch", done->epoch.value},
                 {"blocks_undone", done->undone.value},
                 {"kept", done->kept.string()}};
  Facts facts;
  facts.add("goes on after block", std::to_string(done->height.value))
      .add("in epoch", std::to_string(done->epoch.value))
      .add("blocks undone", std::to_string(done->undone.value));
  if (!done->kept.empty()) facts.add("what was there before", done->kept.string());
  report.sections.push_back({"", facts.table()});
  context.emit(report);
  context.note("Next: start tallyd. Transactions that were not final have to be sent again.");
  return {};
}

}  // namespace

void register_recovery(Program& program) {
  auto options = std::make_shared<RecoveryOptions>();
  Command recovery = program.root().group(
      "recovery", "Going on after a halt: no header of a block can gather a quorum; each on a stopped node");
  const std::string node_help = "The node's settings (node.toml)";
  recovery
      .command("draft", "Write the document that ends the halted epoch at its last certified block",
               {"tally recovery draft halt.json --node-config node/node.toml"},
               [options](Context& context) { return draft(context, *options); })
      .argument("FILE", options->file, "Where to write it; an existing file is never replaced")
      .text("--node-config", "FILE", options->node, node_help, Need::required);
  recovery
      .command("sign", "Add this node's signature, after checking the document against what the node holds",
               {"tally recovery sign halt.json --out halt-1.json --node-config node/node.toml"},
               [options](Context& context) { return sign(context, *options); })
      .argument("FILE", options->file, "The document, as the operator before signed it")
      .text("--out", "FILE", options->out, "Where to write it with this signature", Need::required)
      .text("--node-config", "FILE", options->node, node_help, Need::required);
  recovery
      .command("show", "Print what a document says and who signed it",
               {"tally recovery show halt-1.json", "tally recovery show halt-1.json --json"},
               [options](Context& context) { return show(context, *options); })
      .argument("FILE", options->file, "The document");
  recovery
      .command("apply", "Undo the blocks above the last certified one and begin the next epoch",
               {"tally recovery apply halt-3.json --node-config node/node.toml"},
               [options](Context& context) { return apply(context, *options); })
      .argument("FILE", options->file, "The document, signed by a quorum of the members")
      .text("--node-config", "FILE", options->node, node_help, Need::required);
}

}  // namespace tally::cli
