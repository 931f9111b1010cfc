// Purpose: the consensus side of a node: feeds the replica driver from the network, the pool and the clock,
// makes batches while this replica is primary, checks batches while it is a backup, and fetches blocks when it
// has fallen behind.
// Thread rule: public members are thread-safe; everything else runs on the consensus thread, and signature checks
// on the worker pool.
// Errors: a storage error or a broken agreement is fatal: `failed` is called, nothing is sent afterwards.
#pragma once

#include <atomic>
#include <set>

#include "consensus/evidence.h"
#include "ledger/mempool.h"
#include "node/batches_in_flight.h"
#include "node/block_fetcher.h"
#include "node/execution.h"
#include "node/halt_record.h"
#include "node/peer_messages.h"
#include "node/replica_driver.h"
#include "node/worker_pool.h"

namespace tally::node {

struct OrderingOptions {
  DriverOptions driver;
  ChainId chain;
  bool test_clock = false;
  std::chrono::milliseconds tick_every{100};
  // Proposals in flight at once: more fill the pipe, fewer make larger batches (fewer votes and syncs a
  // transaction).
  std::uint64_t proposals_in_flight_max = 3;
  // With a real clock, an idle chain makes a block this often.
  std::chrono::milliseconds heartbeat{60'000};
  // A node that lacks more blocks than this joins by a snapshot, if a peer offers one; 0: never for that.
  std::uint64_t join_above = 0;
};

struct OrderingStatus {
  Epoch epoch;
  std::optional<ReplicaIndex> self;  // absent while this node only observes
  View view;
  ReplicaIndex primary;
  std::string primary_name;
  bool changing_view = false;
  std::uint64_t views_failed = 0;
  bool recovering = false;  // votes were lost: nothing is signed until enough is stable
  BlockHeight stable;
  BlockHeight executed;
  bool fetching = false;
  consensus::Replica::Counters counters;  // since the epoch began or the node started
};

// How many bytes of transactions a primary puts into a batch, with so many members.
std::size_t batch_bytes_for(std::size_t members);

class Ordering : private DriverHost {
 public:
  struct Services {
    std::function<void(const PublicKey&, p2p::MessageClass, std::shared_ptr<const Bytes>)> send;
    std::function<void(p2p::MessageClass, std::shared_ptr<const Bytes>)> broadcast;
    std::function<void(const PublicKey&, const std::string&)> penalise;
    std::function<TimestampMs()> now;
    std::function<void(const std::string&)> warn;
    // Keeps it durably.
    std::function<Status(const consensus::Misconduct&)> keep_evidence;
    // The same for what shows that the whole network diverged.
    std::function<Status(const HaltRecord&)> keep_halt;
    std::function<void(const Error&)> failed;
    // What peers say about snapshots; on a worker.
    std::function<void(const PublicKey&, SyncMessage, p2p::Credit)> snapshot_message;
    // In every tick while a snapshot above this height would help: this node is far behind, or peers have let go of the
    // blocks that it lacks. Once nullopt when that is over.
    std::function<void(std::optional<BlockHeight>)> far_behind;
    // A snapshot is on its way: no blocks are fetched.
    std::function<bool()> joining;
  };

  Ordering(OrderingOptions options, const crypto::Verifier& verifier, ledger::Chain& chain, ledger::Mempool& pool,
           Execution& execution, DecodedBatches& decoded, WorkerPool& workers, Services services);
  ~Ordering() override { stop(); }

  Status start(storage::Store& store);
  void stop() { loop_.stop(); }
  // After a failure elsewhere: nothing is signed or sent any more.
  void stop_voting();

  // From the transport.
  void receive_consensus(p2p::Received message);
  void receive_sync(p2p::Received message);
  void peer_linked(const PublicKey& peer);
  void peer_gone(const PublicKey& peer);
  // From the pool and the execution.
  void work_arrived();
  void block_executed(BlockHeight height, const Digest& header, std::optional<consensus::ValidatorSet> next);
  void block_applied(const Applied& block);
  void certificate_installed(const consensus::CheckpointCertificate& certificate,
                             std::optional<consensus::ValidatorSet> next);
  void epoch_recovered(const consensus::ValidatorSet& next, const Digest& header);

  [[nodiscard]] OrderingStatus status() const;

 private:
  void send(const consensus::Outgoing& outgoing) override;
  void check(const consensus::BodyToCheck& body) override;
  void execute(const consensus::Decided& decided) override;
  void view_entered(const consensus::NewView& view) override;
  void finalised(const consensus::CheckpointCertificate& certificate) override { execution_.finalise(certificate); }
  void behind(BlockHeight height) override { fetcher_.proved(height); }
  void evidence(const consensus::Evidence& evidence) override;
  void halted(const std::string& reason) override;
  void halt_proven(Epoch epoch, const consensus::Halt& halt) override;
  void epoch_began(const consensus::ValidatorSet& validators) override;
  void votes_lost() override;

  void tick();
  // A storage error of the driver is fatal.
  void settle_status(const Status& status);
  [[nodiscard]] EpochPosition position() const;
  // Null if no such epoch is known here.
  [[nodiscard]] std::shared_ptr<const consensus::ValidatorSet> validators_of(Epoch epoch) const;
  // Answers a replica that has not heard that its epoch ended.
  void show_end(const PublicKey& peer, Epoch ended);
  void receive_status(const PublicKey& from, const consensus::StatusReport& report);
  void authenticate(const p2p::Received& received, consensus::Message message);
  void settle();
  [[nodiscard]] bool in_touch(const PublicKey& primary) const;
  // The primary that this node may hold to account, if it is a backup that could reach it.
  [[nodiscard]] std::optional<PublicKey> primary_to_wait_for() const;
  void forward_waiting();
  [[nodiscard]] consensus::PendingWork pending_work() const;
  void publish_status();
  void maybe_propose();
  [[nodiscard]] bool block_is_due() const;
  [[nodiscard]] std::optional<consensus::CheckpointCertificate> seal_to_propose();
  void propose(const std::vector<ledger::PooledPointer>& transactions,
               const std::optional<consensus::CheckpointCertificate>& seal);
  void release_held();
  struct Checked {
    Digest digest;
    SeqNum seq;
    std::vector<TransactionId> transactions;
    TimestampMs proposed;
    std::string why;  // it is refused; empty: it is good
  };
  void batch_checked(Checked checked);
  void verdict(const Digest& digest, SeqNum seq, const std::string& why);
  [[nodiscard]] bool still_useful(const consensus::Message& message) const;
  void follow_distance();
  void fetch_next();
  void ask(const BlockFetcher::Request& request);
  void serve(const PublicKey& peer, const BlocksRequest& request);
  void take_blocks(const PublicKey& peer, BlocksResponse response);
  void take_pruned(const PublicKey& peer, const BlocksPruned& pruned);
  void take_recovery(const PublicKey& peer, consensus::EpochRecovery recovery);
  void recover(const consensus::EpochRecovery& recovery);
  // The set that these blocks are checked with; null if it is not known here.
  [[nodiscard]] Result<std::shared_ptr<const consensus::ValidatorSet>> validators_for(
      const ledger::CertifiedBlock& first) const;
  void install_done(const Status& good);
  [[nodiscard]] bool ends_epoch(const ledger::BlockHeader& header) const;
  [[nodiscard]] Status check_blocks(const BlocksResponse& response) const;

  const OrderingOptions options_;
  const crypto::Verifier& verifier_;
  ledger::Chain& chain_;
  ledger::Mempool& pool_;
  Execution& execution_;
  DecodedBatches& decoded_;
  WorkerPool& workers_;
  Services services_;

  // Of the consensus thread.
  EventLoop loop_;
  std::unique_ptr<ReplicaDriver> driver_;
  BlockFetcher fetcher_;
  std::set<PublicKey> pruned_by_;  // peers that have let go of the next block
  bool far_behind_ = false;
  bool failed_ = false;
  BatchesInFlight in_flight_;
  std::set<PublicKey> linked_;
  std::optional<PublicKey> shown_to_;  // the primary to which transactions were forwarded last
  std::uint64_t operations_ = 0;       // executed since the start
  std::set<PublicKey> shown_end_;      // in this tick
  std::optional<TimestampMs> next_due_;
  TimestampMs next_time_;  // on a test clock, the next block's
  std::chrono::steady_clock::time_point last_block_;
  // Bodies whose proposed time lies ahead of the local clock, until it is due; bounded by the window.
  struct Held {
    TimestampMs due;
    SeqNum seq;
  };
  std::map<Digest, Held> held_;
  // Where this node proposed a seal last.
  struct Sealing {
    View view;
    SeqNum seq;
  };
  std::optional<Sealing> sealing_;

  // Shared with other threads.
  std::atomic<std::uint64_t> stable_{0};
  std::atomic<bool> member_{false};
  std::atomic<bool> work_posted_{false};
  std::atomic<bool> stop_voting_{false};
  mutable std::mutex epochs_mutex_;
  // The sets that messages are checked with: the newest few.
  mutable std::map<Epoch, std::shared_ptr<const consensus::ValidatorSet>> epochs_;
  mutable std::mutex status_mutex_;
  OrderingStatus status_;
};

}  // namespace tally::node
