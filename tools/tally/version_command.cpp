#include "ledger/chain_file.h"
#include "tally/commands.h"
#include "tally/repair_commands.h"

namespace tally::cli {

void register_version(Program& program) {
  program.root().command(
      "version", "Print the version", {"tally version --json"}, [](Context& context) -> Outcome<void> {
        Report report;
        report.json = {{"program", "tally"},
                       {"version", TALLY_VERSION},
                       {"protocol", ledger::kProtocolVersion},
                       {"chain_file", ledger::kChainFileVersion}};
        report.sections.push_back({"", Facts()
                                           .add("tally", TALLY_VERSION)
                                           .add("protocol", std::to_string(ledger::kProtocolVersion))
                                           .add("chain file", std::to_string(ledger::kChainFileVersion))
                                           .table()});
        context.emit(report);
        return {};
      });
}

void register_own_commands(Program& program) {
  register_submit(program);
  register_query(program);
  register_explain(program);
  register_dry_run(program);
  register_prove(program);
  register_verify(program);
  register_slip(program);
  register_audit(program);
  register_light(program);
  register_watch(program);
  register_export(program);
  register_archive(program);
  register_tx(program);
  register_validator(program);
  register_protocol(program);
  register_rulebook(program);
  register_parameters(program);
  register_recovery(program);
  register_snapshot(program);
  register_prune(program);
  register_restore(program);
  register_scrub(program);
  register_repair(program);
  register_diff(program);
  register_key(program);
  register_init(program);
  register_genesis(program);
  register_config(program);
  register_cel(program);
  register_completion(program);
  register_help(program);
  register_version(program);
}

}  // namespace tally::cli
