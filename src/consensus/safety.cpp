#include "consensus/safety.h"

#include "common/invariant.h"
#include "crypto/digest.h"

namespace tally::consensus {

void Safety::restore(const ViewRecord& record) {
  view_ = record.view;
  changing_ = record.changing;
}

void Safety::restore(const SignedVote& vote) {
  const auto [place, added] = votes_.try_emplace(key_of(vote.vote), vote);
  invariant(added || place->second.vote == vote.vote, "durable votes contradict each other");
  // Having voted in a view means having been in it.
  if (vote.vote.view > view_) restore(ViewRecord{context_.epoch(), vote.vote.view, false});
}

void Safety::restore(const SignedCheckpoint& checkpoint) {
  const auto [place, added] = checkpoints_.try_emplace(checkpoint.vote.height, checkpoint);
  invariant(added || place->second.vote == checkpoint.vote, "durable CHECKPOINTs contradict each other");
}

const SignedVote* Safety::own(Phase phase, View view, SeqNum seq) const {
  const auto found = votes_.find({seq, phase, view});
  return found == votes_.end() ? nullptr : &found->second;
}

const SignedCheckpoint* Safety::own_checkpoint(BlockHeight height) const {
  const auto found = checkpoints_.find(height);
  return found == checkpoints_.end() ? nullptr : &found->second;
}

SeqNum Safety::highest_proposed() const {
  for (auto entry = votes_.rbegin(); entry != votes_.rend(); ++entry) {
    const Vote& vote = entry->second.vote;
    if (vote.phase == Phase::pre_prepare && vote.view == view_) return vote.seq;
  }
  return {};
}

bool Safety::may_vote(const Vote& vote) const {
  return (!(last_ && vote.seq > *last_) || context_.lacks(Bug::epoch_goes_on)) && in_place(vote);
}

bool Safety::in_place(const Vote& vote) const {
  if (silent() || (changing_ && !context_.lacks(Bug::prepare_after_view_change))) return false;
  if (vote.epoch != context_.epoch() || vote.view != view_ || vote.seq <= pruned_) return false;
  const bool primary = context_.validators().primary(vote.view) == context_.self();
  if (context_.lacks(Bug::double_vote) || context_.lacks(Bug::second_proposal)) return true;
  if (vote.phase == Phase::pre_prepare && !primary) return false;
  if (vote.phase == Phase::prepare && primary) return false;
  // One digest per (view, seq) over all phases: a COMMIT never differs from the PREPARE or PRE-PREPARE before it.
  for (const Phase phase : {Phase::pre_prepare, Phase::prepare, Phase::commit}) {
    const SignedVote* earlier = own(phase, vote.view, vote.seq);
    if (earlier != nullptr && earlier->vote.digest != vote.digest) return false;
  }
  return true;
}

bool Safety::may_checkpoint(const CheckpointVote& vote) const {
  if (silent() || (last_ && vote.height > *last_) || vote.epoch != context_.epoch() || vote.height <= pruned_)
    return false;
  const SignedCheckpoint* earlier = own_checkpoint(vote.height);
  return earlier == nullptr || earlier->vote == vote;
}

SignedVote Safety::sign(const Vote& vote) {
  invariant(in_place(vote), "a vote is signed only where the rules allow it");
  SignedVote out{vote, context_.self(), sign_vote(vote, *context_.configuration.signer)};
  const auto [place, added] = votes_.try_emplace(key_of(vote), out);
  invariant((added && place->second.vote.digest == vote.digest) || context_.lacks(Bug::double_vote) ||
                context_.lacks(Bug::second_proposal),
            "two votes are never signed for one place");
  if (!context_.lacks(Bug::vote_not_kept)) context_.ready.persist.emplace_back(VoteRecord{out});
  return out;
}

SignedVote Safety::pre_prepare(SeqNum seq, const Body& body) {
  const Vote vote{context_.epoch(), Phase::pre_prepare, view_, seq, body.digest};
  if (const SignedVote* earlier = find(vote); earlier != nullptr && may_vote(vote)) return *earlier;
  context_.ready.persist.emplace_back(BodyRecord{seq, body.digest, body.bytes});
  invariant(may_vote(vote), "nothing is voted after the epoch's last block");
  return sign(vote);
}

SignedVote Safety::prepare(const SignedVote& accepted, const BodyPtr& body) {
  Vote vote = accepted.vote;
  vote.phase = Phase::prepare;
  if (const SignedVote* earlier = find(vote); earlier != nullptr && may_vote(vote)) return *earlier;
  // Rule 10: the batch is on disk before the PREPARE leaves. Only the null batch has no body.
  invariant(body != nullptr || vote.digest == kNullBatch, "a PREPARE has a body");
  if (body != nullptr && !context_.lacks(Bug::batch_not_kept))
    context_.ready.persist.emplace_back(BodyRecord{vote.seq, body->digest, body->bytes});
  context_.ready.persist.emplace_back(AcceptedRecord{accepted});
  invariant(may_vote(vote), "nothing is voted after the epoch's last block");
  return sign(vote);
}

SignedVote Safety::commit(const PreparedCertificate& certificate) {
  Vote vote = certificate.pre_prepare;
  vote.phase = Phase::commit;
  if (const SignedVote* earlier = find(vote); earlier != nullptr && may_vote(vote)) return *earlier;
  invariant(certificate.prepares.size() + 1 >= context_.quorum_unless(Bug::prepare_quorum_small).q(),
            "a COMMIT rests on a prepared certificate");
  if (!context_.lacks(Bug::prepared_not_kept)) context_.ready.persist.emplace_back(PreparedRecord{certificate});
  invariant(may_vote(vote), "nothing is voted after the epoch's last block");
  return sign(vote);
}

SignedCheckpoint Safety::checkpoint(BlockHeight height, const Digest& header) {
  const CheckpointVote vote{context_.epoch(), height, header};
  invariant(may_checkpoint(vote), "a CHECKPOINT is never signed for two headers of one height");
  if (const SignedCheckpoint* earlier = own_checkpoint(height)) return *earlier;
  SignedCheckpoint out{vote, context_.self(), sign_checkpoint(vote, *context_.configuration.signer)};
  checkpoints_.emplace(height, out);
  context_.ready.persist.emplace_back(OwnCheckpointRecord{out});
  return out;
}

void Safety::set_view(View view, bool changing) {
  view_ = view;
  changing_ = changing;
  context_.ready.persist.emplace_back(ViewRecord{context_.epoch(), view, changing});
}

SignedViewChange Safety::view_change(ViewChange body) {
  invariant(
      !silent() && body.epoch == context_.epoch() && (body.new_view > view_ || context_.lacks(Bug::second_view_change)),
      "a VIEW-CHANGE leads to a higher view, once");
  set_view(body.new_view, true);
  const Digest digest = crypto::digest_of(crypto::kViewChangeDomain, body);
  const Signature signature = context_.configuration.signer->sign(crypto::kViewChangeDomain, digest);
  SignedViewChange out{std::move(body), context_.self(), signature};
  context_.ready.persist.emplace_back(ViewChangeRecord{out});
  return out;
}

void Safety::adopt(const SignedViewChange& own) {
  invariant(own.replica == context_.self(), "only an own VIEW-CHANGE is adopted");
  if (own.body.new_view > view_) set_view(own.body.new_view, true);
  context_.ready.persist.emplace_back(ViewChangeRecord{own});
}

void Safety::enter(View view) {
  invariant(view > view_ || (view == view_ && changing_), "a view is entered once");
  set_view(view, false);
}

SignedVote Safety::re_propose(SeqNum seq, const Digest& digest) {
  const Vote vote{context_.epoch(), Phase::pre_prepare, view_, seq, digest};
  // Above the epoch's last block too: O is a function of V, and what lies there is void.
  if (seq > pruned_) return sign(vote);
  // Stable here and not in V: it is signed because O is a function of V, and moves nothing.
  invariant(!silent() && !changing_ && context_.validators().primary(view_) == context_.self(),
            "only the primary of the view re-proposes");
  return {vote, context_.self(), sign_vote(vote, *context_.configuration.signer)};
}

SignedNewView Safety::new_view(NewView body) {
  invariant(!silent() && !changing_ && body.view == view_ && context_.validators().primary(view_) == context_.self(),
            "NEW-VIEW comes from the primary of the view it enters");
  const Digest digest = crypto::digest_of(crypto::kNewViewDomain, body);
  const Signature signature = context_.configuration.signer->sign(crypto::kNewViewDomain, digest);
  return {std::move(body), context_.self(), signature};
}

void Safety::prune(BlockHeight stable) {
  pruned_ = std::max(pruned_, stable);
  std::erase_if(votes_, [&](const auto& entry) { return entry.second.vote.seq <= pruned_; });
  checkpoints_.erase(checkpoints_.begin(), checkpoints_.upper_bound(pruned_));
}

}  // namespace tally::consensus
