// Purpose: what a person wants to know of a new version of a rulebook: what was added, removed and changed, by code
// and not by position, and for whom it is better or worse where that is plain.
// Thread rule: pure functions.
// Works on the documents as JSON: parts of the format that are new here are compared all the same. Elements of a list
// are matched by `code`, `id`, `subject`, `name`, `stars` or `per`, whichever every element has once; else by position.
// Required: both documents are JSON objects; they need not be good rulebooks.
#pragma once

#include "common/json.h"

namespace tally::rulebook {

enum class What : std::uint8_t { added, removed, changed };
BOOST_DESCRIBE_ENUM(What, added, removed, changed)

// For the people whose scores are kept.
enum class Direction : std::uint8_t { none, stricter, milder };
BOOST_DESCRIBE_ENUM(Direction, none, stricter, milder)

struct Difference {
  std::string part;   // "heading", or the document's field: "books", "rules"
  std::string where;  // "QZ9, limits year, times"
  What what = What::changed;
  std::optional<Json> before;
  std::optional<Json> after;
  Direction direction = Direction::none;
};

// In the order of the new document; what was removed stands at the end of its list.
std::vector<Difference> compare(const Json& before, const Json& after);

// A value for people: texts and numbers as they are, a rule as "award 3: season contract performed".
std::string in_words(const Json& value);

}  // namespace tally::rulebook
