// tally prune and tally restore: old batches leave the disk of a stopped node, and come back.
#include "ledger/prune.h"
#include "tally/block_donors.h"
#include "tally/commands.h"
#include "tally/node_directory.h"

namespace tally::cli {

namespace {

struct PruneCommand {
  std::string node;  // its settings
  std::uint64_t keep_blocks = 0;
  bool receipts = false;
  bool dry_run = false;
};

Outcome<void> prune(Context& context, const PruneCommand& command) {
  auto files = read_node_files(command.node, context.world());
  if (!files) return files.error();
  auto directory = open_node_directory(*files);
  if (!directory) return directory.error();
  const std::uint64_t final = directory->chain->final_height().value;
  const std::uint64_t kept = std::max(command.keep_blocks, ledger::kBlocksKeptMin);
  ledger::PruneOptions options;
  options.keep_from = BlockHeight{final > kept ? final - kept + 1 : 1};
  options.receipts = command.receipts;
  options.dry_run = command.dry_run;
  const auto done = directory->chain->prune(options);
  if (!done) return Failure(done.error()).during("the blocks were not pruned");
  Report report;
  report.json = {{"final", std::to_string(final)},
                 {"first_block", std::to_string(done->first.value)},
                 {"blocks", std::to_string(done->blocks)},
                 {"bytes", std::to_string(done->bytes)},
                 {"disk_before", std::to_string(done->disk_before)},
                 {"disk_after", std::to_string(done->disk_after)},
                 {"dry_run", command.dry_run}};
  Facts facts;
  facts.add("last final block", std::to_string(final))
      .add("blocks held from", std::to_string(done->first.value))
      .add(command.dry_run ? "blocks that would be pruned" : "blocks pruned", std::to_string(done->blocks))
      .add(command.receipts ? "bytes of their batches and receipts" : "bytes of their batches",
           std::to_string(done->bytes))
      .add("blocks on disk before", std::to_string(done->disk_before) + " bytes");
  if (!command.dry_run) facts.add("blocks on disk after", std::to_string(done->disk_after) + " bytes");
  report.sections.push_back({"", facts.table()});
  context.emit(report);
  if (command.keep_blocks < ledger::kBlocksKeptMin)
    context.note("The last " + std::to_string(ledger::kBlocksKeptMin) + " blocks are kept whatever is asked.");
  return {};
}

struct RestoreCommand {
  std::string node;  // its settings
  std::string file;
};

Outcome<void> restore(Context& context, const RestoreCommand& command) {
  auto files = read_node_files(command.node, context.world());
  if (!files) return files.error();
  auto directory = open_node_directory(*files);
  if (!directory) return directory.error();
  const auto done = ledger::restore_blocks(*directory->store, files->genesis, *directory->verifier,
                                           [&] { return open_block_file(command.file, files->genesis); });
  if (!done) return Failure(done.error()).during("the blocks were not restored");
  Report report;
  report.json = {{"first_block", std::to_string(done->first.value)},
                 {"restored", std::to_string(done->restored)},
                 {"held_before", std::to_string(done->held)},
                 {"bytes", std::to_string(done->bytes)}};
  report.sections.push_back({"", Facts()
                                     .add("blocks restored", std::to_string(done->restored))
                                     .add("were here already", std::to_string(done->held))
                                     .add("bytes", std::to_string(done->bytes))
                                     .add("blocks held from", std::to_string(done->first.value))
                                     .table()});
  context.emit(report);
  return {};
}

}  // namespace

void register_prune(Program& program) {
  auto command = std::make_shared<PruneCommand>();
  program.root()
      .command("prune", "Free the disk of a stopped node of old blocks' batches",
               {"tally prune --node-config node/node.toml --keep-blocks 100000 --dry-run",
                "tally prune --node-config node/node.toml --keep-blocks 100000"},
               [command](Context& context) { return prune(context, *command); })
      .text("--node-config", "FILE", command->node, "The node's settings (node.toml)", Need::required)
      .number("--keep-blocks", "N", command->keep_blocks, 1, UINT64_MAX,
              "How many of the last final blocks keep their batches", Need::required)
      .flag("--receipts", command->receipts, "Their receipts too: this node then proves none of them")
      .flag("--dry-run", command->dry_run, "Only say what would go");
}

void register_restore(Program& program) {
  auto command = std::make_shared<RestoreCommand>();
  program.root()
      .command("restore",
               "Put pruned batches back from a chain file or archive, each checked against this node's own headers",
               {"tally restore --node-config node/node.toml --file chain.tally",
                "tally restore --node-config node/node.toml --file archive"},
               [command](Context& context) { return restore(context, *command); })
      .text("--node-config", "FILE", command->node, "The node's settings (node.toml)", Need::required)
      .text("--file", "FILE", command->file, "A chain file (tally export), or an archive's directory", Need::required);
}

}  // namespace tally::cli
