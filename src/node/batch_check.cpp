#include "node/batch_check.h"

#include "common/limits.h"

namespace tally::node {

namespace {

Status check_transaction(const ledger::SignedTransaction& transaction, const ChainId& chain, const Verified& verified) {
  const TransactionId id = ledger::id_of(transaction.body);
  if (verified(id, transaction)) return {};
  if (Status form = ledger::check_form(transaction, chain, encode(transaction).size()); !form) return form;
  return ledger::check_signatures(transaction, id);
}

}  // namespace

Result<BatchPtr> check_batch(ByteView bytes, ReplicaIndex proposer, const ChainId& chain, const Verified& verified) {
  if (bytes.size() > limits::kBatchBytesMax)
    return make_error(ErrorCode::too_large, "batch", "has " + std::to_string(bytes.size()) + " bytes",
                      "at most " + std::to_string(limits::kBatchBytesMax));
  auto decoded = decode<ledger::Batch>(bytes);
  if (!decoded) return Error(decoded.error()).within("batch");
  auto batch = std::make_shared<const ledger::Batch>(std::move(decoded).value());
  if (batch->proposer != proposer)
    return make_error(ErrorCode::invalid_field, "batch.proposer", "is " + std::to_string(batch->proposer.value),
                      std::to_string(proposer.value) + ", who signed the proposal");
  std::size_t operations = 0;
  for (std::size_t i = 0; i < batch->transactions.size(); ++i) {
    const auto& transaction = batch->transactions[i];
    operations += transaction.body.operations.size();
    if (Status good = check_transaction(transaction, chain, verified); !good)
      return Error(good.error()).within("batch.transactions[" + std::to_string(i) + "]");
  }
  if (operations > limits::kBatchOperationsMax)
    return make_error(ErrorCode::too_large, "batch.transactions", "hold " + std::to_string(operations) + " operations",
                      "at most " + std::to_string(limits::kBatchOperationsMax));
  return batch;
}

void DecodedBatches::put(const Digest& digest, BatchPtr batch) {
  const std::lock_guard lock(mutex_);
  if (batches_.size() >= 4 * limits::kWatermarkWindow) batches_.clear();
  batches_[digest] = std::move(batch);
}

BatchPtr DecodedBatches::take(const Digest& digest) {
  const std::lock_guard lock(mutex_);
  const auto found = batches_.find(digest);
  if (found == batches_.end()) return nullptr;
  BatchPtr batch = std::move(found->second);
  batches_.erase(found);
  return batch;
}

}  // namespace tally::node
