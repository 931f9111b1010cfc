#include "consensus/normal_case.h"

#include "common/invariant.h"

namespace tally::consensus {

NormalCase::NormalCase(Context& context, MessageLog& log, Safety& safety, Recovery& recovery)
    : context_(context), log_(log), safety_(safety), recovery_(recovery) {}

void NormalCase::restore(const DurableState& state, BlockHeight executed) {
  // Below h if blocks were lost: then nothing is handed over until they are installed again.
  decided_ = executed;
  for (const auto& vote : state.own_votes) {
    if (vote.vote.phase == Phase::pre_prepare) restore_round(vote, state);
  }
  for (const auto& pre_prepare : state.accepted) restore_round(pre_prepare, state);
  for (const auto& certificate : state.prepared)
    if (!context_.lacks(Bug::prepared_forgotten)) restore_prepared(certificate, state);
  for (const auto& vote : state.own_votes) {
    if (vote.vote.phase == Phase::pre_prepare || vote.vote.view != safety_.view()) continue;
    log_.at(vote.vote.seq, context_.now).round(vote.vote.view).keep(vote);
  }
  for (auto& [seq, slot] : log_.slots()) advance(slot);
}

void NormalCase::restore_round(const SignedVote& pre_prepare, const DurableState& state) {
  const Vote& vote = pre_prepare.vote;
  if (vote.view != safety_.view()) return;
  const bool own = pre_prepare.replica == context_.self();
  const bool voted = own || safety_.own(Phase::prepare, vote.view, vote.seq) != nullptr;
  Slot& slot = log_.at(vote.seq, context_.now);
  Candidate candidate{pre_prepare, state.body(vote.seq, vote.digest), voted ? BodyCheck::good : BodyCheck::waiting};
  if (!voted && candidate.body) context_.ready.check.push_back({vote.seq, pre_prepare.replica, candidate.body});
  slot.round(vote.view).accepted = std::move(candidate);
}

void NormalCase::restore_prepared(const PreparedCertificate& certificate, const DurableState& state) {
  const Vote& vote = certificate.pre_prepare;
  Slot& slot = log_.at(vote.seq, context_.now);
  slot.prepared = certificate;
  if (vote.view != safety_.view()) {
    // A new view must re-propose this batch, so its body is kept.
    const SignedVote pre_prepare{vote, certificate.primary.replica, certificate.primary.signature};
    slot.kept = Candidate{pre_prepare, state.body(vote.seq, vote.digest), BodyCheck::good};
    return;
  }
  Vote prepare = vote;
  prepare.phase = Phase::prepare;
  for (const auto& signature : certificate.prepares)
    slot.round(vote.view).keep(SignedVote{prepare, signature.replica, signature.signature});
}

SeqNum NormalCase::next_seq() const {
  SeqNum last = std::max({decided_, log_.low(), safety_.highest_proposed(), floor_});
  if (context_.lacks(Bug::proposes_over_o)) return std::max(decided_, log_.low()).next();
  for (const auto& [seq, slot] : log_.slots()) {
    const Round* round = slot.find_round(safety_.view());
    if (slot.committed || (round != nullptr && round->accepted)) last = std::max(last, seq);
  }
  return last.next();
}

void NormalCase::skip_to(BlockHeight executed) {
  decided_ = std::max(decided_, executed);
  std::erase_if(context_.ready.execute, [&](const Decided& decided) { return decided.seq <= executed; });
  hand_over();
}

bool NormalCase::in_place(const Vote& vote) {
  auto& counters = context_.counters;
  if (vote.epoch != context_.epoch()) {
    ++counters.dropped_wrong_epoch;
    return false;
  }
  if (!log_.in_window(vote.seq) && !(context_.lacks(Bug::window_open) && vote.seq > log_.low())) {
    ++counters.dropped_out_of_window;
    return false;
  }
  return true;
}

void NormalCase::propose(const BodyPtr& body) {
  const SeqNum seq = next_seq();
  invariant(log_.in_window(seq), "a primary proposes inside its window only");
  const SignedVote pre_prepare = safety_.pre_prepare(seq, *body);
  Slot& slot = log_.at(seq, context_.now);
  slot.round(safety_.view()).accepted = Candidate{pre_prepare, body, BodyCheck::good};
  context_.send_all(Proposal{pre_prepare, body->bytes});
  advance(slot);
}

void NormalCase::on_proposal(const Proposal& proposal) {
  const SignedVote& pre_prepare = proposal.pre_prepare;
  const Vote& vote = pre_prepare.vote;
  auto& counters = context_.counters;
  if (!in_place(vote)) return;
  if (vote.phase != Phase::pre_prepare || vote.digest == kNullBatch) {
    // The null batch is ordered by a new view only.
    ++counters.dropped_bad_body;
    return;
  }
  if (pre_prepare.replica != context_.validators().primary(vote.view) && !context_.lacks(Bug::proposal_of_anyone)) {
    ++counters.dropped_not_primary;
    return;
  }
  if (take_missing_body(proposal)) return;
  const bool barred = safety_.changing() && !context_.lacks(Bug::prepare_after_view_change);
  if (barred && vote.view == safety_.view()) return keep_early(proposal);
  if (barred) {
    ++counters.dropped_changing;
    return;
  }
  if (vote.view != safety_.view()) {
    ++counters.dropped_wrong_view;
    return;
  }
  Slot& slot = log_.at(vote.seq, context_.now);
  Round& round = slot.round(vote.view);
  if (!acceptable(proposal, slot, round)) return;
  auto body = std::make_shared<const Body>(Body{vote.digest, proposal.batch});
  round.accepted = Candidate{pre_prepare, body, BodyCheck::waiting};
  if (context_.lacks(Bug::batch_unchecked)) {
    round.accepted->check = BodyCheck::good;
    vote_prepare(slot, round);
  }
  context_.ready.check.push_back({vote.seq, pre_prepare.replica, std::move(body)});
  if (round.shown && round.shown->vote != vote) accuse(slot, pre_prepare, *round.shown);
  for (std::uint32_t i = 0; i < context_.quorum.n; ++i) show_contradiction(slot, round, ReplicaIndex{i});
}

// One digest per (view, seq), in memory and over restarts, and never another than the committed one.
bool NormalCase::acceptable(const Proposal& proposal, Slot& slot, Round& round) {
  const SignedVote& pre_prepare = proposal.pre_prepare;
  const Vote& vote = pre_prepare.vote;
  auto& counters = context_.counters;
  if (round.accepted && round.accepted->digest() == vote.digest) {
    ++counters.dropped_duplicate;
    return false;
  }
  if (round.accepted && context_.lacks(Bug::second_proposal)) return true;
  if (round.accepted) {
    ++counters.dropped_conflict;
    accuse(slot, round.accepted->pre_prepare, pre_prepare);
    return false;
  }
  if (pre_prepare.replica == context_.self()) {
    own_vote_unknown();
    return false;
  }
  const SignedVote* own = safety_.own(Phase::prepare, vote.view, vote.seq);
  if ((own != nullptr && own->vote.digest != vote.digest) ||
      (slot.committed && slot.committed->commit.digest != vote.digest)) {
    ++counters.dropped_conflict;
    return false;
  }
  return true;
}

// A committed batch, or one voted for before a restart, whose bytes are not here: then it is the digest that
// counts, not who proposed it in which view.
bool NormalCase::take_missing_body(const Proposal& proposal) {
  const Vote& vote = proposal.pre_prepare.vote;
  Slot* slot = log_.find(vote.seq);
  if (slot == nullptr || slot->missing_body(safety_.view()) != vote.digest) return false;
  auto body = std::make_shared<const Body>(Body{vote.digest, proposal.batch});
  Round* round = slot->find_round(safety_.view());
  if (round != nullptr && round->accepted && round->accepted->digest() == vote.digest) {
    Candidate& candidate = *round->accepted;
    candidate.body = std::move(body);
    // A vote given before the loss promised that the batch is on disk; without one the body is still to be checked.
    if (candidate.check == BodyCheck::good) {
      context_.ready.persist.emplace_back(BodyRecord{vote.seq, vote.digest, candidate.body->bytes});
      vote_prepare(*slot, *round);
    } else if (candidate.check == BodyCheck::waiting) {
      context_.ready.check.push_back({vote.seq, candidate.pre_prepare.replica, candidate.body});
    }
  } else {
    // After a restart, too, it can be voted for again in a later view and shown to others.
    context_.ready.persist.emplace_back(BodyRecord{vote.seq, vote.digest, body->bytes});
    auto& place = slot->awaited && slot->awaited->digest() == vote.digest ? slot->awaited : slot->kept;
    place = Candidate{proposal.pre_prepare, std::move(body), BodyCheck::good};
  }
  if (round != nullptr && round->accepted && round->accepted->pre_prepare.vote.view == vote.view &&
      round->accepted->digest() != vote.digest)
    accuse(*slot, round->accepted->pre_prepare, proposal.pre_prepare);
  advance(*slot);
  return true;
}

void NormalCase::on_batch_checked(const Digest& digest, bool good) {
  for (auto& [seq, slot] : log_.slots()) {
    Round* round = slot.find_round(safety_.view());
    if (round == nullptr || !round->accepted) continue;
    Candidate& candidate = *round->accepted;
    if (candidate.check != BodyCheck::waiting || candidate.digest() != digest) continue;
    candidate.check = good ? BodyCheck::good : BodyCheck::refused;
    if (!good) {
      ++context_.counters.dropped_bad_body;
      continue;
    }
    vote_prepare(slot, *round);
    advance(slot);
  }
}

void NormalCase::vote_prepare(Slot& slot, Round& round) {
  const Candidate& candidate = *round.accepted;
  Vote vote = candidate.pre_prepare.vote;
  vote.phase = Phase::prepare;
  // The batch is durable before a vote promises it; only the null batch has none.
  if (!candidate.body && vote.digest != kNullBatch) return;
  if (!safety_.may_vote(vote) || safety_.own(Phase::prepare, vote.view, vote.seq) != nullptr) return;
  if (slot.committed && slot.committed->commit.digest != vote.digest) return;
  const SignedVote prepare = safety_.prepare(candidate.pre_prepare, candidate.body);
  round.keep(prepare);
  context_.send_all(prepare);
}

void NormalCase::on_vote(const SignedVote& signed_vote) {
  const Vote& vote = signed_vote.vote;
  auto& counters = context_.counters;
  if (!in_place(vote)) return;
  const View view = safety_.view();
  if (signed_vote.replica == context_.self()) {
    const SignedVote* own = safety_.own(vote.phase, vote.view, vote.seq);
    if (own == nullptr || own->vote != vote) return own_vote_unknown();
    ++counters.dropped_own;
    return;
  }
  if (vote.view < view || vote.view.value - view.value > 1) {
    ++counters.dropped_wrong_view;
    return;
  }
  if (safety_.changing() && vote.phase == Phase::pre_prepare) {
    ++counters.dropped_changing;
    return;
  }
  if (vote.phase == Phase::pre_prepare) {
    on_shown(signed_vote);
    return;
  }
  if (vote.phase == Phase::prepare && signed_vote.replica == context_.validators().primary(vote.view)) {
    ++counters.dropped_primary_prepare;
    return;
  }
  Slot& slot = log_.at(vote.seq, context_.now);
  Round& round = slot.round(vote.view);
  if (context_.lacks(Bug::evidence_across_views)) {
    for (const auto& [elsewhere, other] : slot.rounds) {
      const auto& earlier = other.prepares[signed_vote.replica.value];
      if (earlier && vote.phase == Phase::prepare && earlier->vote.digest != vote.digest)
        accuse(slot, *earlier, signed_vote);
    }
  }
  keep(slot, round, signed_vote);
  if (context_.lacks(Bug::votes_for_any_digest_count) && vote.phase == Phase::commit && round.accepted)
    round.commits[signed_vote.replica.value]->vote.digest = round.accepted->digest();
  advance(slot);
}

// A vote under our key that no record here knows: votes were lost, or the key is used twice.
void NormalCase::own_vote_unknown() {
  ++context_.counters.dropped_own;
  ++context_.counters.own_votes_unknown;
  recovery_.votes_lost();
}

// Its NEW-VIEW is on its way: messages of one sender can overtake each other while they are verified.
void NormalCase::keep_early(const Proposal& proposal) {
  const Vote& vote = proposal.pre_prepare.vote;
  Round& round = log_.at(vote.seq, context_.now).round(vote.view);
  if (round.early || round.accepted)
    ++context_.counters.dropped_duplicate;
  else
    round.early = proposal;
}

void NormalCase::view_entered() {
  for (auto& [seq, slot] : log_.slots()) {
    Round* round = slot.find_round(safety_.view());
    if (round == nullptr || !round->early) continue;
    const Proposal early = *std::exchange(round->early, std::nullopt);
    on_proposal(early);
  }
}

void NormalCase::accept_again(const SignedVote& pre_prepare) {
  const Vote& vote = pre_prepare.vote;
  Slot& slot = log_.at(vote.seq, context_.now);
  Round& round = slot.round(vote.view);
  if (!round.accepted) {
    const Candidate* held = slot.with_body(vote.digest);
    round.accepted = Candidate{pre_prepare, held != nullptr ? held->body : nullptr, BodyCheck::good};
    // Whoever re-proposes a batch shows it again after a crash.
    if (held != nullptr && pre_prepare.replica == context_.self())
      context_.ready.persist.emplace_back(BodyRecord{vote.seq, vote.digest, held->body->bytes});
  } else if (round.accepted->digest() == vote.digest) {
    round.accepted->check = BodyCheck::good;
  }
  round.early.reset();
  vote_prepare(slot, round);
  advance(slot);
}

bool NormalCase::in_flight() const {
  return std::any_of(log_.slots().upper_bound(decided_), log_.slots().end(), [&](const auto& entry) {
    const Round* round = entry.second.find_round(safety_.view());
    return entry.second.committed || (round != nullptr && round->accepted);
  });
}

void NormalCase::end_epoch(BlockHeight last) {
  last_ = last;
  std::erase_if(context_.ready.execute, [&](const Decided& decided) { return decided.seq > last; });
}

void NormalCase::keep(Slot& slot, Round& round, const SignedVote& vote) {
  switch (round.keep(vote)) {
    case Kept::added:
      show_contradiction(slot, round, vote.replica);
      break;
    case Kept::duplicate:
      ++context_.counters.dropped_duplicate;
      break;
    case Kept::conflict:
      ++context_.counters.dropped_conflict;
      accuse(slot, *round.votes(vote.vote.phase)[vote.replica.value], vote);
      break;
  }
}

// A PRE-PREPARE without its batch cannot be accepted, but it can prove that the primary signed two.
void NormalCase::on_shown(const SignedVote& pre_prepare) {
  const Vote& vote = pre_prepare.vote;
  auto& counters = context_.counters;
  if (pre_prepare.replica != context_.validators().primary(vote.view)) {
    ++counters.dropped_not_primary;
    return;
  }
  Slot& slot = log_.at(vote.seq, context_.now);
  Round& round = slot.round(vote.view);
  const SignedVote* earlier = round.accepted ? &round.accepted->pre_prepare : round.shown ? &*round.shown : nullptr;
  if (earlier == nullptr) {
    round.shown = pre_prepare;
    ++counters.dropped_bad_body;
  } else if (earlier->vote == vote) {
    ++counters.dropped_duplicate;
  } else {
    ++counters.dropped_conflict;
    accuse(slot, *earlier, pre_prepare);
  }
}

void NormalCase::accuse(Slot& slot, const SignedVote& first, const SignedVote& second) {
  if (slot.accused[first.replica.value]) return;
  slot.accused[first.replica.value] = true;
  context_.ready.evidence.push_back({first.replica, std::pair(first, second)});
}

// A replica votes for another digest than the one accepted here: it has seen another PRE-PREPARE, or lies.
// Showing it ours gives it the evidence if it was the primary who lied.
void NormalCase::show_contradiction(Slot& slot, const Round& round, ReplicaIndex replica) {
  if (!round.accepted || slot.answered[replica.value]) return;
  // Above the epoch's last block everything is void (rule 12).
  if (last_ && round.accepted->pre_prepare.vote.seq > *last_) return;
  const auto& prepare = round.prepares[replica.value];
  const auto& commit = round.commits[replica.value];
  const Digest& digest = round.accepted->digest();
  if ((!prepare || prepare->vote.digest == digest) && (!commit || commit->vote.digest == digest)) return;
  slot.answered[replica.value] = true;
  context_.send_to(replica, round.accepted->pre_prepare);
  // More than f lie if both were committed: the certificates together name them.
  if (slot.committed && commit && slot.committed->commit.digest != commit->vote.digest)
    context_.send_to(replica, *slot.committed);
}

void NormalCase::on_commit_certificate(const CommitCertificate& certificate) {
  const Vote& vote = certificate.commit;
  if (!in_place(vote)) return;
  Slot& slot = log_.at(vote.seq, context_.now);
  if (slot.committed && slot.committed->commit.digest == vote.digest) {
    ++context_.counters.dropped_duplicate;
    return;
  }
  if (slot.committed) {
    // More than f replicas lie. What was committed here stands; the certificates name them.
    ++context_.counters.dropped_conflict;
    accuse_signers(slot, *slot.committed, certificate);
    return;
  }
  slot.committed = certificate;
  keep_signatures(certificate);
  advance(slot);
}

// The certificate's COMMITs are votes like others: kept where there is room, and compared with earlier ones.
void NormalCase::keep_signatures(const CommitCertificate& certificate) {
  const Vote& vote = certificate.commit;
  if (vote.view < safety_.view() || vote.view.value - safety_.view().value > 1) return;
  Slot& slot = log_.at(vote.seq, context_.now);
  Round& round = slot.round(vote.view);
  for (const auto& signature : certificate.signatures) {
    const auto& earlier = round.commits[signature.replica.value];
    if (signature.replica == context_.self() || (earlier && earlier->vote == vote)) continue;
    keep(slot, round, SignedVote{vote, signature.replica, signature.signature});
  }
}

void NormalCase::accuse_signers(Slot& slot, const CommitCertificate& first, const CommitCertificate& second) {
  if (first.commit.view != second.commit.view) return;
  for (const auto& left : first.signatures) {
    for (const auto& right : second.signatures) {
      if (left.replica == right.replica)
        accuse(slot, SignedVote{first.commit, left.replica, left.signature},
               SignedVote{second.commit, right.replica, right.signature});
    }
  }
}

void NormalCase::advance(Slot& slot) {
  Round* round = slot.find_round(safety_.view());
  if (round != nullptr && round->accepted && is_prepared(slot, *round)) {
    vote_commit(slot, *round);
    if (!slot.committed)
      slot.committed =
          commit_certificate(*round, round->accepted->digest(), context_.quorum_unless(Bug::commit_quorum_small));
  }
  hand_over();
}

bool NormalCase::is_prepared(Slot& slot, const Round& round) const {
  const Vote& accepted = round.accepted->pre_prepare.vote;
  if (slot.prepared && slot.prepared->pre_prepare == accepted) return true;
  auto certificate = prepared_certificate(round, context_.quorum_unless(Bug::prepare_quorum_small));
  if (!certificate) return false;
  slot.prepared = std::move(certificate);
  return true;
}

void NormalCase::vote_commit(const Slot& slot, Round& round) {
  Vote vote = slot.prepared->pre_prepare;
  vote.phase = Phase::commit;
  if (round.accepted->check != BodyCheck::good || !safety_.may_vote(vote)) return;
  if (!round.accepted->body && vote.digest != kNullBatch) return;
  if (safety_.own(Phase::commit, vote.view, vote.seq) != nullptr) return;
  const SignedVote commit = safety_.commit(*slot.prepared);
  round.keep(commit);
  context_.send_all(commit);
}

void NormalCase::hand_over() {
  while (!safety_.stopped() && (!(last_ && decided_ >= *last_) || context_.lacks(Bug::epoch_goes_on))) {
    const Slot* next = log_.find(decided_.next());
    if (context_.lacks(Bug::out_of_order) && (next == nullptr || !next->committed)) {
      decided_ = decided_.next();
      next = log_.find(decided_.next());
    }
    if (next == nullptr || !next->committed) return;
    const Vote& vote = next->committed->commit;
    const Candidate* candidate = next->with_body(vote.digest);
    if (candidate == nullptr && vote.digest != kNullBatch && !context_.lacks(Bug::executes_null_for_missing)) return;
    decided_ = decided_.next();
    context_.ready.execute.push_back(
        {context_.epoch(), decided_, vote.view, vote.digest, candidate ? candidate->body : nullptr});
  }
}

}  // namespace tally::consensus
