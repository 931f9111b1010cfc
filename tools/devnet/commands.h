// Purpose: `tally devnet`, `tally bench` and `tally demo`, for tools/tally/main.cpp to add to the program.
#pragma once

#include "tally/app.h"

namespace tally::devnet {

// A cli::Extension.
void register_devnet_commands(cli::Program& program);

}  // namespace tally::devnet
