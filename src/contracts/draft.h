// Purpose: changes to the state on trial: kept apart until they are known to be wanted. For what no transaction rolls
// back: effects of deadlines and of allocations.
// Thread rule: the executing thread only. The state below outlives it and is not changed meanwhile.
#pragma once

#include <map>

#include "ledger/state.h"

namespace tally::contracts {

class Draft final : public ledger::State {
 public:
  explicit Draft(ledger::State& below) : below_(below) {}
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  [[nodiscard]] std::optional<Bytes> get(ByteView key) const override;
  void put(ByteView key, Bytes value) override;
  void erase(ByteView key) override;
  void scan(ByteView prefix, const std::function<bool(ByteView key, ByteView value)>& visit) const override;
  void append_history(ByteView list, std::uint64_t index, Bytes record) override;
  [[nodiscard]] std::optional<Bytes> history(ByteView list, std::uint64_t index) const override;

  // Into the state below. A draft that goes without it changed nothing.
  void commit();

 private:
  using Place = std::pair<Bytes, std::uint64_t>;

  ledger::State& below_;
  std::map<Bytes, std::optional<Bytes>> changes_;  // nullopt: erased
  std::map<Place, Bytes> records_;
};

}  // namespace tally::contracts
