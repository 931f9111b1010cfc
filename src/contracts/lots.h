// Purpose: spendable points by the month in which they lapse (Book::lapse_months). The oldest are used up first.
// Thread rule: the executing thread only.
// Invariant: lots add up to no more than the score lies above the floor; the points of the start are in no lot and
// never lapse. post() keeps it: every change of a score changes its lots. One timer runs for each account with lots, at
// the first of them.
#pragma once

#include "contracts/accounts.h"

namespace tally::contracts {

struct Lot {
  TimestampMs lapses;  // the beginning of a month
  Amount left;
  bool operator==(const Lot&) const = default;
};
BOOST_DESCRIBE_STRUCT(Lot, (), (lapses, left))

struct LotsRecord {
  std::vector<Lot> lots;  // by rising time
  bool operator==(const LotsRecord&) const = default;
};
BOOST_DESCRIBE_STRUCT(LotsRecord, (), (lots))

// After an entry of this kind changed the score by `change` at `event_time`.
void count_lots(const Ledger& ledger, EntryKind kind, Amount change, TimestampMs event_time);
// The lots whose month has begun are gone.
DueEvent lapse_lots(const Ledger& ledger, const ledger::BlockContext& block);

}  // namespace tally::contracts
