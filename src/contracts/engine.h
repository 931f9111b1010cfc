// Purpose: the rule engine: executes operations against the ledger's state, by the rulebooks deployed there. It
// knows no scheme's numbers.
// Thread rule: the executing thread only; several engines may live in one process.
// Errors: a refusal carries a stable code, the clause (a rule's code, or the operation's name) and a message in
// words that names the clause, the problem and what would be right. It changes nothing.
// Invariant: all caches are functions of the state (forget_cached drops them) or of a document's digest.
#pragma once

#include "contracts/directory.h"
#include "contracts/parameters.h"
#include "contracts/shelf.h"
#include "ledger/executor.h"

namespace tally::contracts {

class RuleEngine : public ledger::Executor {
 public:
  RuleEngine() = default;
  // Judges by a version that is only tried.
  explicit RuleEngine(Trial trial) : shelf_(std::move(trial)) {}

  ledger::OperationResult execute(const ledger::OperationContext& context, ByteView operation,
                                  ledger::State& state) override;
  std::vector<Bytes> run_due(const ledger::BlockContext& block, ledger::State& state, std::size_t limit) override;
  [[nodiscard]] std::optional<TimestampMs> next_due(const ledger::State& state) const override;
  void forget_cached() override;
  [[nodiscard]] std::optional<ledger::HistoryClaim> history_of(ByteView key, ByteView value) const override;
  std::optional<BlockHeight> index_terms(ByteView list, ByteView record, const ledger::State& state,
                                         const std::function<void(Bytes term)>& add) const override;

 private:
  Directory people_;
  Shelf shelf_;
  ParameterShelf settings_;
};

}  // namespace tally::contracts
