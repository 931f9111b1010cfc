#include "ledger/block_execution.h"

#include <algorithm>
#include <string>

#include "storage/storage_failure.h"

namespace tally::ledger {

namespace {

TimestampMs test_clock(const State& state) {
  const auto bytes = state.get(as_bytes(kTestClockKey));
  return bytes ? storage::value_or_throw(decode<TimestampMs>(*bytes)) : TimestampMs{};
}

std::string operation_name(std::size_t index) {
  return "operations[" + std::to_string(index) + "]";
}

// "operations[3]: reason": why nothing of the transaction was applied.
void refuse(Receipt& receipt, std::size_t index, const OperationResult& result) {
  receipt.code = result.code;
  receipt.message = operation_name(index) + (result.message.empty() ? "" : ": " + result.message);
}

}  // namespace

TimestampMs block_time(ClockMode clock, TimestampMs parent, const Batch* batch, const State& state) {
  const TimestampMs earliest = parent.next();
  if (clock == ClockMode::test) return std::max(earliest, test_clock(state));
  return batch == nullptr ? earliest : std::max(earliest, batch->proposed_time);
}

// The executor may have cached what was undone; if nothing was, its caches still hold.
void BlockExecution::roll_back() {
  if (state_.rollback()) executor_.forget_cached();
}

BlockReceipts BlockExecution::run(const BlockContext& block, const Batch* batch, std::span<const TransactionId> ids) {
  BlockReceipts out;
  replays_.prune(block.time);
  out.due.events = executor_.run_due(block, state_, limits::kDueEventsPerBlockMax);
  if (batch == nullptr) return out;
  out.receipts.reserve(batch->transactions.size());
  for (std::size_t i = 0; i < batch->transactions.size(); ++i)
    out.receipts.push_back(run_transaction(block, batch->transactions[i], ids[i]));
  return out;
}

Receipt BlockExecution::run_transaction(const BlockContext& block, const SignedTransaction& transaction,
                                        const TransactionId& id) {
  Receipt receipt;
  receipt.transaction = id;
  if (auto admitted = replays_.admit(transaction.body, id, block.time); !admitted) {
    receipt.code = admitted.error().code;
    receipt.message = admitted.error().text();
    return receipt;
  }
  const OperationContext context{block, &transaction, id, 0};
  if (transaction.body.mode == Mode::all_or_nothing) {
    run_together(context, transaction.body.operations, receipt);
  } else {
    run_apart(context, transaction.body.operations, receipt);
  }
  return receipt;
}

void BlockExecution::run_together(OperationContext context, const std::vector<Bytes>& operations, Receipt& receipt) {
  receipt.results.reserve(operations.size());
  state_.begin();
  for (std::size_t i = 0; i < operations.size(); ++i) {
    context.operation_index = static_cast<std::uint32_t>(i);
    OperationResult result = executor_.execute(context, operations[i], state_);
    if (result.code == ErrorCode::ok) {
      receipt.results.push_back(std::move(result));
      continue;
    }
    roll_back();
    refuse(receipt, i, result);
    receipt.results.assign(operations.size(), OperationResult{ErrorCode::batch_aborted, {}, {}, {}});
    receipt.results[i] = std::move(result);
    return;
  }
  state_.commit();
}

void BlockExecution::run_apart(OperationContext context, const std::vector<Bytes>& operations, Receipt& receipt) {
  receipt.results.reserve(operations.size());
  bool any = false;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    context.operation_index = static_cast<std::uint32_t>(i);
    state_.begin();
    receipt.results.push_back(executor_.execute(context, operations[i], state_));
    if (receipt.results.back().code == ErrorCode::ok) {
      any = true;
      state_.commit();
    } else {
      roll_back();
    }
  }
  if (!any) refuse(receipt, 0, receipt.results.front());
}

Status BlockExecution::run_genesis(const BlockContext& block, std::span<const Bytes> operations) {
  OperationContext context{block, nullptr, {}, 0};
  for (std::size_t i = 0; i < operations.size(); ++i) {
    context.operation_index = static_cast<std::uint32_t>(i);
    const OperationResult result = executor_.execute(context, operations[i], state_);
    if (result.code != ErrorCode::ok)
      return make_error(result.code, operation_name(i),
                        "is refused (" + std::string(name_of(result.code)) + ")" +
                            (result.rule.empty() ? "" : " by rule " + result.rule) +
                            (result.message.empty() ? "" : ": " + result.message));
  }
  return {};
}

}  // namespace tally::ledger
