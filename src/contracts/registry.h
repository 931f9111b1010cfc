// Purpose: units, officers and their keys, subjects and their accounts.
// Thread rule: the executing thread only.
// Errors: already_registered, not_registered, missing_role, outside_unit, same_person, invalid_field, wrong_state.
#pragma once

#include "contracts/call.h"

namespace tally::contracts {

// A unit strictly below the registrar's own; a root only at genesis.
Outcome register_unit(Call& call, const RegisterUnit& operation);
// A registrar at or above the post's unit, and a different registrar or governor at or above it.
Outcome register_officer(Call& call, const RegisterOfficer& operation);
// With one's own key: adds a key, and may revoke the key that signs. For somebody else (a lost key): a registrar
// at or above their unit, and a further person who is neither of the two.
Outcome change_keys(Call& call, const ChangeKeys& operation);
Outcome register_subject(Call& call, const RegisterSubject& operation);
Outcome open_account(Call& call, const OpenAccount& operation);

}  // namespace tally::contracts
