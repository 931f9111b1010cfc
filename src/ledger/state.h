// Purpose: what an executor sees of the ledger's state while a block is executed.
// Thread rule: the executing thread only.
// Errors: a failing store throws storage::StorageFailure, which stops the node; nothing else throws.
#pragma once

#include <functional>
#include <optional>

#include "common/bytes.h"

namespace tally::ledger {

class State {
 public:
  virtual ~State() = default;

  // Authenticated key-value pairs: each stands in the state tree, under the block's state root.
  [[nodiscard]] virtual std::optional<Bytes> get(ByteView key) const = 0;
  virtual void put(ByteView key, Bytes value) = 0;
  virtual void erase(ByteView key) = 0;

  // Pairs with this prefix in byte order, as they stood before the current block plus what it changed;
  // false from `visit` ends the scan. For timers and other bounded walks, never per operation.
  virtual void scan(ByteView prefix, const std::function<bool(ByteView key, ByteView value)>& visit) const = 0;

  // Append-only records beside the tree (an account's entries). They are authenticated by a digest chain
  // that the executor keeps in an authenticated value. `list` is at most 128 bytes.
  virtual void append_history(ByteView list, std::uint64_t index, Bytes record) = 0;
  [[nodiscard]] virtual std::optional<Bytes> history(ByteView list, std::uint64_t index) const = 0;
};

}  // namespace tally::ledger
