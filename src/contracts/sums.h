// Purpose: what a subject was awarded or lost within a number of months that moves with time (Sum), by day.
// Thread rule: the executing thread only; reading is a pure function of the state.
// Invariant: a record holds no day that every window has left.
#pragma once

#include "contracts/accounts.h"

namespace tally::contracts {

struct DaySum {
  std::uint32_t day = 0;  // since 1970
  Amount amount;          // without a sign; or how many times
  bool operator==(const DaySum&) const = default;
};
BOOST_DESCRIBE_STRUCT(DaySum, (), (day, amount))

struct SumRecord {
  std::vector<DaySum> days;  // rising
  bool operator==(const SumRecord&) const = default;
};
BOOST_DESCRIBE_STRUCT(SumRecord, (), (days))

// An entry was posted: what it adds to the rulebook's sums. One that takes another back, taken within the window,
// takes its part back too.
void count_sums(const Ledger& ledger, const Entry& entry);
// Of the days within the window that ends at `now`.
Amount sum_of(const ledger::State& state, const RulebookId& rulebook, const Sum& sum, const SubjectHandle& subject,
              TimestampMs now);

}  // namespace tally::contracts
