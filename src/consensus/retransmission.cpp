#include "consensus/retransmission.h"

namespace tally::consensus {

namespace {

using Mask = std::vector<Byte>;

void set_bit(Mask& mask, std::size_t bit) {
  mask[bit / 8] = static_cast<Byte>(mask[bit / 8] | (1U << (bit % 8)));
}

// A mask that is shorter than it could be lacks the rest.
bool has_bit(const Mask& mask, std::size_t bit) {
  return bit / 8 < mask.size() && ((mask[bit / 8] >> (bit % 8)) & 1U) != 0;
}

std::uint32_t count_bits(const Mask& mask, std::uint32_t n) {
  std::uint32_t out = 0;
  for (std::uint32_t bit = 0; bit < n; ++bit) out += has_bit(mask, bit) ? 1 : 0;
  return out;
}

Mask empty_mask(std::uint32_t n) {
  return Mask((n + 7) / 8);
}

Mask full_mask(std::uint32_t n) {
  Mask out = empty_mask(n);
  for (std::uint32_t bit = 0; bit < n; ++bit) set_bit(out, bit);
  return out;
}

constexpr std::size_t kVoteBytes = 160;  // an upper bound of a signed vote's size
// A batch may still be on its way through a narrow line: each time it is sent to a replica again, the wait before the
// next doubles, up to 2^4 STATUS periods.
constexpr std::uint32_t kBodyDoublingsMax = 4;

}  // namespace

// What goes to one replica for one STATUS.
class Retransmission::Answer {
 public:
  Answer(Context& context, ReplicaIndex to) : context_(context), to_(to) {}

  [[nodiscard]] bool full() const { return bytes_ >= kAnswerBytesMax; }
  [[nodiscard]] ReplicaIndex to() const { return to_; }

  template <class Message>
  void send(const Message& message, std::size_t bytes) {
    if (full()) return;
    bytes_ += bytes;
    ++context_.counters.retransmitted;
    context_.send_to(to_, message);
  }

 private:
  Context& context_;
  ReplicaIndex to_;
  std::size_t bytes_ = 0;
};

Retransmission::Retransmission(Context& context, const MessageLog& log, const Safety& safety,
                               const Checkpoints& checkpoints, const ViewChanges& view_changes)
    : context_(context),
      log_(log),
      safety_(safety),
      checkpoints_(checkpoints),
      view_changes_(view_changes),
      answered_at_(context.quorum.n) {}

void Retransmission::tick() {
  const std::uint32_t period = std::max(context_.configuration.status_every_ticks, 1U);
  bodies_sent_.erase(bodies_sent_.begin(), bodies_sent_.upper_bound(log_.low()));
  // Also from a single replica: nodes that only observe hear it.
  if (context_.now % period == 1 % period) context_.ready.send.push_back({std::nullopt, report()});
}

StatusReport Retransmission::report() const {
  StatusReport out{context_.epoch(),
                   safety_.view(),
                   context_.self(),
                   log_.low(),
                   checkpoints_.last_executed(),
                   {},
                   {},
                   safety_.changing(),
                   {}};
  if (safety_.changing()) out.view_changes = view_changes_.mask();
  for (const auto& [seq, slot] : log_.slots()) out.slots.push_back(status_of(slot));
  out.checkpoints = empty_mask(context_.quorum.n);
  if (const auto* votes = checkpoints_.votes(log_.low().next())) {
    for (std::size_t i = 0; i < votes->size(); ++i) {
      if ((*votes)[i]) set_bit(out.checkpoints, i);
    }
  }
  return out;
}

SlotStatus Retransmission::status_of(const Slot& slot) const {
  const std::uint32_t n = context_.quorum.n;
  SlotStatus out{slot.seq, false, empty_mask(n), empty_mask(n), slot.missing_body(safety_.view())};
  if (slot.committed) {
    // Nothing but the body can be missing.
    out.has_body = !slot.missing_body(safety_.view());
    out.prepares = full_mask(n);
    out.commits = full_mask(n);
    return out;
  }
  const Round* round = slot.find_round(safety_.view());
  if (round == nullptr) return out;
  out.has_body = round->accepted && round->accepted->body;
  // A vote for another digest than the accepted one counts for nothing, so it is not reported.
  const auto fill = [&](Mask& mask, const VotesByReplica& votes) {
    for (std::size_t i = 0; i < votes.size(); ++i) {
      if (votes[i] && (!round->accepted || votes[i]->vote.digest == round->accepted->digest())) set_bit(mask, i);
    }
  };
  fill(out.prepares, round->prepares);
  fill(out.commits, round->commits);
  return out;
}

bool Retransmission::our_turn(SeqNum seq) const {
  const std::uint32_t period = std::max(context_.configuration.status_every_ticks, 1U);
  return (context_.now / period + seq.value + context_.self().value) % context_.quorum.weak() == 0;
}

bool Retransmission::fresh(const Slot& slot) const {
  return context_.now - slot.born_tick < context_.configuration.status_every_ticks;
}

void Retransmission::answer(const StatusReport& report) {
  if (report.epoch != context_.epoch()) {
    ++context_.counters.dropped_wrong_epoch;
    return;
  }
  if (report.replica == context_.self() || context_.lacks(Bug::status_unanswered)) {
    ++context_.counters.dropped_own;
    return;
  }
  auto& answered = answered_at_[report.replica.value];
  if (answered && context_.now - *answered < context_.configuration.status_every_ticks / 2 + 1) {
    ++context_.counters.dropped_status;
    return;
  }
  answered = context_.now;
  Answer answer(context_, report.replica);
  answer_checkpoints(answer, report);
  answer_view(answer, report);
  const bool same_view = report.view == safety_.view() && !safety_.changing() && !report.changing;
  // What the peer executed and is not stable may have to be voted for again in a later view.
  for (auto slot = log_.slots().upper_bound(report.stable); slot != log_.slots().end() && !answer.full(); ++slot) {
    // What lies above the peer's window it would drop.
    if (slot->first.value - std::min(report.stable, slot->first).value > context_.configuration.window) break;
    // Above the epoch's last block everything is void (rule 12).
    if (safety_.last_of_epoch() && slot->first > *safety_.last_of_epoch()) break;
    const auto theirs = std::lower_bound(report.slots.begin(), report.slots.end(), slot->first,
                                         [](const SlotStatus& status, SeqNum seq) { return status.seq < seq; });
    const bool listed = theirs != report.slots.end() && theirs->seq == slot->first;
    if (!listed && slot->first <= report.executed) continue;
    answer_slot(answer, slot->second, listed ? &*theirs : nullptr, same_view);
  }
}

// The view that the peer waits for or has not heard of; to itself, what it signed and may have lost.
void Retransmission::answer_view(Answer& answer, const StatusReport& report) const {
  const View view = safety_.view();
  const auto send_change = [&answer](const SignedViewChange& change) {
    std::size_t bytes = 3 * kVoteBytes;
    for (const auto& certificate : change.body.prepared) bytes += kVoteBytes * (2 + certificate.prepares.size() / 2);
    answer.send(change, bytes);
  };
  const auto* theirs = view_changes_.latest(report.replica);
  const bool stale = theirs != nullptr &&
                     (theirs->body.new_view > report.view || (theirs->body.new_view == report.view && report.changing &&
                                                              !has_bit(report.view_changes, report.replica.value)));
  if (stale) send_change(*theirs);
  const bool waits = report.view == view && report.changing;
  if (report.view > view || (report.view == view && !waits)) return;
  const auto missing = [&](ReplicaIndex replica) {
    return replica != report.replica && (!waits || !has_bit(report.view_changes, replica.value));
  };
  const auto& current = view_changes_.current();
  if (!safety_.changing() && current) {
    for (const auto& change : current->view_changes) {
      if (missing(change.replica)) send_change(change);
    }
    answer.send(current->new_view, kVoteBytes * (1 + current->new_view.body.pre_prepares.size() +
                                                 current->new_view.body.view_changes.size() / 2));
    return;
  }
  for (std::uint32_t i = 0; i < context_.quorum.n; ++i) {
    const auto* change = view_changes_.latest(ReplicaIndex{i});
    const bool ours = i == context_.self().value;
    if (change != nullptr && missing(change->replica) && change->body.new_view >= report.view &&
        (ours || our_turn(SeqNum{i})))
      send_change(*change);
  }
}

void Retransmission::answer_wanted(Answer& answer, const Slot& slot, const Digest& wanted) {
  const Candidate* candidate = slot.with_body(wanted);
  if (candidate != nullptr && candidate->check != BodyCheck::refused) send_body(answer, slot, *candidate);
}

void Retransmission::send_body(Answer& answer, const Slot& slot, const Candidate& candidate) {
  const bool ours = candidate.pre_prepare.replica == context_.self();
  if ((!ours && !our_turn(slot.seq)) || answer.full()) return;
  auto& sent =
      bodies_sent_.try_emplace(slot.seq, context_.quorum.n, Sent{slot.born_tick, ours ? 1U : 0U}).first->second;
  Sent& last = sent[answer.to().value];
  const std::uint64_t period = std::max(context_.configuration.status_every_ticks, 1U);
  if (last.times > 0 && context_.now - last.tick < period << std::min(last.times, kBodyDoublingsMax)) return;
  last = {context_.now, last.times + 1};
  answer.send(Proposal{candidate.pre_prepare, candidate.body->bytes}, kVoteBytes + candidate.body->bytes.size());
}

void Retransmission::answer_slot(Answer& answer, const Slot& slot, const SlotStatus* theirs, bool same_view) {
  if (fresh(slot)) return;
  const Quorum quorum = context_.quorum;
  const Round* round = slot.find_round(safety_.view());
  if (slot.committed) {
    const bool they_committed = theirs != nullptr && count_bits(theirs->commits, quorum.n) >= quorum.q() &&
                                count_bits(theirs->prepares, quorum.n) + 1 >= quorum.q();
    if (!they_committed) answer.send(*slot.committed, kVoteBytes + slot.committed->signatures.size() * kVoteBytes / 2);
  } else if (same_view && round != nullptr) {
    answer_votes(answer, slot, theirs);
  }
  if (theirs != nullptr && theirs->has_body) return;
  if (theirs != nullptr && theirs->wanted) return answer_wanted(answer, slot, *theirs->wanted);
  const Candidate* candidate = nullptr;
  if (slot.committed)
    candidate = slot.with_body(slot.committed->commit.digest);
  else if (same_view && round != nullptr && round->accepted && round->accepted->check != BodyCheck::refused)
    candidate = slot.with_body(round->accepted->digest());
  if (candidate != nullptr) send_body(answer, slot, *candidate);
}

void Retransmission::answer_votes(Answer& answer, const Slot& slot, const SlotStatus* theirs) const {
  const Round& round = *slot.find_round(safety_.view());
  const bool turn = our_turn(slot.seq);
  const auto send = [&](const VotesByReplica& votes, const Mask* mask) {
    for (std::size_t i = 0; i < votes.size(); ++i) {
      if (!votes[i] || (mask != nullptr && has_bit(*mask, i))) continue;
      if (turn || votes[i]->replica == context_.self()) answer.send(*votes[i], kVoteBytes);
    }
  };
  send(round.prepares, theirs ? &theirs->prepares : nullptr);
  send(round.commits, theirs ? &theirs->commits : nullptr);
}

void Retransmission::answer_checkpoints(Answer& answer, const StatusReport& report) const {
  const auto send_certificate = [&answer](const CheckpointCertificate* certificate) {
    if (certificate != nullptr) answer.send(*certificate, kVoteBytes + certificate->signatures.size() * kVoteBytes / 2);
  };
  // What the peer has executed becomes final with the first; the highest tells it how far it is behind, and the
  // stable one is the highest whose block can be had.
  const auto* executed = checkpoints_.certificate_in(report.stable, report.executed);
  const auto* stable = checkpoints_.stable_certificate();
  const auto* highest = checkpoints_.highest_certificate();
  send_certificate(executed);
  if (stable != nullptr && stable->vote.height > report.stable && stable != executed) send_certificate(stable);
  if (highest != nullptr && highest->vote.height > report.stable && highest != executed && highest != stable)
    send_certificate(highest);
  const BlockHeight next = report.stable.next();
  for (const auto& [height, checkpoint] : safety_.own_checkpoints()) {
    if (height <= report.stable || (height == next && has_bit(report.checkpoints, context_.self().value))) continue;
    answer.send(checkpoint, kVoteBytes);
  }
  const auto* votes = checkpoints_.votes(next);
  if (votes == nullptr || !our_turn(next)) return;
  for (std::size_t i = 0; i < votes->size(); ++i) {
    const auto& vote = (*votes)[i];
    if (vote && vote->replica != context_.self() && vote->replica != report.replica && !has_bit(report.checkpoints, i))
      answer.send(*vote, kVoteBytes);
  }
}

}  // namespace tally::consensus
