// Purpose: "may I sign this?" - the only place that decides to sign. Every signature that it gives out has its
// durable record in the same Ready, so that nothing signed can leave before it is on disk, and it remembers what
// was signed, restarts included.
// Thread rule: belongs to one replica.
// Invariant: at most one digest per (epoch, phase, view, seq) and one header per (epoch, height), checked again
// on every signature; a contradiction stops the process before it leaves.
// Bound: three votes per sequence number in (h, h+L] and view voted in; one CHECKPOINT per height in (h, h+L].
// Source: Castro & Liskov, OSDI 1999, section 4.2; rules 2, 4, 7 and 10.
#pragma once

#include <map>
#include <tuple>

#include "consensus/context.h"

namespace tally::consensus {

class Safety {
 public:
  explicit Safety(Context& context) : context_(context) {}

  [[nodiscard]] View view() const { return view_; }
  [[nodiscard]] bool changing() const { return changing_; }
  [[nodiscard]] bool stopped() const { return stopped_; }
  // Nothing is signed from here on.
  void stop() { stopped_ = true; }
  // Nothing is signed while own votes are missing (recovery.h).
  void suspend(bool suspended) { suspended_ = suspended; }
  [[nodiscard]] bool silent() const { return stopped_ || (suspended_ && !context_.lacks(Bug::signs_while_recovering)); }
  // The block at this height ends the epoch: nothing above it is signed.
  void end_epoch(BlockHeight last) { last_ = last; }
  [[nodiscard]] std::optional<BlockHeight> last_of_epoch() const { return last_; }

  // What this replica had signed before it restarted.
  void restore(const ViewRecord& record);
  void restore(const SignedVote& vote);
  void restore(const SignedCheckpoint& checkpoint);

  // What was signed, or nullptr.
  [[nodiscard]] const SignedVote* own(Phase phase, View view, SeqNum seq) const;
  [[nodiscard]] const SignedCheckpoint* own_checkpoint(BlockHeight height) const;
  [[nodiscard]] const std::map<BlockHeight, SignedCheckpoint>& own_checkpoints() const { return checkpoints_; }
  // Highest sequence number of an own PRE-PREPARE in the current view; zero if none.
  [[nodiscard]] SeqNum highest_proposed() const;

  // May this vote be signed, or was it signed already? A vote for another digest may not.
  [[nodiscard]] bool may_vote(const Vote& vote) const;
  [[nodiscard]] bool may_checkpoint(const CheckpointVote& vote) const;

  // Each requires may_vote or may_checkpoint for its vote, and returns what was signed before if there is.
  SignedVote pre_prepare(SeqNum seq, const Body& body);
  // Answers an accepted PRE-PREPARE whose body was checked.
  SignedVote prepare(const SignedVote& accepted, const BodyPtr& body);
  SignedVote commit(const PreparedCertificate& certificate);
  SignedCheckpoint checkpoint(BlockHeight height, const Digest& header);

  // Leaves the view for a higher one: from here on nothing is voted in a lower one (rule 7).
  SignedViewChange view_change(ViewChange body);
  // One that was signed before votes were lost: its view binds as if it had just been signed.
  void adopt(const SignedViewChange& own);
  // The awaited view, or a higher one whose NEW-VIEW is valid.
  void enter(View view);
  // As primary of the view just entered. The body need not be held: a certificate vouches for it.
  SignedVote re_propose(SeqNum seq, const Digest& digest);
  SignedNewView new_view(NewView body);

  // A checkpoint certificate for `stable` is in `persist`: what it covers is forgotten and never signed again.
  void prune(BlockHeight stable);

 private:
  using VoteKey = std::tuple<SeqNum, Phase, View>;
  static VoteKey key_of(const Vote& vote) { return {vote.seq, vote.phase, vote.view}; }

  [[nodiscard]] const SignedVote* find(const Vote& vote) const { return own(vote.phase, vote.view, vote.seq); }
  // may_vote, whether or not the epoch has ended below.
  [[nodiscard]] bool in_place(const Vote& vote) const;
  SignedVote sign(const Vote& vote);
  void set_view(View view, bool changing);

  Context& context_;
  View view_;
  bool changing_ = false;
  bool stopped_ = false;
  bool suspended_ = false;
  std::optional<BlockHeight> last_;
  BlockHeight pruned_;
  std::map<VoteKey, SignedVote> votes_;
  std::map<BlockHeight, SignedCheckpoint> checkpoints_;
};

}  // namespace tally::consensus
