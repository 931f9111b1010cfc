// Purpose: the words of a slip, in English or Chinese, from a proof that was checked: nothing stands on a slip that its
// codes do not prove, but what the rulebook's text, matched by its proven digest, calls it.
// Thread rule: pure functions.
#pragma once

#include "slip/page.h"
#include "tally/proof_view.h"

namespace tally::cli {

enum class SlipLanguage { en, zh };

// Required: the proof is of an account, and its rulebook's text is at hand.
slip::Page slip_page(const CheckedProof& proof, const ledger::Genesis& genesis, SlipLanguage language);

}  // namespace tally::cli
