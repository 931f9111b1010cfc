// Purpose: the rulebooks that are deployed, compiled, by version and by time.
// Thread rule: the executing thread only.
// Invariant: what is cached equals what the state holds; whoever deploys calls forget(). Compiled documents stay
// in a memo by digest, so that dropping the cache never means parsing again.
#pragma once

#include "contracts/rulebook.h"
#include "ledger/state.h"

namespace tally::contracts {

// A version that nobody deployed, tried on a history (dry_run.h): for all times from `since` on at which a version of
// its rulebook is in force it stands in that version's place. Never set where blocks are made.
struct Trial {
  RulebookPtr rulebook;
  TimestampMs since;
};

class Shelf {
 public:
  Shelf() = default;
  explicit Shelf(Trial trial) : trial_(std::move(trial)) {}

  // Null if no such rulebook is deployed.
  const RulebookRecord* record(const ledger::State& state, const RulebookId& id);
  // The highest version whose effective time has come at `time`; null if none.
  RulebookPtr in_force(const ledger::State& state, const RulebookId& id, TimestampMs time);
  RulebookPtr version(const ledger::State& state, const RulebookId& id, std::uint32_t version);
  void put(RulebookPtr rulebook) { memo_.put(std::move(rulebook)); }
  void forget() { books_.clear(); }

 private:
  struct Deployed {
    RulebookRecord record;
    std::vector<RulebookPtr> compiled;  // by position; null until asked for
  };
  Deployed* find(const ledger::State& state, const RulebookId& id);
  RulebookPtr at(const ledger::State& state, const RulebookId& id, Deployed& deployed, std::size_t position);

  [[nodiscard]] bool tries(const RulebookId& id) const { return trial_ && trial_->rulebook->id == id; }

  const std::optional<Trial> trial_;
  std::unordered_map<RulebookId, Deployed> books_;
  RulebookMemo memo_;
};

}  // namespace tally::contracts
