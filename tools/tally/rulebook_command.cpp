#include "tally/commands.h"
#include "tally/rulebook_commands.h"

namespace tally::cli {

void register_rulebook(Program& program) {
  Command group = program.root().group("rulebook", "Check, compare and test rulebooks");
  register_rulebook_check(group);
  register_rulebook_diff(group);
  register_rulebook_test(group);
}

}  // namespace tally::cli
