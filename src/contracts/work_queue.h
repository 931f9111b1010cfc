// Purpose: queues of cases that wait for a share of something limited, and how it is allocated.
// Thread rule: the executing thread only; queue_order also on the read side.
// Determinism: cases stand by the queue's order expressions, then by who entered earlier.
// Errors: not_registered; not_found (no such queue); missing_role; outside_unit; invalid_field (pool); too_large (more
// than kQueueCasesMax cases wait in the unit); expression_failed.
#pragma once

#include "contracts/call.h"
#include "contracts/work_case.h"

namespace tally::contracts {

inline constexpr std::size_t kQueueCasesMax = 10'000;  // of a unit and those below it, in one allocation
inline constexpr std::size_t kServedMax = 1'000;       // by one allocation; the rest by the next

// Numbers of the cases that wait in a unit and below it, in the order of service. Each is judged by its own version of
// the rulebook, with the budget of one operation.
Result<std::vector<std::uint64_t>> queue_order(const ledger::State& state, Shelf& shelf, const Rulebook& rulebook,
                                               const Queue& queue, const UnitId& unit, TimestampMs now);

Outcome allocate(Call& call, const Allocate& operation);

}  // namespace tally::contracts
