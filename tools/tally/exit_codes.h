// Purpose: what the program's exit codes mean, in one table that the code, `tally help exit-codes` and the
// documentation share.
// Thread rule: plain values.
#pragma once

#include <span>
#include <string_view>

#include "common/error.h"

namespace tally::cli {

// Scripts branch on these numbers: they never change their meaning.
enum class ExitCode : int {
  ok = 0,
  internal = 1,
  usage = 2,
  unreachable = 3,
  not_final = 4,
  rejected = 5,
  verification_failed = 6,
  bad_input = 7,
  not_found = 8,
  unauthorised = 9,
  unhealthy = 10
};

struct ExitCodeRow {
  ExitCode code;
  std::string_view name;
  std::string_view meaning;
};
// By rising number.
std::span<const ExitCodeRow> exit_code_table();
std::string_view name_of(ExitCode code);

// The exit code that an error stands for where the place it came from says nothing more precise.
ExitCode exit_code_of(ErrorCode code);

}  // namespace tally::cli
