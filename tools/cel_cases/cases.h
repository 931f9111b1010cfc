// Purpose: runs cases of CEL's conformance suite, as JSON (one object a case: `expr`, its environment, what is wanted).
// Thread rule: pure functions.
// Errors: a case that cannot be read fails, with the reason in `got`.
#pragma once

#include <span>
#include <string>

#include "common/json.h"

namespace tally::cel_cases {

// Files of the suite that are the language itself; the others are extensions.
std::span<const std::string_view> core_files();

struct Verdict {
  bool passed = false;
  std::string got;
  std::string wanted;
};

// Empty if there is no such text.
std::string text_at(const Json& test, const char* name);
// "basic/self_eval_zeroish/self_eval_uint_alias_zero"
std::string name_of(const Json& test);
Verdict run_case(const Json& test);

}  // namespace tally::cel_cases
