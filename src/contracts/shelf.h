// Purpose: the rulebooks that are deployed, compiled, by version and by time.
// Thread rule: the executing thread only.
// Invariant: what is cached equals what the state holds; whoever deploys calls forget(). Compiled documents stay
// in a memo by digest, so that dropping the cache never means parsing again.
#pragma once

#include "contracts/rulebook.h"
#include "ledger/state.h"

namespace tally::contracts {

class Shelf {
 public:
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

  std::unordered_map<RulebookId, Deployed> books_;
  RulebookMemo memo_;
};

}  // namespace tally::contracts
