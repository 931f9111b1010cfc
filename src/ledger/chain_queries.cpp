// What any thread may ask of a chain while it goes on.
#include "ledger/chain.h"
#include "ledger/prune.h"

namespace tally::ledger {

ChainHead Chain::head() const {
  const std::lock_guard lock(mutex_);
  return head_;
}

consensus::ValidatorSet Chain::validators() const {
  const std::lock_guard lock(mutex_);
  return validators_;
}

std::optional<consensus::ValidatorSet> Chain::ending() const {
  const std::lock_guard lock(mutex_);
  return ending_;
}

Result<std::optional<consensus::ValidatorSet>> Chain::validators_of(Epoch epoch) const {
  if (epoch == Epoch{}) return std::optional(validator_set(genesis_));
  return read_validators(store_, epoch);
}

Result<consensus::ValidatorSet> Chain::validators_after(const FinalView& view) const {
  for (const Epoch epoch : {view.header.epoch, Epoch{view.header.epoch.value + 1}}) {
    auto set = validators_of(epoch);
    if (!set) return set.error();
    if (*set && digest_of(**set) == view.header.next_validators) return **std::move(set);
  }
  return make_error(ErrorCode::storage_failed, "validators",
                    "no set is held that block " + std::to_string(view.height.value) + " names");
}

BlockHeight Chain::final_height() const {
  const std::lock_guard lock(mutex_);
  return final_height_;
}

BlockHeight Chain::first_block() const {
  const std::lock_guard lock(mutex_);
  return first_block_;
}

Result<PruneReport> Chain::prune(const PruneOptions& options) {
  const std::lock_guard one_at_a_time(prune_mutex_);
  auto report = prune_blocks(store_, final_height(), options);
  const auto first = read_first_block(store_);
  if (!first) return first.error();
  const std::lock_guard lock(mutex_);
  first_block_ = *first;
  return report;
}

std::shared_ptr<const FinalView> Chain::final_view() const {
  const std::lock_guard lock(mutex_);
  return final_view_;
}

Result<std::optional<BlockHeader>> Chain::header(BlockHeight height) const {
  return read_header(store_, height);
}

Result<std::optional<CertifiedBlock>> Chain::block(BlockHeight height) const {
  return read_block(store_, height);
}

Result<std::optional<BlockReceipts>> Chain::receipts(BlockHeight height) const {
  return read_receipts(store_, height);
}

Result<std::optional<consensus::CheckpointCertificate>> Chain::certificate(BlockHeight height) const {
  return read_certificate(store_, height);
}

Result<std::optional<TransactionPlace>> Chain::place_of(const TransactionId& id) const {
  return read_place(store_, id);
}

Result<ReceiptEvidence> Chain::prove_receipt(BlockHeight height, std::uint32_t index) const {
  const std::string block = "block " + std::to_string(height.value);
  auto header = read_header(store_, height);
  if (!header) return header.error();
  auto receipts = read_receipts(store_, height);
  if (!receipts) return receipts.error();
  if (!*header) {
    if (const BlockHeight first = first_block(); height < first) return pruned_block(height, first);
    return make_error(ErrorCode::not_found, "height", "is " + block + ", which is not held");
  }
  if (!*receipts) return pruned_receipts(height);
  auto& list = (*receipts)->receipts;
  if (index >= list.size())
    return make_error(ErrorCode::not_found, "index", "is " + std::to_string(index),
                      "a transaction of " + block + ", below " + std::to_string(list.size()));
  ReceiptEvidence evidence;
  evidence.header = **header;
  for (BlockHeight at = height;; at = at.next()) {
    auto certificate = read_certificate(store_, at);
    if (!certificate) return certificate.error();
    if (*certificate) {
      evidence.certificate = std::move(**certificate);
      break;
    }
    auto later = read_header(store_, at.next());
    if (!later) return later.error();
    if (!*later || evidence.later.size() == kLaterHeadersMax)
      return make_error(ErrorCode::not_final, "height", "is " + block + ", which no certificate covers yet",
                        "to ask again once it is final");
    evidence.later.push_back(**later);
  }
  evidence.path = crypto::merkle_path(receipt_leaves(**receipts), receipt_leaf_index(index));
  evidence.receipt = std::move(list[index]);
  return evidence;
}

Result<StateEvidence> prove_state(const FinalView& view, ByteView key) {
  if (!view.certificate)
    return make_error(ErrorCode::not_final, "", "no block has a certificate yet", "to ask again after the first block");
  auto value = view.reader->get(storage::Column::state, key);
  if (!value) return value.error();
  auto proof = make_state_proof(*view.reader, key);
  if (!proof) return proof.error();
  return StateEvidence{view.header, *view.certificate, std::move(value).value(), std::move(proof).value()};
}

}  // namespace tally::ledger
