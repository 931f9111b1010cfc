// Purpose: the one gate through which blocks are executed, strictly in order of height, whichever path brought
// them: votes or catch-up (consensus rule 5).
// Thread rule: post functions from any thread; the chain is changed on the execution thread only. Callbacks run
// on that thread and must not block.
// Errors: a storage error or a root that differs from a certificate is fatal: `failed` is called once and
// nothing is executed afterwards.
#pragma once

#include <functional>

#include "consensus/replica.h"
#include "ledger/chain.h"
#include "node/batch_check.h"
#include "node/event_loop.h"

namespace tally::node {

// What the rest of the node learns of an executed block.
struct Applied {
  BlockHeight height;
  TimestampMs time;
  std::vector<TransactionId> transactions;
  std::optional<TimestampMs> next_due;  // when the earliest timer falls due
  TimestampMs next_time;                // the earliest time that the next block can have
  bool ends_epoch = false;
  std::uint64_t operations = 0;  // executed in it
};

class Execution {
 public:
  using NextEpoch = std::optional<consensus::ValidatorSet>;
  struct Callbacks {
    // A block from votes is durably executed; `next` if it changed the membership.
    std::function<void(BlockHeight, const Digest& header, const NextEpoch& next)> executed;
    // Blocks from catch-up up to this certificate are durably executed; `next` of the block that it certifies.
    std::function<void(const consensus::CheckpointCertificate&, const NextEpoch& next)> installed;
    // After a halt the members began this epoch after the head, whose header this is.
    std::function<void(const consensus::ValidatorSet&, const Digest& header)> recovered;
    // The batch of these transactions is void, because a block below it ended its epoch.
    std::function<void(const std::vector<TransactionId>&)> voided;
    // After every block, from either path: what the pool may forget, and what falls due next.
    std::function<void(const Applied&)> applied;
    // Everything up to this height is final now.
    std::function<void(BlockHeight, const std::vector<TransactionId>&)> final;
    std::function<void(const Error&)> failed;
  };

  Execution(ledger::Chain& chain, const storage::Reader& store, DecodedBatches& decoded)
      : chain_(chain), store_(store), decoded_(decoded) {}

  // As after a block, for the head. Before start().
  [[nodiscard]] Result<Applied> head() const;

  void start(Callbacks callbacks);
  void stop() { loop_.stop(); }

  void execute(consensus::Decided decided);
  // `done` is told whether all of the blocks were good; certificates and links were checked by the caller.
  void install(std::vector<ledger::CertifiedBlock> blocks, std::function<void(Status)> done);
  void finalise(consensus::CheckpointCertificate certificate);
  // `done` is told why it does not begin an epoch here, if it does not.
  void recover(consensus::EpochRecovery recovery, std::function<void(Status)> done);

 private:
  void execute_now(const consensus::Decided& decided);
  // The batch of a decision; null for the null batch. Fails, and says so, if its bytes are damaged.
  [[nodiscard]] std::optional<BatchPtr> batch_of(const consensus::Decided& decided);
  // The set that the head block changed the membership to.
  [[nodiscard]] NextEpoch next_epoch() const;
  Status recover_now(const consensus::EpochRecovery& recovery);
  Status install_now(const std::vector<ledger::CertifiedBlock>& blocks);
  void finalise_now(const consensus::CheckpointCertificate& certificate);
  [[nodiscard]] Result<Applied> describe(const ledger::BlockHeader& header) const;
  void after_block(const ledger::AppliedBlock& block);
  void fail(const Error& error);

  ledger::Chain& chain_;
  const storage::Reader& store_;
  DecodedBatches& decoded_;
  Callbacks callbacks_;
  EventLoop loop_;
  bool failed_ = false;
  // Transactions of blocks that are executed and not final yet; bounded by the window.
  std::map<BlockHeight, std::vector<TransactionId>> waiting_;
};

}  // namespace tally::node
