// Purpose: operations on cases of workflows: opening one, and acts in it.
// Thread rule: the executing thread only.
// Errors: not_registered; not_found (case, workflow, act); wrong_state (with the state and what can be done);
// evidence_missing; reason_missing; invalid_field (values, links); those of work_people.h and work_flow.h.
#pragma once

#include "contracts/call.h"

namespace tally::contracts {

Outcome open_case(Call& call, const OpenCase& operation);
Outcome act_case(Call& call, const ActCase& operation);

}  // namespace tally::contracts
