// Purpose: drives the sans-IO replica in the one order that is safe: persist, then send, then check and
// execute; and leads a node from epoch to epoch (rule 12): one replica for each, none while this node's key is no
// member, when it only observes. The node and the simulator link this same code; it holds no thread, clock or
// socket of its own.
// Thread rule: one thread at a time (the consensus thread).
// Errors: storage_failed; the caller must then stop the node before anything else is sent.
// Invariants: a message leaves only after every record of its Ready is durable; many inputs share one sync. The
// replica of an epoch is made only once the last block of the epoch before has its checkpoint certificate.
#pragma once

#include <memory>

#include "consensus/replica.h"
#include "node/vote_store.h"

namespace tally::node {

// What the driver asks of its surroundings. Called from flush(), on the driver's thread; none may block.
class DriverHost {
 public:
  virtual ~DriverHost() = default;
  // `to` counts in the set that sends: the one of the message's epoch.
  virtual void send(const consensus::Outgoing& outgoing) = 0;
  // Answer with ReplicaDriver::batch_checked.
  virtual void check(const consensus::BodyToCheck& body) = 0;
  // Execute durably, in the order given; answer with ReplicaDriver::executed. Void, and not to be executed or
  // answered, if a block below it ended its epoch.
  virtual void execute(const consensus::Decided& decided) = 0;
  virtual void finalised(const consensus::CheckpointCertificate& certificate) = 0;
  // A certificate proves this height, which lies above ours: fetch blocks.
  virtual void behind(BlockHeight height) = 0;
  virtual void evidence(const consensus::Evidence& evidence) = 0;
  // This replica's state differs from what a quorum certified, or no digest can reach a quorum: stop, saying so.
  virtual void halted(const std::string& reason) = 0;
  // Comes before halted() when it is the whole cluster that diverged: what a recovery rests on (rule 6).
  virtual void halt_proven(Epoch /*epoch*/, const consensus::Halt& /*halt*/) {}
  // A view above 0 was entered: what it proposes again stands in it. Batches that it leaves out and that were not
  // handed over for execution will not be executed.
  virtual void view_entered(const consensus::NewView& /*view*/) {}
  // From here on messages of this set's epoch are delivered.
  virtual void epoch_began(const consensus::ValidatorSet& validators) = 0;
  // A peer proved that votes of ours are missing here: nothing is signed until enough is stable.
  virtual void votes_lost() = 0;
};

struct DriverOptions {
  consensus::Configuration replica;  // its validators and self are set for each epoch
  PublicKey key;                     // of this node; a member or not
};

// Where a node stands when it starts.
struct EpochPosition {
  consensus::ValidatorSet current;
  // Set if the block last executed ended `current` and has no certificate yet.
  std::optional<consensus::ValidatorSet> next = std::nullopt;
  // The highest certificate that the chain holds.
  std::optional<consensus::CheckpointCertificate> certified = std::nullopt;
};

class ReplicaDriver {
 public:
  // Restores the votes from the store. `executed` is the last durably executed block.
  static Result<std::unique_ptr<ReplicaDriver>> open(storage::Store& store, DriverOptions options,
                                                     EpochPosition position, BlockHeight executed,
                                                     const Digest& executed_header, DriverHost& host);

  // Required: it was authenticated with validators(). One of another epoch is dropped by the replica.
  void deliver(const consensus::Authentic& message);
  void tick();
  // Required: replica() and its can_propose().
  void propose(consensus::BodyPtr body) { replica_->propose(std::move(body)); }
  void batch_checked(const Digest& digest, bool good);
  // `next` is the set that the block changed the membership to.
  Status executed(BlockHeight height, const Digest& header, std::optional<consensus::ValidatorSet> next = std::nullopt);
  // Blocks up to this certificate's came by catch-up; `next` as above, of its block.
  Status installed(const consensus::CheckpointCertificate& certificate,
                   std::optional<consensus::ValidatorSet> next = std::nullopt);
  void pending_work(const consensus::PendingWork& work);
  // After a halt the members began this epoch after the block last executed here, whose header this is (rule 6).
  Status recovered(consensus::ValidatorSet next, const Digest& header);

  // Null while this node's key is no member of the epoch.
  [[nodiscard]] const consensus::Replica* replica() const { return replica_ ? &*replica_ : nullptr; }
  [[nodiscard]] const consensus::ValidatorSet& validators() const { return validators_; }
  [[nodiscard]] ReplicaIndex self() const { return self_; }  // Required: replica()

  // Carries out everything that the inputs since the last flush led to.
  Status flush();

 private:
  ReplicaDriver(storage::Store& store, DriverOptions options, DriverHost& host)
      : votes_(store), options_(std::move(options)), host_(host) {}

  void remember(const consensus::CheckpointCertificate& certificate);
  // Makes the replica of `validators`, if this node is a member.
  Status begin(consensus::ValidatorSet validators, BlockHeight executed, const Digest& header, bool ended);
  Status begin_next();
  Status flush_once(bool& idle);

  // What must still happen before the next epoch begins: the certificate of the block that ended this one.
  struct Ending {
    consensus::ValidatorSet next;
    Digest header;  // of the block
  };

  VoteStore votes_;
  const DriverOptions options_;
  DriverHost& host_;
  consensus::ValidatorSet validators_;
  ReplicaIndex self_;
  std::optional<consensus::Replica> replica_;
  std::optional<Ending> ending_;
  // In an epoch before, and they are not made up for: also while this node is no member.
  bool votes_lost_ = false;
  // What this node shows while it is no member, so that others learn of blocks that only it may hold.
  std::optional<consensus::CheckpointCertificate> certified_;
  std::uint64_t ticks_ = 0;
};

}  // namespace tally::node
