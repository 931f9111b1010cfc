// tally repair: makes the store of a stopped node whole again, from itself, other nodes, files or a snapshot.
#include "crypto/key_file.h"
#include "node/repair.h"
#include "tally/block_donors.h"
#include "tally/chain_source.h"
#include "tally/node_directory.h"
#include "tally/repair_commands.h"
#include "tally/scrub_report.h"

namespace tally::cli {

namespace {

struct RepairCommand {
  std::string node;  // its settings
  std::vector<std::string> from;
  std::string file;
  std::string snapshot;
  bool dry_run = false;
  bool progress = false;
};

using Donors = std::vector<std::unique_ptr<ledger::BlockDonor>>;

// A node that does not answer is passed over while another source is given.
Outcome<Donors> open_donors(Context& context, const RepairCommand& command, const ledger::Genesis& genesis) {
  Donors out;
  std::optional<Failure> missing;
  for (const auto& url : command.from) {
    auto donor = donor_of_node(context, url, ledger::chain_id(genesis));
    if (donor) {
      out.push_back(*std::move(donor));
    } else if (donor.error().exit != ExitCode::unreachable) {
      return donor.error();
    } else {
      context.warn(url + " does not answer, and is not used");
      missing = donor.error();
    }
  }
  if (!command.file.empty()) {
    auto donor = donor_of_file(command.file, genesis);
    if (!donor) return donor.error();
    out.push_back(*std::move(donor));
  }
  if (out.empty() && missing) return *missing;
  return out;
}

// Requests are signed with --key, else with the node's own key, which other members know as well.
Outcome<Settings> settings_for(const Context& context, const NodeFiles& files) {
  if (!context.settings().value("key").empty()) return context.settings();
  return Settings::resolve(
      {{"key", files.config.key_file.string()}, {"passphrase_file", files.config.passphrase_file.string()}},
      context.world());
}

Json json_of(const node::RepairReport& done) {
  Json notes = done.chain.notes;
  return {{"began_after", std::to_string(done.chain.began.value)},
          {"head", std::to_string(done.chain.head.value)},
          {"final", std::to_string(done.chain.final.value)},
          {"state_root", done.state_root.hex()},
          {"executed_again", !done.copied},
          {"blocks", to_json(done.chain.taken)},
          {"notes", notes},
          {"own_records", done.own.kept},
          {"left_out", to_json(done.own.left_out)},
          {"votes_lost", done.own.votes_lost},
          {"kept", done.kept.string()},
          {"bytes_before", std::to_string(done.bytes_before)},
          {"bytes_after", std::to_string(done.bytes_after)}};
}

void tell(Report& report, const node::RepairReport& done) {
  report.json["repaired"] = json_of(done);
  Facts facts;
  if (done.copied)
    facts.add("ledger", "was whole, and was copied as it is");
  else
    facts.add("ledger", done.chain.began.value == 0
                            ? std::string("executed again from the genesis")
                            : "begun with the snapshot of block " + std::to_string(done.chain.began.value));
  for (const auto& share : done.chain.taken)
    facts.add("blocks from " + share.name,
              std::to_string(share.blocks) + ", " + std::to_string(share.bytes) + " bytes of batches");
  facts.add("head", std::to_string(done.chain.head.value) + ", final " + std::to_string(done.chain.final.value))
      .add("state root", done.state_root.hex())
      .add("own records kept", std::to_string(done.own.kept))
      .add("votes", done.own.votes_lost ? "some are lost: this replica signs nothing until that is safe"
                                        : "all are here: this replica goes on voting")
      .add("the store before", done.kept.string() + ", " + std::to_string(done.bytes_before) + " bytes")
      .add("the store now", std::to_string(done.bytes_after) + " bytes");
  report.sections.push_back({"repaired", facts.table()});
  if (!done.own.left_out.empty()) {
    Table table{{{"own record left out"}, {"problem"}}, {}};
    for (const auto& damage : done.own.left_out) table.rows.push_back({damage.record, damage.problem});
    report.sections.push_back({"left out", std::move(table)});
  }
}

void say_what_follows(Context& context, const node::RepairReport& done) {
  for (const auto& note : done.chain.notes) context.note("Note: " + note + ".");
  if (done.own.votes_lost && done.members == 1)
    context.warn("This office is the only member: nobody can tell whether it had made blocks above " +
                 std::to_string(done.chain.head.value) + ". If somebody has seen one, do not start it.");
  if (done.own.votes_lost && done.members == 2)
    context.warn(
        "The network has two members, and goes on only if both sign: as long as this one signs nothing, no "
        "block becomes final (docs/repair.md).");
  context.note("Next: start tallyd. " +
               std::string(done.own.votes_lost
                               ? "It follows, and votes again once the others are far enough; leave them running. "
                               : "") +
               "When all is well, remove " + done.kept.string() + ".");
}

Outcome<void> repair(Context& context, const RepairCommand& command) {
  auto files = read_node_files(command.node, context.world());
  if (!files) return files.error();
  node::RepairSetup setup{files->config.data_directory, files->genesis, files->config.block_cache_mib * limits::kMiB};
  if (const auto key = crypto::read_key_file_head(files->config.key_file)) setup.self = key->public_key;
  auto diagnosis = node::diagnose(setup);
  if (!diagnosis) return Failure(diagnosis.error()).during("the store was not looked at");
  Report report = scrub_report(diagnosis->classes, diagnosis->damaged);
  if (diagnosis->damaged == 0) {
    context.emit(report);
    context.note("Nothing is damaged, and nothing was changed.");
    return {};
  }
  auto settings = settings_for(context, *files);
  if (!settings) return settings.error();
  Context asking(context.world(), *std::move(settings));
  auto donors = open_donors(asking, command, files->genesis);
  if (!donors)
    return Failure(donors.error()).then("nothing was changed; name other sources by --from, --file or --snapshot");
  if (command.dry_run) {
    Json sources = Json::array();
    for (const auto& donor : *donors) sources.push_back(donor->name());
    report.json["sources"] = sources;
    context.emit(report);
    context.note("Nothing was changed: --dry-run only looks.");
    return {};
  }
  Progress progress(context.world(), command.progress);
  node::RepairRequest request;
  for (const auto& donor : *donors) request.donors.push_back(donor.get());
  request.snapshot = command.snapshot;
  request.progress = [&](const char* what, std::uint64_t done, std::uint64_t total) {
    progress.show(done, std::max(done, total), what);
  };
  const auto done = node::repair(setup, *diagnosis, request);
  progress.finish();
  if (!done) {
    context.emit(report);
    return Failure(done.error())
        .during("the store was not repaired")
        .then("nothing was changed: the node's store is as it was; docs/repair.md says what else there is");
  }
  tell(report, *done);
  context.emit(report);
  say_what_follows(context, *done);
  return {};
}

}  // namespace

void register_repair(Program& program) {
  auto command = std::make_shared<RepairCommand>();
  program.root()
      .command("repair", "Make the damaged store of a stopped node whole again; the old one is kept",
               {"tally repair --node-config node/node.toml --dry-run",
                "tally repair --node-config node/node.toml --from http://10.0.0.1:8080",
                "tally repair --node-config node/node.toml --file chain.tally",
                "tally repair --node-config node/node.toml --snapshot snapshot --from http://10.0.0.1:8080"},
               [command](Context& context) { return repair(context, *command); })
      .text("--node-config", "FILE", command->node, "The node's settings (node.toml)", Need::required)
      .texts("--from", "URL", command->from, "Another node, for blocks that are damaged here; may be repeated")
      .text("--file", "FILE", command->file, "A chain file, or the directory of an archive, for the same")
      .text("--snapshot", "DIR", command->snapshot, "A snapshot to begin with, where the blocks before it are not held")
      .flag("--dry-run", command->dry_run, "Only say what is damaged, and whether the sources answer")
      .flag("--progress", command->progress, "Show progress even if standard error is no terminal");
}

}  // namespace tally::cli
