// tally scrub: looks for damage in the data directory of a stopped node.
#include "contracts/engine.h"
#include "node/own_records.h"
#include "storage/rocks_store.h"
#include "tally/commands.h"
#include "tally/node_directory.h"
#include "tally/scrub_report.h"

namespace tally::cli {

namespace {

using ledger::ScrubClass;

constexpr const char* kFiles = "files";
constexpr const char* kVotes = "votes";
constexpr const char* kEvidence = "evidence";

std::vector<std::string> class_names() {
  std::vector<std::string> out = ledger::scrub_classes();
  out.insert(out.begin(), kFiles);
  out.insert(out.end(), {kVotes, kEvidence});
  return out;
}

struct ScrubCommand {
  std::string node;  // its settings
  std::vector<std::string> only;
};

Failure found_damage(const std::string& why, const std::string& settings) {
  return Failure(ExitCode::verification_failed, make_error(ErrorCode::storage_failed, "data_directory", why))
      .then("leave the node stopped; tally repair --node-config " + settings +
            " --from URL makes the store whole from another node, and keeps this one");
}

Outcome<void> check_names(const std::vector<std::string>& only) {
  const auto known = class_names();
  for (const auto& name : only) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::string all;
    for (const auto& one : known) all += (all.empty() ? "" : ", ") + one;
    return usage_failure("--only", "is \"" + name + "\"", "one of " + all);
  }
  return {};
}

Outcome<void> scrub(Context& context, const ScrubCommand& command) {
  if (auto good = check_names(command.only); !good) return good.error();
  const auto wanted = [&](const char* name) {
    return command.only.empty() || std::find(command.only.begin(), command.only.end(), name) != command.only.end();
  };
  auto files = read_node_files(command.node, context.world());
  if (!files) return files.error();
  auto store = storage::salvage_rocks_store(files->database());
  if (!store) return Failure(Error(store.error()).within("data_directory"));
  std::vector<ScrubClass> classes;
  if (wanted(kFiles)) {
    ScrubClass opened{kFiles, 1, 0, {}};
    if (store->damage) opened.add("the files of the database", store->damage->text());
    classes.push_back(std::move(opened));
  }
  if (store->reader != nullptr) {
    const contracts::RuleEngine engine;
    const auto verifier = crypto::make_verifier(ledger::chain_id(files->genesis));
    std::vector<std::string> of_ledger;
    for (const auto& name : ledger::scrub_classes())
      if (wanted(name.c_str())) of_ledger.push_back(name);
    if (!of_ledger.empty())
      for (auto& found : ledger::scrub_ledger(*store->reader, files->genesis, *verifier, engine, of_ledger))
        classes.push_back(std::move(found));
    const auto validators = node::validators_in(*store->reader, files->genesis);
    if (wanted(kVotes)) classes.push_back(node::scrub_votes(*store->reader, validators, *verifier));
    if (wanted(kEvidence)) classes.push_back(node::scrub_evidence(*store->reader, validators, *verifier));
  }
  std::uint64_t damaged = 0;
  for (const auto& found : classes) damaged += found.damaged;
  context.emit(scrub_report(classes, damaged));
  if (store->reader == nullptr)
    return found_damage("nothing of the database can be read: " + store->damage->text(), command.node);
  if (damaged > 0) return found_damage(std::to_string(damaged) + " damaged records", command.node);
  return {};
}

}  // namespace

Report scrub_report(const std::vector<ScrubClass>& classes, std::uint64_t damaged) {
  Report report;
  report.json = {{"damaged", damaged}, {"classes", to_json(classes)}};
  Table counts{{{"class"}, {"checked", Align::right}, {"damaged", Align::right}}, {}};
  Table damages{{{"class"}, {"record"}, {"problem"}}, {}};
  for (const auto& found : classes) {
    counts.rows.push_back({found.name, std::to_string(found.checked), std::to_string(found.damaged)});
    for (const auto& damage : found.damages) damages.rows.push_back({found.name, damage.record, damage.problem});
  }
  report.sections.push_back({"", std::move(counts)});
  if (damaged > 0) report.sections.push_back({"damaged", std::move(damages)});
  return report;
}

void register_scrub(Program& program) {
  auto command = std::make_shared<ScrubCommand>();
  program.root()
      .command("scrub", "Look for damage in the data directory of a stopped node; changes nothing",
               {"tally scrub --node-config node/node.toml", "tally scrub --node-config node/node.toml --only votes",
                "tally scrub --node-config node/node.toml --json"},
               [command](Context& context) { return scrub(context, *command); })
      .text("--node-config", "FILE", command->node, "The node's settings (node.toml)", Need::required)
      .texts("--only", "CLASS", command->only, "Look at this class of records only; may be repeated");
}

}  // namespace tally::cli
