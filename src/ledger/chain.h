// Purpose: the chain of one node: executes batches strictly in order, persists each block with one synced write,
// keeps certificates, and offers the last final state to readers.
// Thread rule: open, apply, apply_certified, record_certificate, begin_epoch and next_due belong to one thread at a
// time, the executing thread; everything that is const is safe from any thread meanwhile. Errors: storage_failed closes
// the chain for writing: the node stops. wrong_chain, broken_chain, root_mismatch and bad_certificate and
// protocol_unsupported change nothing. An exception of the executor other than StorageFailure stops the process.
// Invariants: height = consensus sequence number. What apply() returned is on disk. final height <= head. A block above
// the final height can be undone by nothing but a new epoch, and is never shown through a FinalView. The block that
// changes the membership is the last of its epoch; its header names the next validator set.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>

#include "ledger/archive.h"
#include "ledger/batch_facts.h"
#include "ledger/block_execution.h"
#include "ledger/block_records.h"
#include "ledger/proofs.h"
#include "storage/store.h"

namespace tally::ledger {

struct PruneOptions;
struct PruneReport;

struct ChainOptions {
  std::size_t state_cache_bytes = 32 * limits::kMiB;
  std::size_t tree_cache_bytes = 48 * limits::kMiB;
  // Off for replays, which nobody queries: no snapshots are kept and final_view() stays null.
  bool final_views = true;
  // Off for replays: blocks, receipts and places are not kept, only the state is. Such a store cannot be opened again.
  bool keep_blocks = true;
  // Off for replays, which begin again after a power cut: a block may then be lost that apply() returned.
  bool sync = true;
  // when_full: for replays in a store that nobody else reads. Required: an empty store, no final views, no blocks kept.
  // Once apply() has failed, the chain must be left.
  WriteBack write_back = WriteBack::every_block;
  // The highest protocol version whose rules this software knows. A block that needs a higher one is not executed.
  std::uint32_t protocol_max = kProtocolVersion;
};

struct ChainHead {
  BlockHeader header;
  Digest digest;
};

// Where the time of a block went.
struct BlockTimings {
  std::chrono::nanoseconds execution{};
  std::chrono::nanoseconds tree{};
  std::chrono::nanoseconds write{};
};

struct AppliedBlock {
  BlockHeader header;
  Digest digest;
  BlockReceipts receipts;
  std::optional<consensus::ValidatorSet> next_epoch;  // if this block ended its epoch
  BlockTimings timings;
};

// One final moment. The reader holds exactly the state under header.state_root, for as long as the view lives.
struct FinalView {
  BlockHeight height;
  BlockHeader header;
  Digest digest;
  std::optional<consensus::CheckpointCertificate> certificate;  // absent only at height 0
  std::shared_ptr<const storage::Reader> reader;
};

class Chain {
 public:
  // Writes height 0 into an empty store; otherwise the stored genesis must equal this one. Everything passed by
  // reference outlives the chain. A genesis operation that the executor refuses is an error that names it.
  static Result<std::unique_ptr<Chain>> open(storage::Store& store, const Genesis& genesis, Executor& executor,
                                             const crypto::Verifier& verifier, const ChainOptions& options = {});
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;

  // Executes and persists the batch that consensus ordered at `height`, head + 1. `batch` is what `bytes` decode
  // to and `digest` is their digest; null, empty and zero for the null batch. `facts` are the batch's, if the caller
  // knows them.
  Result<AppliedBlock> apply(SeqNum height, const Batch* batch, ByteView bytes, const Digest& digest,
                             const BatchFacts* facts = nullptr);

  // For catch-up: checks height, parent, batch digest, form and certificate, if any; executes, and persists only if the
  // header made is the one given. Without a certificate the caller knows it to be certified through a later one. An
  // epoch that a document in the block rightly begins has begun, whatever becomes of the block.
  Result<AppliedBlock> apply_certified(const CertifiedBlock& block);

  // Required: the certificate's signatures were checked (consensus/authentic.h). Stores it, unsynced, as it can
  // come again, and advances the final height. broken_chain if it is for another header than ours: then this
  // replica, or more than f others, are wrong. not_found if it lies above the head. Nothing is recorded of a block
  // before the snapshot that the store began with.
  Status record_certificate(const consensus::CheckpointCertificate& certificate);

  // After a halt: the next epoch begins after the head, which must be the block that the document names and final.
  // One that began here before is no error. Checks the document; persists it, synced. broken_chain: blocks above have
  // to be undone first (rebuild.h), or are not here yet.
  Status begin_epoch(const consensus::EpochRecovery& recovery);

  // What a batch proposed now should carry as its seal; const, for the consensus thread.
  [[nodiscard]] Result<std::optional<consensus::CheckpointCertificate>> seal_due() const;

  // When the executor's earliest timer falls due.
  Result<std::optional<TimestampMs>> next_due();

  [[nodiscard]] ChainHead head() const;
  [[nodiscard]] BlockHeight final_height() const;
  // Null after a restart until a certificate for the head or a later block is known.
  [[nodiscard]] std::shared_ptr<const FinalView> final_view() const;

  [[nodiscard]] const Genesis& genesis() const { return genesis_; }
  [[nodiscard]] const ChainId& id() const { return id_; }
  // Of the epoch that the next block belongs to.
  [[nodiscard]] consensus::ValidatorSet validators() const;
  // The document with which this epoch began, if no block began it.
  [[nodiscard]] Result<std::optional<consensus::EpochRecovery>> recovery_of(Epoch epoch) const;
  // If the head is the last block of its epoch: the set that it belonged to.
  [[nodiscard]] std::optional<consensus::ValidatorSet> ending() const;
  // nullopt: no such epoch began here.
  [[nodiscard]] Result<std::optional<consensus::ValidatorSet>> validators_of(Epoch epoch) const;
  // Of the block after the view's. storage_failed if it is not held.
  [[nodiscard]] Result<consensus::ValidatorSet> validators_after(const FinalView& view) const;

  // nullopt: not held. These also answer above the final height.
  [[nodiscard]] Result<std::optional<BlockHeader>> header(BlockHeight height) const;
  [[nodiscard]] Result<std::optional<CertifiedBlock>> block(BlockHeight height) const;
  [[nodiscard]] Result<std::optional<BlockReceipts>> receipts(BlockHeight height) const;
  [[nodiscard]] Result<std::optional<consensus::CheckpointCertificate>> certificate(BlockHeight height) const;
  // How far the archive is, as of the head.
  [[nodiscard]] Result<ArchiveMark> archive() const { return read_archive(store_); }
  // Of a closed chunk of it.
  [[nodiscard]] Result<std::optional<Seal>> seal_of(std::uint64_t chunk) const;
  // Where the transaction was executed; if it never was, where it was refused.
  [[nodiscard]] Result<std::optional<TransactionPlace>> place_of(const TransactionId& id) const;

  // The lowest height from which on every block up to the head is held whole; head + 1 if not even the head is. Only
  // headers, and receipts perhaps, are held of those below (prune.h), or nothing if the store began with a snapshot.
  [[nodiscard]] BlockHeight first_block() const;
  // Frees the disk of old batches. From any thread, while the chain goes on. Slow.
  Result<PruneReport> prune(const PruneOptions& options);

  // not_found: no such block or transaction in it. pruned: it was let go of, or came before the snapshot. not_final: no
  // certificate covers it yet.
  [[nodiscard]] Result<ReceiptEvidence> prove_receipt(BlockHeight height, std::uint32_t index) const;

 private:
  // A block executed in memory and not yet persisted.
  struct Pending {
    AppliedBlock block;
    storage::WriteBatch batch;
  };
  struct HeldView {
    BlockHeight height;
    std::shared_ptr<FinalView> view;
  };

  Chain(storage::Store& store, const Genesis& genesis, Executor& executor, const crypto::Verifier& verifier,
        const ChainOptions& options);

  Status load();
  Status start();
  Status load_validators();
  Status load_recoveries();
  void enter(consensus::ValidatorSet next);
  Status check_next(const CertifiedBlock& block, const std::optional<Batch>& batch) const;
  // The rules of the next block.
  Result<std::uint32_t> protocol() const;
  Pending execute(const Batch* batch, ByteView bytes, const Digest& digest, const BatchFacts& facts,
                  std::uint32_t protocol);
  void settle_seal(Pending& pending, const Batch* batch, std::size_t batch_bytes);
  void complete(Pending& pending, ByteView bytes);
  void put_places(Pending& pending) const;
  Result<AppliedBlock> persist(Pending&& pending, const std::optional<consensus::CheckpointCertificate>& certificate);
  void discard();
  void hold_view(const ChainHead& head);
  void make_final(const consensus::CheckpointCertificate& certificate);
  template <class Work>
  auto guarded(Work&& work) -> decltype(work());

  storage::Store& store_;
  const Genesis genesis_;
  const ChainId id_;
  Executor& executor_;
  const crypto::Verifier& verifier_;
  const ChainOptions options_;
  WorkingState state_;
  StateTree tree_;
  ReplayTable replays_;

  mutable std::mutex mutex_;  // guards what follows
  ChainHead head_;
  consensus::ValidatorSet validators_;
  std::optional<consensus::ValidatorSet> ending_;
  BlockHeight final_height_;
  std::shared_ptr<const FinalView> final_view_;
  std::deque<HeldView> held_;  // of blocks not yet final, by rising height
  BlockHeight first_block_{1};

  std::mutex prune_mutex_;  // one at a time; taken before mutex_
};

// A value, or its absence, at the view's height. not_final at height 0, which has no certificate.
Result<StateEvidence> prove_state(const FinalView& view, ByteView key);

}  // namespace tally::ledger
