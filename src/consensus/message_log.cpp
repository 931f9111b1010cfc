#include "consensus/message_log.h"

#include <limits>

#include "common/invariant.h"

namespace tally::consensus {

namespace {

// The first `wanted` replicas, in rising order, that voted for `digest`.
std::vector<ReplicaSignature> matching(const VotesByReplica& votes, const Digest& digest, std::size_t wanted) {
  std::vector<ReplicaSignature> out;
  for (const auto& vote : votes) {
    if (out.size() == wanted) break;
    if (vote && vote->vote.digest == digest) out.push_back({vote->replica, vote->signature});
  }
  return out;
}

}  // namespace

Kept Round::keep(const SignedVote& vote) {
  auto& place = votes(vote.vote.phase)[vote.replica.value];
  if (place) return place->vote == vote.vote ? Kept::duplicate : Kept::conflict;
  place = vote;
  return Kept::added;
}

Round& Slot::round(View view) {
  return rounds.try_emplace(view, static_cast<std::uint32_t>(accused.size())).first->second;
}

Round* Slot::find_round(View view) {
  const auto found = rounds.find(view);
  return found == rounds.end() ? nullptr : &found->second;
}

const Round* Slot::find_round(View view) const {
  const auto found = rounds.find(view);
  return found == rounds.end() ? nullptr : &found->second;
}

const Candidate* Slot::with_body(const Digest& digest) const {
  for (const auto& [view, round] : rounds) {
    if (round.accepted && round.accepted->body && round.accepted->digest() == digest) return &*round.accepted;
  }
  for (const auto* candidate : {&kept, &awaited})
    if (*candidate && (*candidate)->body && (*candidate)->digest() == digest) return &**candidate;
  return nullptr;
}

std::optional<Digest> Slot::missing_body(View view) const {
  if (committed) {
    const Digest& digest = committed->commit.digest;
    if (digest == kNullBatch || with_body(digest) != nullptr) return std::nullopt;
    return digest;
  }
  const Round* current = find_round(view);
  const auto& needed = current != nullptr && current->accepted ? current->accepted : awaited;
  if (!needed || needed->digest() == kNullBatch || with_body(needed->digest()) != nullptr) return std::nullopt;
  return needed->digest();
}

MessageLog::MessageLog(const ValidatorSet& validators, std::uint64_t window)
    : n_(static_cast<std::uint32_t>(validators.members.size())), window_(window), low_(validators.start) {}

SeqNum MessageLog::high() const {
  const std::uint64_t room = std::numeric_limits<std::uint64_t>::max() - low_.value;
  return low_.plus(std::min(window_, room));
}

bool MessageLog::in_window(SeqNum seq) const {
  return seq > low_ && seq.value - low_.value <= window_;
}

Slot* MessageLog::find(SeqNum seq) {
  const auto found = slots_.find(seq);
  return found == slots_.end() ? nullptr : &found->second;
}

const Slot* MessageLog::find(SeqNum seq) const {
  const auto found = slots_.find(seq);
  return found == slots_.end() ? nullptr : &found->second;
}

Slot& MessageLog::at(SeqNum seq, std::uint64_t tick) {
  invariant(in_window(seq), "a slot outside the window is never made");
  return slots_.try_emplace(seq, seq, n_, tick).first->second;
}

void MessageLog::advance_to(BlockHeight stable) {
  invariant(stable >= low_, "the low watermark never goes back");
  low_ = stable;
  slots_.erase(slots_.begin(), slots_.upper_bound(stable));
}

void MessageLog::enter_view(View view) {
  for (auto& [seq, slot] : slots_) {
    const std::optional<Digest> needed = slot.committed  ? std::optional(slot.committed->commit.digest)
                                         : slot.prepared ? std::optional(slot.prepared->pre_prepare.digest)
                                                         : std::nullopt;
    const bool held = needed && slot.kept && slot.kept->body && slot.kept->digest() == *needed;
    for (auto round = slot.rounds.begin(); round != slot.rounds.end() && round->first < view;) {
      auto& accepted = round->second.accepted;
      const bool wanted = accepted && accepted->body && accepted->check != BodyCheck::refused;
      if (wanted && !held && (!needed || accepted->digest() == *needed)) slot.kept = std::move(accepted);
      round = slot.rounds.erase(round);
    }
  }
}

void MessageLog::forget_awaited() {
  for (auto& [seq, slot] : slots_) slot.awaited.reset();
}

void MessageLog::count(Replica::Footprint& into) const {
  into.slots += slots_.size();
  const auto count_body = [&into](const std::optional<Candidate>& candidate) {
    if (!candidate || !candidate->body) return;
    ++into.bodies;
    into.body_bytes += candidate->body->bytes.size();
  };
  for (const auto& [seq, slot] : slots_) {
    for (const auto& [view, round] : slot.rounds) {
      for (const auto& vote : round.prepares) into.votes += vote ? 1 : 0;
      for (const auto& vote : round.commits) into.votes += vote ? 1 : 0;
      count_body(round.accepted);
      into.bodies += round.early ? 1 : 0;
      into.body_bytes += round.early ? round.early->batch.size() : 0;
    }
    count_body(slot.kept);
    count_body(slot.awaited);
    into.certificates += (slot.prepared ? 1 : 0) + (slot.committed ? 1 : 0);
  }
}

std::optional<PreparedCertificate> prepared_certificate(const Round& round, Quorum quorum) {
  if (!round.accepted) return std::nullopt;
  const SignedVote& pre_prepare = round.accepted->pre_prepare;
  auto prepares = matching(round.prepares, pre_prepare.vote.digest, quorum.q() - 1);
  if (prepares.size() < quorum.q() - 1) return std::nullopt;
  return PreparedCertificate{pre_prepare.vote, {pre_prepare.replica, pre_prepare.signature}, std::move(prepares)};
}

std::optional<CommitCertificate> commit_certificate(const Round& round, const Digest& digest, Quorum quorum) {
  auto signatures = matching(round.commits, digest, quorum.q());
  if (signatures.size() < quorum.q()) return std::nullopt;
  const auto& first = round.commits[signatures.front().replica.value];
  return CommitCertificate{first->vote, std::move(signatures)};
}

}  // namespace tally::consensus
