// Purpose: the conversions between types of the standard library: int(x), string(x), timestamp(x), type(x) ...
// Thread rule: pure functions. Internal to this folder.
#pragma once

#include "cel/function.h"

namespace tally::cel {

void declare_conversions(Library& library);

}  // namespace tally::cel
