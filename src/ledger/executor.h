// Purpose: the interface between the ledger and the rule engine above it (contracts/).
// Thread rule: the executing thread only. An executor may cache what it decoded from the state, but must give
// the same answers with a cold cache: replay starts cold.
// Determinism: results depend on the context, the operation's bytes and the state, on nothing else.
// Errors: a refusal is an OperationResult with a code, the rule and a message in words; it changes nothing.
#pragma once

#include <span>

#include "ledger/block.h"
#include "ledger/genesis.h"
#include "ledger/state.h"

namespace tally::ledger {

struct BlockContext {
  BlockHeight height;
  TimestampMs time;
  Epoch epoch;
  ClockMode clock = ClockMode::real;
  // Under whose rules the block is executed, so that old blocks replay under old rules.
  std::uint32_t protocol = kProtocolVersion;
};

struct OperationContext {
  const BlockContext& block;
  // Null at genesis, where operations need no author and no endorsement.
  const SignedTransaction* transaction = nullptr;
  TransactionId transaction_id;
  std::uint32_t operation_index = 0;

  [[nodiscard]] bool genesis() const { return transaction == nullptr; }
};

// What a value of the state says of a history list: how many records it has, and the digest chain over them.
struct HistoryClaim {
  Bytes list;
  std::uint64_t count = 0;
  Digest digest;  // zero for an empty list
  bool operator==(const HistoryClaim&) const = default;
};

// H(previous, record): the link of every digest chain over a history list.
Digest history_link(const Digest& previous, ByteView record);

class Executor {
 public:
  virtual ~Executor() = default;

  // What a refused operation changed in `state` is rolled back by the ledger.
  virtual OperationResult execute(const OperationContext& context, ByteView operation, State& state) = 0;

  // Handles what fell due at or before the block's time, at most `limit` events (the rest in the next block),
  // in a fixed order. Called once per block before its transactions. Returns the events in canonical bytes.
  virtual std::vector<Bytes> run_due(const BlockContext& block, State& state, std::size_t limit) = 0;

  // When the earliest timer falls due, so that an idle primary knows to make a block.
  [[nodiscard]] virtual std::optional<TimestampMs> next_due(const State& state) const = 0;

  // Called when operations of a transaction were rolled back, or another chain state is loaded: drop caches.
  virtual void forget_cached() = 0;

  // The history list that this pair of the state authenticates; nullopt if it authenticates none, or does not decode. A
  // pure function, safe from any thread. Every list that the executor appends to is claimed by exactly one pair.
  [[nodiscard]] virtual std::optional<HistoryClaim> history_of(ByteView key, ByteView value) const = 0;

  // Under which terms a record of a history list is found (history_index.h), with the state after its block; returns
  // the block that appended it, as the record tells, or nullopt if it is not indexed. The ledger gives the terms no
  // meaning. Pure but for reading the state.
  virtual std::optional<BlockHeight> index_terms(ByteView list, ByteView record, const State& state,
                                                 const std::function<void(Bytes term)>& add) const = 0;
};

// Key of the test clock in the state: an 8-byte little-endian TimestampMs written by the executor's
// advance_clock. Block time = max(parent + 1 ms, test clock) on a test clock, else max(parent + 1 ms, proposed).
inline constexpr std::string_view kTestClockKey = "sys/clock";

}  // namespace tally::ledger
