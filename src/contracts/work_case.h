// Purpose: a workflow's case in hand: read, shown to expressions, moved on and stored.
// Thread rule: the executing thread only; find_work and WorkObject also on the read side.
// Invariants: what store() writes keeps counts of cases by state, the timer, the indexes and the digest chain of acts
// in step with the record.
#pragma once

#include "contracts/situation.h"
#include "contracts/work_records.h"

namespace tally::contracts {

struct Work {
  std::uint64_t number = 0;
  RulebookPtr rulebook;  // the version it runs under
  const Workflow* workflow = nullptr;
  WorkRecord record;
  SubjectRecord subject;
  // Values that the act in hand adds to lists; stored when the act happens.
  std::vector<std::pair<std::size_t, FieldValue>> fresh;
  Signer fresh_by;
};

std::optional<WorkRecord> load_work_record(const ledger::State& state, std::uint64_t number);
// nullopt if it is no case of a workflow.
std::optional<Work> find_work(const ledger::State& state, Shelf& shelf, std::uint64_t number);

// `case` of expressions. The case and the state outlive it.
cel::Value work_object(const ledger::State& state, Shelf& shelf, const Work& work);

// The opening state was entered: indexes, counts.
void store_opened(ledger::State& state, const Work& work);
// Into a state, or past a final one: counts, queues, deadline. `now` is block time.
struct Entered {
  TimestampMs now;
  std::optional<TimestampMs> after;
};
void enter_state(ledger::State& state, Work& work, std::size_t to, const Entered& entered);
// Writes the record and moves its timer. `before`: the time of its timer until now; nullopt if it had none.
void store(ledger::State& state, const Work& work, std::optional<TimestampMs> before);
// The values of the act in hand go into their lists.
void store_fresh(ledger::State& state, Work& work, const Signer& by, TimestampMs now);
void add_act(ledger::State& state, Work& work, const ActRecord& act);

void enter_queue(ledger::State& state, Work& work, const std::string& queue);
void leave_queue(ledger::State& state, Work& work, const std::string& queue);

}  // namespace tally::contracts
