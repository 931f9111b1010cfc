// Purpose: the part of an audit that looks at one block alone, so that several can be checked at a time: form and
// limits of the batch, every client signature, and the block's own certificate.
// Thread rule: start() and wait() from the auditing thread; the work runs in the pool.
// Errors: as check_batch, check_signatures and check_final give them; the first in the block's order is kept.
#pragma once

#include <memory>

#include "ledger/batch_facts.h"
#include "ledger/genesis.h"
#include "ledger/proofs.h"
#include "ledger/work_pool.h"

namespace tally::ledger {

// What blocks are checked against. Outlives the checks.
struct AuditGround {
  ChainId chain;
  consensus::ValidatorSet validators;
  std::unique_ptr<crypto::Verifier> verifier;
};

class BlockChecks : public std::enable_shared_from_this<BlockChecks> {
 public:
  BlockChecks(CertifiedBlock block, const AuditGround& ground) : block_(std::move(block)), ground_(ground) {}

  void start(WorkPool& pool);
  // Until all is checked; the first error found.
  Status wait();

  // After a wait() without error.
  [[nodiscard]] const CertifiedBlock& block() const { return block_; }
  [[nodiscard]] const std::optional<Batch>& batch() const { return batch_; }
  [[nodiscard]] const BatchFacts& facts() const { return facts_; }
  [[nodiscard]] std::uint64_t signatures() const { return signatures_; }

 private:
  void check_body(WorkPool& pool);
  Status decode_body();
  void check_some_signatures(std::size_t first, std::size_t count);
  void fail(std::size_t order, Error error);
  void finish_one();

  const CertifiedBlock block_;
  const AuditGround& ground_;
  std::optional<Batch> batch_;
  BatchFacts facts_;
  std::uint64_t signatures_ = 0;

  std::mutex mutex_;  // guards what follows
  std::condition_variable done_;
  std::size_t open_ = 0;
  std::size_t error_order_ = 0;
  std::optional<Error> error_;
};

}  // namespace tally::ledger
