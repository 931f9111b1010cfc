// Purpose: scenario files as text become statements; every mistake is named with line and column and what would be
// right. Thread rule: pure functions. One statement a line, words between blanks, texts in double quotes, # begins a
// comment. `-> refused CODE ["part of the message"]` at the end of a transaction expects that it is refused.
#pragma once

#include <functional>

#include "rulebook/statement.h"

namespace tally::rulebook {

struct ScriptMistake {
  std::string file;
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  std::string problem;
  std::string expected;

  // "a.txt:7:12: finds "wang"; expected ..."
  [[nodiscard]] std::string text() const;
};

struct ExpectedRefusal {
  std::string code;
  std::string part;  // of the message; empty: any
};

struct ScriptLine {
  std::string file;
  std::uint32_t line = 1;
  bool outermost = true;  // not in a cast
  std::string text;       // without comment
  const Statement* statement = nullptr;
  Match match;
  std::optional<ExpectedRefusal> refusal;
};

struct Script {
  std::string title;  // the first comment
  std::vector<ScriptLine> lines;
  std::vector<ScriptMistake> mistakes;  // any: not to be run
};

// The text of a file that a script names with `use`, and how messages call it.
struct Included {
  std::string file;
  std::string text;
};
using FindIncluded = std::function<std::optional<Included>(const std::string& name)>;

// Such a word cannot be anybody's name.
bool begins_statement(std::string_view word);

Script read_script(const std::string& file, std::string_view text, const FindIncluded& find_included);

}  // namespace tally::rulebook
