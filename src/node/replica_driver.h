// Purpose: drives the sans-IO replica in the one order that is safe: persist, then send, then check and
// execute. The node and the simulator link this same code; it holds no thread, clock or socket of its own.
// Thread rule: one thread at a time (the consensus thread).
// Errors: flush() answers storage_failed; the caller must then stop the node before anything else is sent.
// Invariant: a message leaves only after every record of its Ready is durable; many inputs share one sync.
#pragma once

#include <memory>

#include "consensus/replica.h"
#include "node/vote_store.h"

namespace tally::node {

// What the driver asks of its surroundings. Called from flush(), on the driver's thread; none may block.
class DriverHost {
 public:
  virtual ~DriverHost() = default;
  virtual void send(const consensus::Outgoing& outgoing) = 0;
  // Answer with ReplicaDriver::batch_checked.
  virtual void check(const consensus::BodyToCheck& body) = 0;
  // Execute durably, in the order given; answer with ReplicaDriver::executed.
  virtual void execute(const consensus::Decided& decided) = 0;
  virtual void finalised(const consensus::CheckpointCertificate& certificate) = 0;
  // A certificate proves this height, which lies above ours: fetch blocks.
  virtual void behind(BlockHeight height) = 0;
  virtual void evidence(const consensus::Evidence& evidence) = 0;
  // This replica's state differs from what a quorum certified, or no digest can reach a quorum: stop, saying so.
  virtual void halted(const std::string& reason) = 0;
};

class ReplicaDriver {
 public:
  // Restores the votes from the store. `executed` is the last durably executed block.
  static Result<std::unique_ptr<ReplicaDriver>> open(storage::Store& store,
                                                     const consensus::Configuration& configuration,
                                                     BlockHeight executed, const Digest& executed_header,
                                                     DriverHost& host);

  void deliver(const consensus::Authentic& message) { replica_.step(message); }
  void tick() { replica_.tick(); }
  void propose(consensus::BodyPtr body) { replica_.propose(std::move(body)); }
  void batch_checked(const Digest& digest, bool good) { replica_.batch_checked(digest, good); }
  void executed(BlockHeight height, const Digest& header, bool ends_epoch = false) {
    replica_.executed(height, header, ends_epoch);
  }
  void installed(const consensus::CheckpointCertificate& certificate) { replica_.installed(certificate); }
  void pending_work(const consensus::PendingWork& work) { replica_.pending_work(work); }
  [[nodiscard]] const consensus::Replica& replica() const { return replica_; }

  // Carries out everything that the inputs since the last flush led to.
  Status flush();

 private:
  ReplicaDriver(VoteStore votes, consensus::Replica replica, DriverHost& host)
      : votes_(std::move(votes)), replica_(std::move(replica)), host_(host) {}

  VoteStore votes_;
  consensus::Replica replica_;
  DriverHost& host_;
};

}  // namespace tally::node
