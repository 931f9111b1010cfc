// Purpose: what `tally diff` ends with, beside the exit codes that all commands share; they stand in the same table.
// Thread rule: plain values.
#pragma once

#include "tally/exit_codes.h"

namespace tally::cli {

inline constexpr ExitCode kDiffer{11};
inline constexpr ExitCode kBehind{12};

}  // namespace tally::cli
