// Purpose: a ledger state in memory for tests of the engine alone: no tree, no blocks. Counts what is written, so
// that a test sees a refusal that changed something, and copies itself into a store for the read side.
#pragma once

#include <map>

#include "ledger/state.h"
#include "ledger/working_state.h"
#include "storage/store.h"

namespace tally::contracts {

class MemoryState final : public ledger::State {
 public:
  [[nodiscard]] std::optional<Bytes> get(ByteView key) const override {
    const auto found = pairs_.find(Bytes(key.begin(), key.end()));
    return found == pairs_.end() ? std::nullopt : std::optional<Bytes>(found->second);
  }
  void put(ByteView key, Bytes value) override {
    ++writes_;
    pairs_[Bytes(key.begin(), key.end())] = std::move(value);
  }
  void erase(ByteView key) override {
    ++writes_;
    pairs_.erase(Bytes(key.begin(), key.end()));
  }
  void scan(ByteView prefix, const std::function<bool(ByteView, ByteView)>& visit) const override {
    const Bytes start(prefix.begin(), prefix.end());
    for (auto it = pairs_.lower_bound(start); it != pairs_.end(); ++it) {
      if (it->first.size() < start.size() || !std::equal(start.begin(), start.end(), it->first.begin())) return;
      if (!visit(it->first, it->second)) return;
    }
  }
  void append_history(ByteView list, std::uint64_t index, Bytes record) override {
    ++writes_;
    history_[ledger::history_key(list, index)] = std::move(record);
  }
  [[nodiscard]] std::optional<Bytes> history(ByteView list, std::uint64_t index) const override {
    const auto found = history_.find(ledger::history_key(list, index));
    return found == history_.end() ? std::nullopt : std::optional<Bytes>(found->second);
  }

  [[nodiscard]] std::size_t writes() const { return writes_; }
  // Everything that is stored, for comparing two runs.
  [[nodiscard]] bool same_as(const MemoryState& other) const {
    return pairs_ == other.pairs_ && history_ == other.history_;
  }
  // The same content as the node's store would hold it.
  [[nodiscard]] std::unique_ptr<storage::Store> to_store() const {
    auto store = storage::make_memory_store();
    storage::WriteBatch batch;
    for (const auto& [key, value] : pairs_) batch.put(storage::Column::state, key, value);
    for (const auto& [key, value] : history_) batch.put(storage::Column::history, key, value);
    (void)store->write(batch, storage::Sync::no);
    return store;
  }

 private:
  std::map<Bytes, Bytes> pairs_;
  std::map<Bytes, Bytes> history_;
  std::size_t writes_ = 0;
};

}  // namespace tally::contracts
