// Purpose: acceptance of a batch (consensus rule 3): a pure function of its bytes. Registration, roles,
// duplicates and expiry are decided at execution, as receipts, because backups stand at different heights.
// Thread rule: any thread.
// Errors: invalid_encoding, too_large, bad_signature and the codes of ledger::check_form, naming
// transactions[i].
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "ledger/block.h"

namespace tally::node {

using BatchPtr = std::shared_ptr<const ledger::Batch>;
// True if exactly this signed transaction was verified before (it waits in the pool).
using Verified = std::function<bool(const TransactionId&, const ledger::SignedTransaction&)>;

Result<BatchPtr> check_batch(ByteView bytes, ReplicaIndex proposer, const ChainId& chain, const Verified& verified);

// Decoded batches between their check and their execution, so that none is decoded twice. Bounded by the
// window: whoever executes or refuses a batch takes it out.
class DecodedBatches {
 public:
  void put(const Digest& digest, BatchPtr batch);
  // Removes and returns it; null if it is not here (after a restart, say).
  BatchPtr take(const Digest& digest);

 private:
  std::mutex mutex_;
  std::unordered_map<Digest, BatchPtr> batches_;
};

}  // namespace tally::node
