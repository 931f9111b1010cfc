// Purpose: a rulebook document judged for whoever writes it: every mistake with its line and column.
// Thread rule: pure functions.
// The engine does without this: compile_rulebook names mistakes by path, and the chain keeps those texts.
#pragma once

#include "common/json_places.h"
#include "contracts/rulebook.h"

namespace tally::contracts {

struct RulebookMistake {
  std::uint32_t line = 1;  // both from 1; of the value, or of the key where the field itself is the mistake
  std::uint32_t column = 1;
  std::string path;  // "rules[2].objection_days"; empty for the document as a whole
  std::string problem;
  std::string expected;  // empty if nothing can be said
  ErrorCode code = ErrorCode::invalid_field;

  // "rulebook.json:17:12: rules[2].objection_days: is 0; expected a whole number from 1 to 365"
  [[nodiscard]] std::string text(std::string_view file) const;
  bool operator==(const RulebookMistake&) const = default;
};
BOOST_DESCRIBE_STRUCT(RulebookMistake, (), (line, column, path, problem, expected, code))

struct CheckedRulebook {
  RulebookPtr rulebook;                   // null if anything is wrong
  std::vector<RulebookMistake> mistakes;  // from the top of the document down
};
CheckedRulebook check_rulebook(std::string_view document);

// Where in its document a problem of compile_rulebook stands. A field that ends with "(2:7)" is a place inside the
// field's text.
RulebookMistake place_mistake(const Error& problem, const JsonPlaces& places);

}  // namespace tally::contracts
