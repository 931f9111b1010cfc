// Purpose: what an expression evaluates to, as a text, for tables of tests.
#pragma once

#include <catch2/catch.hpp>

#include "cel/program.h"

namespace tally::cel {

// `"a"`, `[1, 2]`, `error: ...`, or `mistake: ...` if it does not compile.
inline std::string evaluated(std::string_view source, std::uint64_t budget = 1'000'000) {
  static const Environment environment;
  const Compiled compiled = compile(source, environment);
  if (!compiled.program) return "mistake: " + compiled.mistakes.at(0).text();
  Evaluation evaluation(budget);
  return text_of(evaluate(*compiled.program, {}, evaluation));
}

struct Expectation {
  const char* source;
  const char* value;
};

// An error or mistake is expected by its beginning.
inline void check_all(const std::vector<Expectation>& rows) {
  for (const Expectation& row : rows) {
    INFO(row.source);
    const std::string wanted = row.value;
    const std::string value = evaluated(row.source);
    if (wanted.starts_with("error") || wanted.starts_with("mistake"))
      CHECK(value.substr(0, wanted.size()) == wanted);
    else
      CHECK(value == wanted);
  }
}

}  // namespace tally::cel
