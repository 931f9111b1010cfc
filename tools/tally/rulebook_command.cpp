#include "tally/commands.h"
#include "tally/rule_views.h"
#include "tally/rulebook_commands.h"

namespace tally::cli {

void register_rulebook(Program& program) {
  Command group = program.root().group(
      "rulebook", "Check, compare and test rulebooks; propose and approve them on a running chain");
  register_rulebook_check(group);
  register_rulebook_diff(group);
  register_rulebook_test(group);
  register_rulebook_views(group);
  register_rulebook_proposing(group);
}

}  // namespace tally::cli
