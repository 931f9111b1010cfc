// Purpose: which transactions were admitted, so that none is executed twice: a table in the authenticated state,
// keyed (author, client id), pruned by expiry. A pruned transaction cannot come back, because it has expired.
//   sys/replay 00 | author | client id                -> transaction id, valid_until
//   sys/expiry 00 | valid_until (big-endian) | author | client id -> nothing
// Thread rule: the executing thread only.
// Determinism: at most kReplayPrunedPerBlockMax entries go per block, by rising expiry, author and client id.
#pragma once

#include "common/limits.h"
#include "ledger/block.h"
#include "ledger/working_state.h"

namespace tally::ledger {

// Above the rate at which entries can come, so that the table shrinks again after a peak.
inline constexpr std::size_t kReplayPrunedPerBlockMax = 6000;
static_assert(kReplayPrunedPerBlockMax > limits::kBatchOperationsMax);

struct ReplayEntry {
  TransactionId transaction;
  TimestampMs valid_until;
  bool operator==(const ReplayEntry&) const = default;
};
BOOST_DESCRIBE_STRUCT(ReplayEntry, (), (transaction, valid_until))

class ReplayTable {
 public:
  // The state outlives the table.
  explicit ReplayTable(WorkingState& state) : state_(state) {}

  // Whether the transaction may be executed in a block of this time; if so it is entered. Otherwise says why
  // not, in this order: expired, not_yet_valid, duplicate, replay_conflict.
  Status admit(const Transaction& transaction, const TransactionId& id, TimestampMs block_time);

  // Removes entries whose valid_until has been reached.
  void prune(TimestampMs block_time);

  // The block was discarded: what is remembered about the table may be wrong.
  void forget();

 private:
  WorkingState& state_;
  // To spare look-ups only: no entry expires before this (nullopt: unknown), and none stands before this key.
  std::optional<TimestampMs> earliest_;
  Bytes pruned_to_;
};

}  // namespace tally::ledger
