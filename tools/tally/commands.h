// Purpose: the program's own commands, one function a file, each adding its part of the tree.
#pragma once

#include "tally/app.h"

namespace tally::cli {

void register_key(Program& program);
void register_init(Program& program);
void register_genesis(Program& program);
void register_submit(Program& program);
void register_sheet(Command& submit);
void register_tx(Program& program);
void register_validator(Program& program);
void register_protocol(Program& program);
void register_rulebook(Program& program);
void register_parameters(Program& program);
void register_query(Program& program);
void register_explain(Program& program);
void register_dry_run(Program& program);
void register_prove(Program& program);
void register_verify(Program& program);
void register_slip(Program& program);
void register_audit(Program& program);
void register_light(Program& program);
void register_watch(Program& program);
void register_export(Program& program);
void register_archive(Program& program);
void register_config(Program& program);
void register_cel(Program& program);
void register_help(Program& program);
void register_completion(Program& program);
void register_recovery(Program& program);
void register_snapshot(Program& program);
void register_prune(Program& program);
void register_restore(Program& program);
void register_scrub(Program& program);
void register_version(Program& program);

// All of the above, in the order of the help.
void register_own_commands(Program& program);

}  // namespace tally::cli
