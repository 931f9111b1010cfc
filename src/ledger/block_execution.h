// Purpose: executes one batch over a working state and says what became of each transaction.
// Thread rule: the executing thread only.
// Determinism: receipts and changes follow from the context, the batch and the state alone.
#pragma once

#include <span>

#include "ledger/executor.h"
#include "ledger/replay_table.h"

namespace tally::ledger {

// max(parent + 1 ms, proposed), where on a test clock the state's clock stands for the proposed time. `batch` is
// null for the null batch, which proposes nothing.
TimestampMs block_time(ClockMode clock, TimestampMs parent, const Batch* batch, const State& state);

class BlockExecution {
 public:
  BlockExecution(Executor& executor, WorkingState& state, ReplayTable& replays)
      : executor_(executor), state_(state), replays_(replays) {}

  // Required: ids[i] names batch->transactions[i]. Prunes the replay table, runs what is due, then the
  // transactions in order.
  BlockReceipts run(const BlockContext& block, const Batch* batch, std::span<const TransactionId> ids);

  // Executes operations without an author; the first refusal is the error and names the operation.
  Status run_genesis(const BlockContext& block, std::span<const Bytes> operations);

 private:
  Receipt run_transaction(const BlockContext& block, const SignedTransaction& transaction, const TransactionId& id);
  void run_together(OperationContext context, const std::vector<Bytes>& operations, Receipt& receipt);
  void run_apart(OperationContext context, const std::vector<Bytes>& operations, Receipt& receipt);
  void roll_back();

  Executor& executor_;
  WorkingState& state_;
  ReplayTable& replays_;
};

}  // namespace tally::ledger
