// Purpose: the normal case: PRE-PREPARE, PREPARE, COMMIT, and the hand-over of committed batches in order.
// Thread rule: belongs to one replica.
// Invariant: decided() rises by one for each batch handed over, never above h+L; a batch is handed over once.
// Bound: state is the message log's (message_log.h); `check` and `execute` gain at most one entry per slot and
// round.
// Source: Castro & Liskov, OSDI 1999, section 4.2; rules 3 to 5, 11 and 13.
#pragma once

#include "consensus/context.h"
#include "consensus/durable.h"
#include "consensus/message_log.h"
#include "consensus/recovery.h"
#include "consensus/safety.h"

namespace tally::consensus {

class NormalCase {
 public:
  NormalCase(Context& context, MessageLog& log, Safety& safety, Recovery& recovery);

  // Puts back what was accepted, voted and prepared before a restart. Requires that safety was restored.
  void restore(const DurableState& state, BlockHeight executed);

  void on_proposal(const Proposal& proposal);
  void on_vote(const SignedVote& vote);
  void on_commit_certificate(const CommitCertificate& certificate);
  void on_batch_checked(const Digest& digest, bool good);
  void propose(const BodyPtr& body);

  // The last sequence number handed over for execution, or executed by another path.
  [[nodiscard]] SeqNum decided() const { return decided_; }
  // Another path executed up to here.
  void skip_to(BlockHeight executed);
  // The block at this height ended the epoch: what was decided above it is void.
  void end_epoch(BlockHeight last);

  // From O of the view that was entered: taken on its certificate and digest alone (rule 3). Required: in window.
  void accept_again(const SignedVote& pre_prepare);
  // Takes up what came early for the view that is now entered.
  void view_entered();
  // The next proposal lies above.
  void set_floor(SeqNum floor) { floor_ = floor; }
  // A proposal of this view waits for its decision.
  [[nodiscard]] bool in_flight() const;
  // Of the next proposal, as primary.
  [[nodiscard]] SeqNum next_seq() const;

 private:
  void restore_round(const SignedVote& pre_prepare, const DurableState& state);
  void restore_prepared(const PreparedCertificate& certificate, const DurableState& state);

  [[nodiscard]] bool in_place(const Vote& vote);
  bool take_missing_body(const Proposal& proposal);
  [[nodiscard]] bool acceptable(const Proposal& proposal, Slot& slot, Round& round);
  void on_shown(const SignedVote& pre_prepare);
  void keep(Slot& slot, Round& round, const SignedVote& vote);
  void keep_signatures(const CommitCertificate& certificate);
  void accuse(Slot& slot, const SignedVote& first, const SignedVote& second);
  void accuse_signers(Slot& slot, const CommitCertificate& first, const CommitCertificate& second);
  void show_contradiction(Slot& slot, const Round& round, ReplicaIndex replica);

  void own_vote_unknown();
  void keep_early(const Proposal& proposal);
  void vote_prepare(Slot& slot, Round& round);
  void advance(Slot& slot);
  bool is_prepared(Slot& slot, const Round& round) const;
  void vote_commit(const Slot& slot, Round& round);
  void hand_over();

  Context& context_;
  MessageLog& log_;
  Safety& safety_;
  Recovery& recovery_;
  SeqNum decided_;
  SeqNum floor_;
  std::optional<BlockHeight> last_;  // of the epoch
};

}  // namespace tally::consensus
