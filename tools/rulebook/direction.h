// Purpose: inside the rulebook tools: whether a change is stricter or milder for the people whose scores are kept.
// Thread rule: pure functions.
#pragma once

#include "rulebook/difference.h"

namespace tally::rulebook {

// A place in the two documents that are compared.
struct Place {
  std::string fields;            // names of fields from the top, without elements: "rules.limits.times"
  const Json* before = nullptr;  // the values there; null where there is none
  const Json* after = nullptr;
  const Json* rule = nullptr;  // the element of the top-level list around it, of the new document if it is in both
};

Direction direction_of(const Place& place);

}  // namespace tally::rulebook
