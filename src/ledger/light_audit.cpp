#include "ledger/light_audit.h"

namespace tally::ledger {

namespace {

Result<BlockHeader> genesis_header(const Genesis& genesis, Executor& executor) {
  const auto store = storage::make_memory_store();
  const auto verifier = crypto::make_verifier(chain_id(genesis));
  ChainOptions options;
  options.final_views = false;
  options.keep_blocks = false;
  auto chain = Chain::open(*store, genesis, executor, *verifier, options);
  if (!chain) return chain.error();
  return (*chain)->head().header;
}

}  // namespace

LightAuditor::LightAuditor(const Genesis& genesis, Executor& executor, std::vector<EpochLink> epochs,
                           LightOptions options)
    : epochs_(std::move(epochs)),
      picked_(options.samples, options.seed),
      wanted_(options.samples, options.seed),
      random_(options.seed) {
  verdict_.chain = chain_id(genesis);
  verdict_.name = genesis.name;
  if (options.expected_chain && *options.expected_chain != verdict_.chain) {
    fail({},
         make_error(ErrorCode::wrong_chain, "genesis", "is " + verdict_.chain.hex(), options.expected_chain->hex()));
    return;
  }
  const auto header = genesis_header(genesis, executor);
  if (!header) {
    fail({}, header.error());
    return;
  }
  head_ = trust_genesis(genesis, *header);
}

void LightAuditor::fail(BlockHeight height, const Error& error) {
  if (verdict_.failure) return;
  std::string what = error.field;
  const std::string place = "block " + std::to_string(height.value) + ".";
  if (what.starts_with(place)) what.erase(0, place.size());
  std::string found = error.problem;
  if (found.starts_with("is ")) found.erase(0, 3);
  // A certificate on a block that is found to be false verifies nothing.
  if (height.value > 0 && verdict_.verified_until >= height) verdict_.verified_until = BlockHeight{height.value - 1};
  verdict_.failure = AuditFailure{height, what, error.expected, found, error.code};
}

BlockHeight LightAuditor::next_height() const {
  return BlockHeight{head_.header.height.value + pending_.size() + 1};
}

// Which of the pending headers does not follow; only asked once something was found wrong.
BlockHeight LightAuditor::first_bad() const {
  for (std::size_t count = 1; count < pending_.size(); ++count) {
    const std::vector<CertifiedHeader> some(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(count));
    if (!advance(head_, some, epochs_)) return BlockHeight{head_.header.height.value + count};
  }
  return BlockHeight{head_.header.height.value + pending_.size()};
}

bool LightAuditor::follow(const CertifiedHeader& header) {
  pending_.push_back(header);
  if (!header.certificate) {
    if (pending_.size() <= kUncertifiedMax) return true;
    fail(header.header.height, make_error(ErrorCode::bad_certificate, "certificate",
                                          "missing for " + std::to_string(pending_.size()) + " blocks in a row",
                                          "one at least every " + std::to_string(kUncertifiedMax)));
    return false;
  }
  auto next = advance(head_, pending_, epochs_);
  if (!next) {
    fail(first_bad(), next.error());
    return false;
  }
  head_ = std::move(next).value();
  verdict_.blocks += pending_.size();
  pending_.clear();
  ++verdict_.certificates;
  verdict_.validator_signatures += header.certificate->signatures.size();
  verdict_.verified_until = head_.header.height;
  verdict_.epoch = head_.header.epoch;
  return true;
}

Result<std::optional<Batch>> LightAuditor::checked_batch(const CertifiedBlock& block) {
  const Digest digest = block.batch.empty() ? consensus::kNullBatch : consensus::batch_digest(block.batch);
  if (digest != block.header.batch)
    return make_error(ErrorCode::root_mismatch, "header.batch", "is " + block.header.batch.hex(),
                      digest.hex() + ", the digest of its batch");
  std::optional<Batch> out;
  if (!block.batch.empty()) {
    auto batch = decode<Batch>(block.batch);
    if (!batch) return Error(batch.error()).within("batch");
    out = std::move(batch).value();
  }
  const Digest root = crypto::merkle_root(out ? transaction_leaves(*out) : std::vector<Digest>{});
  if (root != block.header.transactions_root)
    return make_error(ErrorCode::root_mismatch, "header.transactions_root",
                      "is " + block.header.transactions_root.hex(), root.hex() + ", the root of its batch");
  ++verdict_.batches;
  if (out) verdict_.transactions += out->transactions.size();
  return out;
}

bool LightAuditor::feed(const CertifiedBlock& block) {
  if (failed()) return false;
  for (const auto& recovery : block.recoveries)
    if (epochs_.size() < block.header.epoch.value) epochs_.emplace_back(recovery);
  const BlockHeight height = next_height();
  const auto batch = checked_batch(block);
  if (!batch) {
    // What the headers say comes first: a block of another chain is told as that.
    if (follow({block.header, block.certificate})) fail(height, batch.error());
    return false;
  }
  if (*batch) {
    const auto& transactions = (*batch)->transactions;
    for (std::size_t i = 0; i < transactions.size(); ++i)
      picked_.offer([&] { return Picked{height, i, transactions[i]}; });
  }
  return follow({block.header, block.certificate});
}

bool LightAuditor::feed(const CertifiedHeader& header) {
  if (failed()) return false;
  if (header.header.batch != consensus::kNullBatch) wanted_.offer([&] { return header.header; });
  return follow(header);
}

Status LightAuditor::check_picked(const Picked& picked) {
  const std::string place = "batch.transactions[" + std::to_string(picked.index) + "]";
  if (picked.transaction.body.chain != verdict_.chain)
    return make_error(ErrorCode::wrong_chain, place + ".body.chain", "is " + picked.transaction.body.chain.hex(),
                      verdict_.chain.hex());
  if (auto good = check_signatures(picked.transaction, id_of(picked.transaction.body)); !good)
    return Error(good.error()).within(place);
  ++verdict_.sampled_transactions;
  verdict_.client_signatures += picked.transaction.signatures.size();
  return {};
}

Result<std::optional<SignedTransaction>> LightAuditor::sample(const BlockHeader& wanted, const CertifiedBlock& served) {
  if (served.header != wanted)
    return make_error(ErrorCode::broken_chain, "header", "is " + digest_of(served.header).hex(),
                      digest_of(wanted).hex() + ", as certified");
  const auto batch = checked_batch(served);
  if (!batch) return batch.error();
  if (!*batch || (*batch)->transactions.empty()) return std::optional<SignedTransaction>{};
  const std::uint64_t index = random_() % (*batch)->transactions.size();
  const Picked picked{wanted.height, index, (*batch)->transactions[index]};
  if (auto good = check_picked(picked); !good) return good.error();
  return std::optional(picked.transaction);
}

LightVerdict LightAuditor::finish() {
  for (const auto& picked : picked_.items()) {
    if (failed()) break;
    if (auto good = check_picked(picked); !good) fail(picked.height, good.error());
  }
  if (!failed() && !pending_.empty()) {
    // What does not follow is told before the missing certificate.
    if (auto follows = advance(head_, pending_, epochs_); !follows) {
      fail(first_bad(), follows.error());
    } else {
      fail(pending_.back().header.height, make_error(ErrorCode::bad_certificate, "certificate", "missing",
                                                     "one for the last block, which no later one covers"));
    }
  }
  verdict_.passed = !failed();
  return verdict_;
}

LightVerdict LightAuditor::finish_broken(BlockHeight height, const Error& error) {
  fail(height, error);
  return verdict_;
}

}  // namespace tally::ledger
