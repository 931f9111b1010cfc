// Purpose: a small executor for tests of the ledger: counters by number, an operation that fails (with or without
// having changed something first), one that falls due later, and the test clock.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "ledger/executor.h"
#include "ledger/governed.h"

namespace tally::test {

enum class ToyKind : std::uint8_t {
  add,
  fail,
  change_and_fail,
  add_later,
  advance_clock,
  read_back,
  set_members,
  set_protocol
};
BOOST_DESCRIBE_ENUM(ToyKind, add, fail, change_and_fail, add_later, advance_clock, read_back, set_members, set_protocol)

struct ToyOperation {
  ToyKind kind = ToyKind::add;
  std::uint32_t counter = 0;
  std::int64_t amount = 0;
  TimestampMs at;  // add_later: when; advance_clock: to what
};
BOOST_DESCRIBE_STRUCT(ToyOperation, (), (kind, counter, amount, at))

// What governance does in the rule engine: the members, or the protocol version from a height on.
struct ToyGovernance {
  ToyKind kind = ToyKind::set_members;
  ledger::Members members;
  ledger::ProtocolChange protocol;
};
BOOST_DESCRIBE_STRUCT(ToyGovernance, (), (kind, members, protocol))

// What a counter's history holds.
struct ToyEntry {
  std::int64_t amount = 0;
  BlockHeight height;
};
BOOST_DESCRIBE_STRUCT(ToyEntry, (), (amount, height))

struct ToyCounter {
  std::int64_t total = 0;
  std::uint64_t entries = 0;
  Digest history;
};
BOOST_DESCRIBE_STRUCT(ToyCounter, (), (total, entries, history))

Bytes toy_add(std::uint32_t counter, std::int64_t amount);
Bytes toy_fail();  // with rule_off
Bytes toy_fail_with(ErrorCode code);
Bytes toy_change_and_fail(std::uint32_t counter);
Bytes toy_add_later(std::uint32_t counter, std::int64_t amount, TimestampMs at);
Bytes toy_advance_clock(TimestampMs to);
// Succeeds only if the counter holds `amount` at this point.
Bytes toy_read_back(std::uint32_t counter, std::int64_t amount);
Bytes toy_set_members(std::vector<consensus::Validator> members);
Bytes toy_set_protocol(std::uint32_t version, BlockHeight from);

Bytes toy_counter_key(std::uint32_t counter);
ToyCounter toy_counter(const std::optional<Bytes>& bytes);

class ToyExecutor final : public ledger::Executor {
 public:
  ledger::OperationResult execute(const ledger::OperationContext& context, ByteView operation,
                                  ledger::State& state) override;
  std::vector<Bytes> run_due(const ledger::BlockContext& block, ledger::State& state, std::size_t limit) override;
  std::optional<TimestampMs> next_due(const ledger::State& state) const override;
  void forget_cached() override { ++forgotten; }
  [[nodiscard]] std::optional<ledger::HistoryClaim> history_of(ByteView key, ByteView value) const override;
  std::optional<BlockHeight> index_terms(ByteView list, ByteView record, const ledger::State& state,
                                         const std::function<void(Bytes term)>& add) const override;

  int forgotten = 0;
  std::uint32_t last_protocol = ledger::kProtocolVersion;  // under which the last operation was executed
};

}  // namespace tally::test
