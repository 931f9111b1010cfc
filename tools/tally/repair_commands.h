// Purpose: the commands that mend a store and compare two of them, one function a file, each adding its part of the
// tree.
#pragma once

#include "tally/app.h"

namespace tally::cli {

void register_repair(Program& program);
void register_diff(Program& program);

}  // namespace tally::cli
