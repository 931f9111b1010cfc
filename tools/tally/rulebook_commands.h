// Purpose: inside `tally rulebook`: the commands that need no node, one function a file.
#pragma once

#include "tally/app.h"

namespace tally::cli {

void register_rulebook_check(Command& group);
void register_rulebook_diff(Command& group);
void register_rulebook_test(Command& group);

}  // namespace tally::cli
