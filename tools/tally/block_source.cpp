#include "tally/block_source.h"

#include <deque>
#include <filesystem>
#include <fstream>

#include "common/limits.h"
#include "contracts/genesis_json.h"
#include "ledger/archive_directory.h"
#include "ledger/block_records.h"
#include "ledger/chain_file.h"
#include "ledger/prune.h"
#include "storage/rocks_store.h"
#include "tally/chain_source.h"
#include "tally/fields.h"
#include "tally/files.h"

namespace tally::cli {

namespace {

// Blocks in order. `total` of 0: not known.
class Blocks {
 public:
  virtual ~Blocks() = default;
  [[nodiscard]] virtual const ledger::Genesis& genesis() const = 0;
  virtual Outcome<std::optional<ledger::CertifiedBlock>> next() = 0;
  [[nodiscard]] virtual std::uint64_t total() const { return 0; }
};

class FileBlocks final : public Blocks {
 public:
  static Outcome<std::unique_ptr<Blocks>> open(const std::string& file) {
    auto in = std::make_unique<std::ifstream>(file, std::ios::binary);
    if (!*in)
      return Failure(make_error(ErrorCode::io_failed, file, "is absent or cannot be read", "a chain file"))
          .then("tally export --file FILE writes one from a node");
    auto reader = ledger::ChainFileReader::open(*in);
    if (!reader) return Failure(ExitCode::verification_failed, Error(reader.error()).within(file));
    return std::unique_ptr<Blocks>(new FileBlocks(std::move(in), *std::move(reader)));
  }
  [[nodiscard]] const ledger::Genesis& genesis() const override { return reader_.genesis(); }
  Outcome<std::optional<ledger::CertifiedBlock>> next() override {
    auto block = reader_.next();
    if (!block) return Failure(ExitCode::verification_failed, block.error());
    return *std::move(block);
  }

 private:
  FileBlocks(std::unique_ptr<std::ifstream> in, ledger::ChainFileReader reader)
      : in_(std::move(in)), reader_(std::move(reader)) {}
  std::unique_ptr<std::ifstream> in_;
  ledger::ChainFileReader reader_;
};

class ArchivedBlocks final : public Blocks {
 public:
  static Outcome<std::unique_ptr<Blocks>> open(const std::string& directory, ledger::Genesis genesis) {
    auto blocks = ledger::ArchiveBlocks::open(directory, ledger::chain_id(genesis));
    if (!blocks) return Failure(ExitCode::verification_failed, blocks.error());
    return std::unique_ptr<Blocks>(new ArchivedBlocks(*std::move(blocks), std::move(genesis)));
  }
  [[nodiscard]] const ledger::Genesis& genesis() const override { return genesis_; }
  Outcome<std::optional<ledger::CertifiedBlock>> next() override {
    auto block = blocks_.next();
    if (!block) return Failure(ExitCode::verification_failed, block.error());
    return *std::move(block);
  }

 private:
  ArchivedBlocks(ledger::ArchiveBlocks blocks, ledger::Genesis genesis)
      : blocks_(std::move(blocks)), genesis_(std::move(genesis)) {}
  ledger::ArchiveBlocks blocks_;
  ledger::Genesis genesis_;
};

class DirectoryBlocks final : public Blocks {
 public:
  static Outcome<std::unique_ptr<Blocks>> open(const std::string& directory, ledger::Genesis genesis) {
    const auto db = std::filesystem::path(directory) / "db";
    std::error_code failed;
    if (!std::filesystem::exists(db / "CURRENT", failed))
      return Failure(make_error(ErrorCode::io_failed, "--data", "there is no store at " + db.string(),
                                "the data directory of a node that has run"));
    auto store = storage::open_rocks_store(db, {});
    if (!store)
      return Failure(Error(store.error()).within("--data")).then("stop the node, or leave --data out and ask it");
    auto certificate = ledger::read_last_certificate(**store);
    if (!certificate) return Failure(certificate.error());
    const std::uint64_t last = *certificate ? (*certificate)->vote.height.value : 0;
    const auto first = ledger::read_first_block(**store);
    if (!first) return Failure(first.error());
    if (first->value > 1)
      return Failure(make_error(ErrorCode::pruned, "--data",
                                "lacks the blocks 1 to " + std::to_string(first->value - 1) +
                                    ": they were pruned, or came before the snapshot that it began with",
                                "every block from 1 to " + std::to_string(last)))
          .then("tally restore puts them back from a chain file; or audit a chain file or another node");
    return std::unique_ptr<Blocks>(new DirectoryBlocks(*std::move(store), std::move(genesis), last));
  }
  [[nodiscard]] const ledger::Genesis& genesis() const override { return genesis_; }
  [[nodiscard]] std::uint64_t total() const override { return last_; }
  // Up to the last that a certificate covers.
  Outcome<std::optional<ledger::CertifiedBlock>> next() override {
    if (height_ == last_) return std::optional<ledger::CertifiedBlock>{};
    auto block = ledger::read_block(*store_, BlockHeight{++height_});
    if (!block) return Failure(block.error());
    if (!*block)
      return Failure(make_error(ErrorCode::broken_chain, "--data", "does not hold block " + std::to_string(height_),
                                "every block from 1 to " + std::to_string(last_)));
    return *std::move(block);
  }

 private:
  DirectoryBlocks(std::unique_ptr<storage::Store> store, ledger::Genesis genesis, std::uint64_t last)
      : store_(std::move(store)), genesis_(std::move(genesis)), last_(last) {}
  std::unique_ptr<storage::Store> store_;
  ledger::Genesis genesis_;
  std::uint64_t last_;
  std::uint64_t height_ = 0;
};

class NodeBlocks final : public Blocks {
 public:
  static Outcome<std::unique_ptr<Blocks>> open(Context& context) {
    auto client = NodeClient::connect(context);
    if (!client) return client.error();
    // The source keeps a pointer to its client.
    auto kept = std::make_unique<NodeClient>(*std::move(client));
    auto source = ChainSource::open(*kept);
    if (!source) return source.error();
    return std::unique_ptr<Blocks>(new NodeBlocks(std::move(kept), *std::move(source)));
  }
  [[nodiscard]] const ledger::Genesis& genesis() const override { return source_.genesis(); }
  [[nodiscard]] std::uint64_t total() const override { return source_.final_height(); }
  Outcome<std::optional<ledger::CertifiedBlock>> next() override { return source_.next(); }

 private:
  NodeBlocks(std::unique_ptr<NodeClient> client, ChainSource source)
      : client_(std::move(client)), source_(std::move(source)) {}
  std::unique_ptr<NodeClient> client_;
  ChainSource source_;
};

Outcome<std::unique_ptr<Blocks>> open_blocks(Context& context, const SourceOptions& options) {
  if (!options.file.empty() && !options.data.empty())
    return usage_failure("--data", "is given beside --file", "one place that the chain lies in");
  if (!options.file.empty() && !is_archive(options.file)) return FileBlocks::open(options.file);
  if (!options.file.empty()) {
    auto genesis = archive_genesis(context, options.file, options.genesis);
    if (!genesis) return genesis.error();
    return ArchivedBlocks::open(options.file, *std::move(genesis));
  }
  if (options.data.empty()) return NodeBlocks::open(context);
  if (options.genesis.empty()) return usage_failure("--genesis", "is missing", "beside --data: the genesis document");
  auto genesis = read_genesis(context, options.genesis);
  if (!genesis) return genesis.error();
  return DirectoryBlocks::open(options.data, *std::move(genesis));
}

}  // namespace

bool is_archive(const std::string& file) {
  std::error_code failed;
  return std::filesystem::is_directory(file, failed);
}

Outcome<ledger::Genesis> archive_genesis(Context& context, const std::string& directory,
                                         const std::string& genesis_file) {
  if (!genesis_file.empty()) return read_genesis(context, genesis_file);
  return read_genesis(context, (std::filesystem::path(directory) / ledger::kArchiveGenesisFile).string());
}

Outcome<ledger::AuditVerdict> audit_archive(Context& context, const std::string& directory,
                                            const std::string& genesis_file, ledger::Executor& executor,
                                            const ledger::AuditOptions& options) {
  auto genesis = archive_genesis(context, directory, genesis_file);
  if (!genesis) return genesis.error();
  ledger::Auditor auditor(*genesis, executor, options);
  auto blocks = ledger::ArchiveBlocks::open(directory, ledger::chain_id(*genesis));
  if (!blocks) return auditor.finish_broken(BlockHeight{1}, blocks.error());
  for (BlockHeight height{1};; height = height.next()) {
    auto block = blocks->next();
    if (!block) return auditor.finish_broken(height, block.error());
    if (!*block || !auditor.feed(std::move(**block))) return auditor.finish();
  }
}

namespace {

Failure does_not_hold(const ledger::AuditVerdict& verdict) {
  const auto& failure = *verdict.failure;
  Failure out(ExitCode::verification_failed, make_error(failure.code, failure.what, failure.found, failure.expected));
  return std::move(out)
      .during("the chain does not hold: block " + std::to_string(failure.height.value))
      .then("tally audit tells more; nothing was computed from it");
}

}  // namespace

void add_source_options(Command& command, SourceOptions& options) {
  command.text("--file", "FILE", options.file, "A chain file, or the directory of an archive")
      .text("--data", "DIR", options.data, "The data directory of a stopped node")
      .text("--genesis", "FILE", options.genesis, "The genesis document that the chain must start from")
      .text("--chain-id", "HEX", options.chain_id, "The chain id that the chain must have")
      .flag("--progress", options.progress, "Show progress even if standard error is no terminal");
}

Outcome<ledger::Genesis> read_genesis(Context& context, const std::string& file) {
  auto document = read_input(file, limits::kGenesisBytesMax, context.world());
  if (!document) return document.error();
  auto genesis = contracts::parse_genesis(*document);
  if (!genesis) return Failure(ExitCode::bad_input, Error(genesis.error()).within(file));
  return *std::move(genesis);
}

Outcome<std::optional<ChainId>> expected_chain(Context& context, const std::string& genesis_file,
                                               const std::string& chain_id) {
  std::optional<ChainId> out;
  const std::string& text = chain_id.empty() ? context.settings().value("chain") : chain_id;
  if (!text.empty()) {
    auto chain = fixed_field<ChainId>("--chain-id", text);
    if (!chain) return chain.error();
    out = *chain;
  }
  if (genesis_file.empty()) return out;
  auto genesis = read_genesis(context, genesis_file);
  if (!genesis) return genesis.error();
  const ChainId chain = ledger::chain_id(*genesis);
  if (out && *out != chain)
    return usage_failure("--genesis", "is the genesis of chain " + chain.hex(), "that of --chain-id " + out->hex());
  return std::optional(chain);
}

Outcome<ledger::AuditVerdict> replay_audited(Context& context, const SourceOptions& options, const Replay& replay) {
  auto expected = expected_chain(context, options.genesis, options.chain_id);
  if (!expected) return expected.error();
  auto blocks = open_blocks(context, options);
  if (!blocks) return blocks.error();
  if (!*expected) context.warn("neither --genesis nor --chain-id: the source itself says which chain it is");
  Progress progress(context.world(), options.progress);
  std::deque<ledger::CertifiedBlock> fed;  // and not yet executed
  std::optional<Error> stopped;
  ledger::AuditOptions audit;
  audit.expected_chain = *expected;
  audit.store = &replay.store;
  audit.progress = [&](const ledger::AuditVerdict& so_far) {
    const auto block = std::move(fed.front());
    fed.pop_front();
    if (stopped) return;
    if (auto done = replay.each(block); !done) stopped = done.error();
    progress.show(so_far.blocks, (*blocks)->total(), "blocks");
  };
  ledger::Auditor auditor((*blocks)->genesis(), replay.executor, audit);
  if (auto begun = replay.begin((*blocks)->genesis()); !begun) stopped = begun.error();
  while (!stopped) {
    auto block = (*blocks)->next();
    if (!block) return block.error();
    if (!*block) break;
    fed.push_back(**block);
    if (!auditor.feed(std::move(**block))) break;
  }
  auto verdict = auditor.finish();
  // Of a chain that does not hold nothing else is worth telling.
  if (verdict.failure && !stopped) return does_not_hold(verdict);
  if (stopped) return Failure(*stopped);
  return verdict;
}

}  // namespace tally::cli
