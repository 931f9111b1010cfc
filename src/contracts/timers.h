// Purpose: what falls due at a block time, kept in the state in order of time.
// Thread rule: the executing thread only.
// Order: by time, then kind, then id; so all nodes fire the same timers in the same order, also when a block's bound
// leaves some for the next.
#pragma once

#include "contracts/records.h"
#include "ledger/state.h"

namespace tally::contracts {

struct Timer {
  TimestampMs time;
  TimerKind kind = TimerKind::case_term;
  Bytes id;  // whose: a case's number, or the canonical bytes of what the kind says
  bool operator==(const Timer&) const = default;
};

Timer case_timer(TimestampMs time, std::uint64_t case_number);
Timer proposal_timer(TimestampMs time, std::uint64_t proposal);

bool has_timer(const ledger::State& state, const Timer& timer);
void start_timer(ledger::State& state, const Timer& timer);
void stop_timer(ledger::State& state, const Timer& timer);
// At or before `now`, the oldest first, at most `limit`.
std::vector<Timer> due_timers(const ledger::State& state, TimestampMs now, std::size_t limit);
std::optional<TimestampMs> next_timer(const ledger::State& state);

}  // namespace tally::contracts
