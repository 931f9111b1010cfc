// Purpose: the stars that an account had at the end of each month, quarter or year (Book::rated), kept until the next.
// Thread rule: the executing thread only; last_rating also on the read side.
// Exactness: what counts is the score at the period's last millisecond, under the version in force then, however many
// blocks later the account's turn comes; entries that came after, a reset among them, are left out.
// Invariant: an account of a rated book that has had an entry since it is rated has one timer.
#pragma once

#include "contracts/accounts.h"

namespace tally::contracts {

// nullopt: it has not been rated yet.
std::optional<RatingRecord> last_rating(const ledger::State& state, const AccountId& id);

// The account's next rating is planned, if its book is rated and it is not planned yet.
void plan_rating(const Ledger& ledger, TimestampMs now);
// `end`: of the period, exclusive; `ledger`: under the version in force in its last millisecond. Without stars: that
// version rates no more or not by such a period, or the subject has not agreed to be scored.
DueEvent rate_account(const Ledger& ledger, TimestampMs end);

}  // namespace tally::contracts
