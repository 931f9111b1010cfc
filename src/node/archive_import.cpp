#include "node/archive_import.h"

#include "contracts/engine.h"
#include "node/data_directory.h"
#include "storage/rocks_store.h"

namespace tally::node {

namespace fs = std::filesystem;

namespace {

Status differs(BlockHeight height, const Digest& theirs, const Digest& ours) {
  return make_error(ErrorCode::broken_chain, "block " + std::to_string(height.value), "has header " + theirs.hex(),
                    ours.hex() + ", as in this data directory; one of the two is not what a quorum certified");
}

// Executes the blocks of one file that lie above the head. It was checked.
Status execute_file(const fs::path& file, ledger::Chain& chain, const std::function<void(BlockHeight)>& progress) {
  std::ifstream in(file, std::ios::binary);
  auto reader = ledger::ChunkReader::open(in);
  if (!reader) return reader.error();
  const BlockHeight last = reader->head().last;
  for (;;) {
    auto block = reader->next();
    if (!block) return block.error();
    if (!*block) return {};
    ledger::CertifiedBlock full{(*block)->header, std::move((*block)->batch), {}, std::move((*block)->recoveries)};
    const BlockHeight height = full.header.height;
    if (height == last) {
      auto end = reader->next();
      if (!end) return end.error();
      full.certificate = reader->end().certificate;
    }
    const auto head = chain.head();
    if (height < head.header.height) continue;
    if (height == head.header.height) {
      if (const Digest digest = ledger::digest_of(full.header); digest != head.digest)
        return differs(height, digest, head.digest);
      if (full.certificate)
        if (auto recorded = chain.record_certificate(*full.certificate); !recorded) return recorded;
      continue;
    }
    if (auto applied = chain.apply_certified(full); !applied) return applied.error();
    if (progress) progress(height);
  }
}

Result<ImportReport> import_into(const NodeSetup& setup, const fs::path& db, const std::vector<fs::path>& files,
                                 BlockHeight& kept, ledger::Executor& executor,
                                 const std::function<void(BlockHeight)>& progress) {
  auto store = storage::open_rocks_store(
      db, {.block_cache_bytes = setup.config.block_cache_mib * limits::kMiB, .env = setup.env});
  if (!store) return Error(store.error()).within("data_directory");
  const ChainId id = ledger::chain_id(setup.genesis);
  const auto verifier = crypto::make_verifier(id);
  ledger::ChainOptions options;
  options.final_views = false;
  auto chain = ledger::Chain::open(**store, setup.genesis, executor, *verifier, options);
  if (!chain) return chain.error();
  ImportReport report;
  report.before = kept = (*chain)->head().header.height;
  const auto genesis_header = (*chain)->header(BlockHeight{0});
  if (!genesis_header) return genesis_header.error();
  if (!*genesis_header)
    return make_error(ErrorCode::storage_failed, "data_directory", "does not hold the genesis block");
  auto start = ledger::chunk_start(setup.genesis, **genesis_header);
  for (const auto& file : files) {
    // A block without its own certificate counts only once the file is known to end with one.
    if (auto good = ledger::check_archive_file(file, id, start, *verifier); !good) return good.error();
    if (start.before.height >= (*chain)->head().header.height) {
      const Status executed = execute_file(file, **chain, progress);
      kept = (*chain)->head().header.height;
      if (!executed) return Error(executed.error()).within(file.filename().string());
    }
    ++report.files;
  }
  report.head = kept;
  return report;
}

}  // namespace

Result<ImportReport> import_archive(const NodeSetup& setup, const fs::path& archive, BlockHeight& kept,
                                    std::unique_ptr<ledger::Executor> executor,
                                    const std::function<void(BlockHeight)>& progress) {
  kept = {};
  const auto files = ledger::archive_files(archive);
  if (!files) return files.error();
  if (!executor) executor = std::make_unique<contracts::RuleEngine>();
  std::error_code failed;
  const fs::path& data = setup.config.data_directory;
  const auto db = data / "db";
  if (fs::exists(db, failed)) return import_into(setup, db, *files, kept, *executor, progress);
  const bool made = fs::create_directories(data, failed);
  if (failed) return make_error(ErrorCode::io_failed, "data_directory", data.string() + ": " + failed.message());
  // Under another name until it is whole.
  const auto importing = data / "db.importing";
  fs::remove_all(importing, failed);
  auto report = import_into(setup, importing, *files, kept, *executor, progress);
  if (report)
    if (const Status installed = install_directory(importing, db); !installed) report = installed.error();
  if (report) return report;
  kept = {};
  fs::remove_all(importing, failed);
  if (made) fs::remove(data, failed);
  return report;
}

}  // namespace tally::node
