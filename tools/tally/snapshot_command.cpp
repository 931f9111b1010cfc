// tally snapshot: makes, shows, checks and installs the state of one final block.
#include "common/time.h"
#include "ledger/snapshot.h"
#include "node/data_directory.h"
#include "storage/rocks_store.h"
#include "tally/chain_source.h"
#include "tally/commands.h"
#include "tally/node_directory.h"

namespace tally::cli {

namespace {

struct SnapshotOptions {
  std::string directory;
  std::string node;  // its settings
  std::string genesis;
  bool progress = false;
};

Report report_of(const ledger::SnapshotManifest& manifest) {
  Report report;
  std::uint64_t largest = 0;
  for (const auto size : manifest.sizes) largest = std::max(largest, size);
  const std::string height = std::to_string(manifest.header.height.value);
  report.json = {{"chain", manifest.chain.hex()},
                 {"height", height},
                 {"time", to_json(manifest.header.time)},
                 {"epoch", std::to_string(manifest.header.epoch.value)},
                 {"header", ledger::digest_of(manifest.header).hex()},
                 {"state_root", manifest.header.state_root.hex()},
                 {"snapshot", ledger::snapshot_id(manifest).hex()},
                 {"depth", manifest.depth},
                 {"chunks", manifest.chunks()},
                 {"bytes", std::to_string(manifest.bytes())},
                 {"largest_chunk", std::to_string(largest)},
                 {"signatures", manifest.certificate.signatures.size()}};
  report.sections.push_back(
      {"",
       Facts()
           .add("chain", manifest.chain.hex())
           .add("state after block", height + ", of " + format_time(manifest.header.time))
           .add("header", ledger::digest_of(manifest.header).hex())
           .add("state root", manifest.header.state_root.hex())
           .add("epoch", std::to_string(manifest.header.epoch.value))
           .add("signed by", std::to_string(manifest.certificate.signatures.size()) + " validators")
           .add("snapshot", ledger::snapshot_id(manifest).hex())
           .add("chunks", std::to_string(manifest.chunks()) + ", the largest of " + std::to_string(largest) + " bytes")
           .add("bytes", std::to_string(manifest.bytes()))
           .table()});
  return report;
}

Outcome<void> make(Context& context, const SnapshotOptions& options) {
  auto files = read_node_files(options.node, context.world());
  if (!files) return files.error();
  auto directory = open_node_directory(*files);
  if (!directory) return directory.error();
  const auto& chain = *directory->chain;
  const auto view = chain.final_view();
  const auto failed = [](const Error& error) { return Failure(error).during("no snapshot was made"); };
  if (view == nullptr || view->height.value == 0)
    return failed(
        make_error(ErrorCode::not_final, "",
                   "the last block, " + std::to_string(chain.head().header.height.value) + ", has no certificate here",
                   "the node to run until its last block is final, or a snapshot from another node"));
  auto epochs = ledger::epoch_links(*directory->store, view->header.epoch);
  if (!epochs) return failed(epochs.error());
  Progress progress(context.world(), options.progress);
  const auto hear = [&progress](const ledger::SnapshotWork& work) {
    if (work.chunks == 0) {
      progress.show(work.pairs, 0, "pairs");
    } else {
      progress.show(work.written, work.chunks, "chunks");
    }
    return true;
  };
  const auto manifest =
      ledger::write_snapshot(chain.id(), *view, std::move(*epochs), *directory->executor, options.directory, hear);
  if (!manifest) return failed(manifest.error());
  progress.finish();
  context.emit(report_of(*manifest));
  context.note("next: tally snapshot check " + options.directory + " --genesis GENESIS, wherever it is carried");
  return {};
}

Outcome<ledger::SnapshotManifest> read(const SnapshotOptions& options) {
  auto manifest = ledger::read_manifest(options.directory);
  if (!manifest) return Failure(manifest.error()).during(options.directory + " is no snapshot");
  return *std::move(manifest);
}

Outcome<void> show(Context& context, const SnapshotOptions& options) {
  const auto manifest = read(options);
  if (!manifest) return manifest.error();
  context.emit(report_of(*manifest));
  context.note("This is what it says of itself; tally snapshot check proves it.");
  return {};
}

Failure refused(const Error& error) {
  return Failure(ExitCode::verification_failed, error).during("the snapshot does not hold");
}

// The manifest, checked.
Outcome<ledger::SnapshotManifest> checked_manifest(const SnapshotOptions& options, const ledger::Genesis& genesis) {
  auto manifest = read(options);
  if (!manifest) return manifest.error();
  const auto verifier = crypto::make_verifier(ledger::chain_id(genesis));
  if (auto good = ledger::check_manifest(*manifest, genesis, *verifier); !good) return refused(good.error());
  return manifest;
}

Outcome<void> check(Context& context, const SnapshotOptions& options) {
  const auto genesis = read_genesis_file(options.genesis, context.world());
  if (!genesis) return genesis.error();
  const auto manifest = checked_manifest(options, *genesis);
  if (!manifest) return manifest.error();
  const contracts::RuleEngine executor;
  Progress progress(context.world(), options.progress);
  for (std::size_t i = 0; i < manifest->chunks(); ++i) {
    const auto chunk = ledger::read_chunk(options.directory, *manifest, i);
    if (!chunk) return refused(chunk.error());
    if (auto good = ledger::check_chunk(*manifest, i, *chunk, executor); !good) return refused(good.error());
    progress.show(i + 1, manifest->chunks(), "chunks");
  }
  progress.finish();
  Report report = report_of(*manifest);
  report.json["holds"] = true;
  report.sections.front().table.rows.push_back({"verdict", "the snapshot holds: every pair and every history entry"});
  context.emit(report);
  return {};
}

Status fill(const std::filesystem::path& path, const SnapshotOptions& options, const ledger::Genesis& genesis,
            const ledger::SnapshotManifest& manifest, Progress& progress) {
  const contracts::RuleEngine executor;
  auto store = storage::open_rocks_store(path, {.bulk_load = true});
  if (!store) return store.error();
  auto installer = ledger::SnapshotInstaller::begin(**store, genesis, manifest, executor);
  if (!installer) return installer.error();
  for (std::size_t i = 0; i < manifest.chunks(); ++i) {
    const auto chunk = ledger::read_chunk(options.directory, manifest, i);
    if (!chunk) return chunk.error();
    if (auto added = installer->add(i, *chunk); !added) return added;
    progress.show(i + 1, manifest.chunks(), "chunks");
  }
  return installer->finish();
}

Outcome<void> install(Context& context, const SnapshotOptions& options) {
  auto files = read_node_files(options.node, context.world());
  if (!files) return files.error();
  std::error_code ignored;
  if (std::filesystem::exists(files->database(), ignored))
    return Failure(make_error(ErrorCode::wrong_state, "data_directory",
                              files->database().string() + " exists: it may hold votes of this replica",
                              "a data directory without db: a snapshot begins one, it never replaces one"))
        .then("a node that has run catches up by itself; move its data directory away only as docs/operations.md says");
  const auto manifest = checked_manifest(options, files->genesis);
  if (!manifest) return manifest.error();
  const auto part = files->config.data_directory / "db.installing";
  std::filesystem::remove_all(part, ignored);
  Progress progress(context.world(), options.progress);
  Status done = fill(part, options, files->genesis, *manifest, progress);
  progress.finish();
  if (done) {
    // As the node will open it: not before that succeeds does it get its name.
    auto store = storage::open_rocks_store(part, {});
    const auto verifier = crypto::make_verifier(manifest->chain);
    contracts::RuleEngine executor;
    if (!store) {
      done = store.error();
    } else if (auto chain = ledger::Chain::open(**store, files->genesis, executor, *verifier); !chain) {
      done = chain.error();
    }
  }
  if (done) done = node::install_directory(part, files->database());
  if (!done) {
    std::filesystem::remove_all(part, ignored);
    return Failure(done.error())
        .during("the snapshot was not installed")
        .then("nothing is left behind; take the snapshot from another place");
  }
  Report report = report_of(*manifest);
  report.json["data_directory"] = files->config.data_directory.string();
  report.sections.front().table.rows.push_back({"installed in", files->config.data_directory.string()});
  context.emit(report);
  context.note(
      "Next: start tallyd; it goes on from block " + std::to_string(manifest->header.height.value) +
      ". The directory holds no votes of this replica: as with an emptied one, start it while the others run.");
  return {};
}

}  // namespace

void register_snapshot(Program& program) {
  auto options = std::make_shared<SnapshotOptions>();
  Command snapshot = program.root().group("snapshot", "The whole state of one final block, to begin a node with");
  const std::string node_help = "The node's settings (node.toml)";
  const std::string progress_help = "Show progress even if standard error is no terminal";
  snapshot
      .command("make", "Write the last final state of a stopped node as a directory that anybody can check",
               {"tally snapshot make --node-config node/node.toml --out snapshot"},
               [options](Context& context) { return make(context, *options); })
      .text("--node-config", "FILE", options->node, node_help, Need::required)
      .text("--out", "DIR", options->directory, "A new directory", Need::required)
      .flag("--progress", options->progress, progress_help);
  snapshot
      .command("show", "Print what a snapshot says of itself",
               {"tally snapshot show snapshot", "tally snapshot show snapshot --json"},
               [options](Context& context) { return show(context, *options); })
      .argument("DIR", options->directory, "The snapshot");
  snapshot
      .command("check", "Check a snapshot against the genesis: certificate, every pair and every history entry",
               {"tally snapshot check snapshot --genesis genesis.json"},
               [options](Context& context) { return check(context, *options); })
      .argument("DIR", options->directory, "The snapshot")
      .text("--genesis", "FILE", options->genesis, "The genesis document of its chain", Need::required)
      .flag("--progress", options->progress, progress_help);
  snapshot
      .command("install", "Begin the data directory of a new node with a snapshot, which is checked on the way",
               {"tally snapshot install snapshot --node-config node/node.toml"},
               [options](Context& context) { return install(context, *options); })
      .argument("DIR", options->directory, "The snapshot")
      .text("--node-config", "FILE", options->node, node_help, Need::required)
      .flag("--progress", options->progress, progress_help);
}

}  // namespace tally::cli
