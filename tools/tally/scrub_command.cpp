// tally scrub: looks for damage in the data directory of a stopped node.
#include "consensus/replica.h"
#include "contracts/engine.h"
#include "ledger/scrub.h"
#include "node/node.h"
#include "storage/rocks_store.h"
#include "tally/commands.h"

namespace tally::cli {

namespace {

using ledger::ScrubClass;

// The replica's own records must decode, and stand where they belong.
ScrubClass scrub_votes(const storage::Reader& store) {
  ScrubClass out{"votes", 0, 0, {}};
  for (const auto column : {storage::Column::votes, storage::Column::bodies}) {
    const auto scanned = store.scan(column, {}, {}, [&](ByteView key, ByteView value) {
      ++out.checked;
      const auto record = decode<consensus::DurableRecord>(value);
      const std::string name = std::string(storage::name_of(column)) + "[" + to_hex(key) + "]";
      if (!record)
        out.add(name, record.error().text());
      else if (const Bytes own = consensus::storage_key(*record);
               !std::equal(own.begin(), own.end(), key.begin(), key.end()))
        out.add(name, "holds the record of " + to_hex(own));
      return true;
    });
    if (!scanned) out.add("the column " + std::string(storage::name_of(column)), scanned.error().text());
  }
  return out;
}

Report report_of(const std::vector<ScrubClass>& classes, std::uint64_t damaged) {
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

Failure found_damage(const std::string& why) {
  return Failure(ExitCode::verification_failed, make_error(ErrorCode::storage_failed, "data_directory", why))
      .then(
          "leave the node stopped and keep the directory; docs/operations.md says how a node is rebuilt from the "
          "others");
}

Outcome<void> scrub(Context& context, const std::string& file) {
  auto config = node::read_config(file);
  if (!config) return Failure(config.error()).during("the node's settings cannot be used");
  auto setup = node::load_setup(std::move(config).value());
  if (!setup) return Failure(setup.error()).during("the node's files cannot be used");
  const auto db = setup->config.data_directory / "db";
  if (!std::filesystem::exists(db))
    return Failure(make_error(ErrorCode::not_found, "data_directory", "there is nothing at " + db.string(),
                              "the data directory of a node that has run"));
  auto store = storage::open_rocks_store(db, {});
  if (!store) {
    if (store.error().code == ErrorCode::already_running) return Failure(store.error());
    return found_damage("the database does not open: " + store.error().text());
  }
  contracts::RuleEngine engine;
  const auto verifier = crypto::make_verifier(ledger::chain_id(setup->genesis));
  std::vector<ScrubClass> classes = {ledger::scrub_storage(**store), ledger::scrub_marks(**store, setup->genesis)};
  ScrubClass places;
  classes.push_back(ledger::scrub_blocks(**store, setup->genesis, *verifier, places));
  classes.push_back(std::move(places));
  classes.push_back(ledger::scrub_tree(**store));
  classes.push_back(ledger::scrub_state(**store));
  classes.push_back(ledger::scrub_history(**store, engine));
  classes.push_back(scrub_votes(**store));
  std::uint64_t damaged = 0;
  for (const auto& found : classes) damaged += found.damaged;
  context.emit(report_of(classes, damaged));
  if (damaged > 0) return found_damage(std::to_string(damaged) + " damaged records");
  return {};
}

}  // namespace

void register_scrub(Program& program) {
  auto file = std::make_shared<std::string>();
  program.root()
      .command("scrub", "Look for damage in the data directory of a stopped node; changes no record",
               {"tally scrub --node-config node/node.toml", "tally scrub --node-config node/node.toml --json"},
               [file](Context& context) { return scrub(context, *file); })
      .text("--node-config", "FILE", *file, "The node's settings (node.toml)", Need::required);
}

}  // namespace tally::cli
