#include "consensus/replica.h"

#include <utility>

#include "common/invariant.h"
#include "consensus/checkpoint.h"
#include "consensus/context.h"
#include "consensus/durable.h"
#include "consensus/message_log.h"
#include "consensus/normal_case.h"
#include "consensus/retransmission.h"
#include "consensus/safety.h"
#include "consensus/view_change.h"
#include "consensus/view_timer.h"

namespace tally::consensus {

struct Replica::Impl {
  Impl(Configuration configuration, Restored restored);

  void operator()(const Proposal& message) {
    normal_case.on_proposal(message);
    view_changes.body_arrived();
  }
  void operator()(const SignedVote& message) { normal_case.on_vote(message); }
  void operator()(const CommitCertificate& message) { normal_case.on_commit_certificate(message); }
  void operator()(const SignedCheckpoint& message);
  void operator()(const CheckpointCertificate& message);
  void operator()(const SignedViewChange& message) { view_changes.on_view_change(message); }
  void operator()(const SignedNewView& message) { view_changes.on_new_view(message); }
  void operator()(const StatusReport& message);

  // To whoever executed another block than this replica: what was decided and what is final here. If both were, more
  // than f lie, and the certificates together name them.
  void show_decision(const SignedCheckpoint& theirs);
  // Signs and sends CHECKPOINT for a block that is executed here.
  void vote_checkpoint(BlockHeight height, const Digest& header);
  // Moves h as far as certificates allow, and notices what must stop this replica.
  void settle();
  void make_stable(const std::vector<CheckpointCertificate>& certificates);
  void report_behind();
  // Own votes in a certificate that no record here knows.
  void check_own(const CheckpointCertificate& certificate);
  void settle_recovery();
  // Tells the timer of a view that was left or entered since `before`.
  struct Place {
    View view;
    bool changing = false;
  };
  // The block of this height ended the epoch.
  void end_epoch(BlockHeight height);
  [[nodiscard]] Place place() const { return {safety.view(), safety.changing()}; }
  void note_view(const Place& before);

  Context context;
  Safety safety;
  MessageLog log;
  Checkpoints checkpoints;
  Recovery recovery;
  NormalCase normal_case;
  ViewChanges view_changes;
  Retransmission retransmission;
  ViewTimer timer;
  PendingWork work;
  std::optional<BlockHeight> last;  // the block that ended the epoch
  BlockHeight reported_behind;      // highest height that was reported
  SeqNum last_decided;              // at the last tick
  std::uint64_t stuck_ticks = 0;    // in which a proven height was not reached and nothing was decided
};

Replica::Impl::Impl(Configuration configuration, Restored restored)
    : context(std::move(configuration)),
      safety(context),
      log(context.configuration.validators, context.configuration.window),
      checkpoints(context),
      recovery(context),
      normal_case(context, log, safety, recovery),
      view_changes(context, log, safety, checkpoints, normal_case, recovery),
      retransmission(context, log, safety, checkpoints, view_changes),
      timer(context.configuration) {
  const DurableState state = sort_records(std::move(restored.records), context.configuration);
  if (state.stable) {
    checkpoints.restore(*state.stable);
    log.advance_to(state.stable->vote.height);
    safety.prune(state.stable->vote.height);
  }
  if (!context.lacks(Bug::view_forgotten)) safety.restore(state.view);
  recovery.restore(state.complete, state.lost);
  safety.suspend(recovery.active());
  for (const auto& vote : state.own_votes)
    if (!context.lacks(Bug::votes_forgotten)) safety.restore(vote);
  for (const auto& checkpoint : state.own_checkpoints) safety.restore(checkpoint);
  checkpoints.restore(restored.executed, restored.executed_header);
  for (const auto& checkpoint : state.own_checkpoints) checkpoints.add(checkpoint);
  // First, so that nothing above is voted for again.
  if (restored.ended) end_epoch(restored.executed);
  normal_case.restore(state, restored.executed);
  view_changes.restore(state);
  // The crash may have come between executing the block and voting for it.
  vote_checkpoint(restored.executed, restored.executed_header);
  settle();
}

void Replica::Impl::operator()(const SignedCheckpoint& message) {
  if (message.vote.epoch != context.epoch()) {
    ++context.counters.dropped_wrong_epoch;
    return;
  }
  if (message.replica == context.self()) {
    ++context.counters.dropped_own;
    const SignedCheckpoint* own = safety.own_checkpoint(message.vote.height);
    if (log.in_window(message.vote.height) && (own == nullptr || own->vote != message.vote)) {
      ++context.counters.own_votes_unknown;
      recovery.votes_lost();
    }
    return;
  }
  if (!checkpoints.add(message)) return;
  show_decision(message);
  settle();
}

void Replica::Impl::operator()(const CheckpointCertificate& message) {
  if (message.vote.epoch != context.epoch()) {
    ++context.counters.dropped_wrong_epoch;
    return;
  }
  check_own(message);
  checkpoints.add(message);
  settle();
}

void Replica::Impl::operator()(const StatusReport& message) {
  if (message.epoch == context.epoch()) recovery.heard(message.replica, message.stable);
  retransmission.answer(message);
}

void Replica::Impl::show_decision(const SignedCheckpoint& theirs) {
  const BlockHeight height = theirs.vote.height;
  const SignedCheckpoint* own = safety.own_checkpoint(height);
  if (own == nullptr || own->vote.header == theirs.vote.header) return;
  const Slot* slot = log.find(height);
  if (slot != nullptr && slot->committed) context.send_to(theirs.replica, *slot->committed);
  if (const auto* stable = checkpoints.stable_certificate()) context.send_to(theirs.replica, *stable);
}

void Replica::Impl::check_own(const CheckpointCertificate& certificate) {
  if (certificate.vote.height <= checkpoints.stable() || safety.own_checkpoint(certificate.vote.height) != nullptr)
    return;
  for (const auto& signature : certificate.signatures) {
    if (signature.replica != context.self()) continue;
    ++context.counters.own_votes_unknown;
    recovery.votes_lost();
  }
}

void Replica::Impl::settle_recovery() {
  const CheckpointCertificate* highest = checkpoints.highest_certificate();
  const BlockHeight certified = highest != nullptr ? highest->vote.height : checkpoints.stable();
  recovery.settle(std::max(certified, checkpoints.stable()), checkpoints.stable());
  safety.suspend(recovery.active());
}

void Replica::Impl::note_view(const Place& before) {
  const Place now = place();
  if (now.view == before.view && now.changing == before.changing) return;
  if (now.changing)
    timer.began_change(true);
  else
    timer.entered_view();
}

void Replica::Impl::end_epoch(BlockHeight height) {
  last = height;
  safety.end_epoch(height);
  normal_case.end_epoch(height);
  // Votes above it that have not left yet are void (rule 12).
  std::erase_if(context.ready.send, [height](const Outgoing& outgoing) {
    const auto* vote = std::get_if<SignedVote>(&outgoing.message);
    const auto* proposal = std::get_if<Proposal>(&outgoing.message);
    return (vote != nullptr && vote->vote.seq > height) ||
           (proposal != nullptr && proposal->pre_prepare.vote.seq > height);
  });
}

void Replica::Impl::vote_checkpoint(BlockHeight height, const Digest& header) {
  // Above h+L a vote would be dropped by all; such a block came from peers who have the certificate.
  if (safety.silent() || !log.in_window(height) || (last && height > *last)) return;
  const bool known = safety.own_checkpoint(height) != nullptr;
  const SignedCheckpoint checkpoint = safety.checkpoint(height, header);
  if (known) return;
  checkpoints.add(checkpoint);
  context.send_all(checkpoint);
  if (const auto* votes = checkpoints.votes(height)) {
    for (const auto& vote : *votes)
      if (vote) show_decision(*vote);
  }
}

void Replica::Impl::settle() {
  while (!safety.stopped()) {
    if (checkpoints.halt()) {
      context.ready.halted = checkpoints.halt();
      safety.stop();
      break;
    }
    const auto certificates = checkpoints.take_stable();
    make_stable(certificates);
    if (checkpoints.divergence()) {
      context.ready.diverged = checkpoints.divergence();
      safety.stop();
    } else if (certificates.empty()) {
      break;
    }
  }
  if (!safety.stopped() && !log.in_window(checkpoints.highest_proven()) &&
      checkpoints.highest_proven() > std::max(normal_case.decided(), reported_behind))
    report_behind();
}

void Replica::Impl::make_stable(const std::vector<CheckpointCertificate>& certificates) {
  if (certificates.empty()) return;
  auto& ready = context.ready;
  ready.finalised.insert(ready.finalised.end(), certificates.begin(), certificates.end());
  ready.persist.emplace_back(StableRecord{certificates.back()});
  const BlockHeight stable = certificates.back().vote.height;
  log.advance_to(stable);
  safety.prune(stable);
  view_changes.window_moved();
}

void Replica::Impl::report_behind() {
  if (context.lacks(Bug::behind_unnoticed)) return;
  reported_behind = checkpoints.highest_proven();
  context.ready.behind = reported_behind;
}

Replica::Replica(Configuration configuration, Restored restored) {
  invariant(configuration.signer != nullptr, "a replica has a signer");
  invariant(configuration.validators.has(configuration.self), "a replica is a member of its validator set");
  invariant(configuration.window > 0, "a window has room for a sequence number");
  impl_ = std::make_unique<Impl>(std::move(configuration), std::move(restored));
}
Replica::~Replica() = default;
Replica::Replica(Replica&&) noexcept = default;

void Replica::step(const Authentic& message) {
  if (impl_->safety.stopped() && !std::holds_alternative<StatusReport>(message.message())) {
    ++impl_->context.counters.dropped_stopped;
    return;
  }
  const auto before = impl_->place();
  std::visit(*impl_, message.message());
  // A VIEW-CHANGE or NEW-VIEW can bring a certificate.
  if (std::holds_alternative<SignedViewChange>(message.message()) ||
      std::holds_alternative<SignedNewView>(message.message()))
    impl_->settle();
  impl_->settle_recovery();
  impl_->note_view(before);
}

void Replica::tick() {
  Impl& impl = *impl_;
  ++impl.context.now;
  impl.retransmission.tick();
  if (impl.context.lacks(Bug::second_view_change) && impl.safety.changing())
    impl.view_changes.start(impl.safety.view());
  if (impl.safety.stopped()) return;
  const auto before = impl.place();
  // Whoever has the epoch's last block waits for its certificate alone. The others may need a new view for it: after a
  // power cut nobody holds the COMMITs by which it was executed here, and who is behind may have left the view.
  const PendingWork nothing;
  const bool unproven = impl.last && impl.checkpoints.stable() < *impl.last;
  const ViewTimer::Moment moment{impl.last ? nothing : impl.work, impl.normal_case.decided(),
                                 impl.last ? unproven : impl.normal_case.in_flight(), impl.safety.changing(),
                                 impl.view_changes.quorum_for(impl.safety.view())};
  if (impl.timer.tick(moment) && !impl.context.lacks(Bug::timer_stopped))
    impl.view_changes.start(impl.safety.view().next());
  impl.note_view(before);
  // Commits that are on their way are given two STATUS periods before the height is fetched as a block.
  const SeqNum decided = impl.normal_case.decided();
  const bool progress = decided > std::exchange(impl.last_decided, decided);
  const bool reached = impl.checkpoints.highest_proven() <= decided;
  impl.stuck_ticks = progress || reached ? 0 : impl.stuck_ticks + 1;
  const std::uint64_t period = std::max(impl.context.configuration.status_every_ticks, 1U);
  const bool far = !reached && !impl.log.in_window(impl.checkpoints.highest_proven());
  if (impl.stuck_ticks > 0 && impl.stuck_ticks % period == 0 && (far || impl.stuck_ticks >= 2 * period))
    impl.report_behind();
}

bool Replica::can_propose() const {
  return is_primary() && !impl_->safety.changing() && !impl_->safety.silent() && !impl_->last &&
         impl_->log.in_window(next_seq());
}

void Replica::propose(BodyPtr body) {
  invariant(can_propose(), "propose() requires can_propose()");
  invariant(body != nullptr && body->digest != kNullBatch && body->bytes.size() <= limits::kBatchBytesMax,
            "a proposal has a body within the limit");
  impl_->normal_case.propose(body);
}

void Replica::batch_checked(const Digest& digest, bool good) {
  if (!impl_->safety.stopped()) impl_->normal_case.on_batch_checked(digest, good);
}

void Replica::executed(BlockHeight height, const Digest& header, bool ends_epoch) {
  impl_->checkpoints.executed(height, header);
  if (ends_epoch) impl_->end_epoch(height);
  impl_->normal_case.skip_to(height);
  if (impl_->context.lacks(Bug::stable_too_early) && height > impl_->log.low()) impl_->log.advance_to(height);
  impl_->vote_checkpoint(height, header);
  impl_->settle();
}

void Replica::pending_work(const PendingWork& work) {
  impl_->work = work;
}

void Replica::installed(const CheckpointCertificate& certificate, bool ends_epoch) {
  Impl& impl = *impl_;
  const BlockHeight height = certificate.vote.height;
  impl.check_own(certificate);
  // First: the window that moves must open nothing above it.
  if (ends_epoch) impl.end_epoch(height);
  if (height <= impl.checkpoints.last_executed()) {
    if (height > impl.checkpoints.stable()) impl.checkpoints.add(certificate);
  } else {
    const bool stable = height > impl.checkpoints.stable();
    impl.checkpoints.install(certificate);
    if (stable) impl.make_stable({certificate});
    impl.normal_case.skip_to(height);
  }
  impl.settle();
  impl.settle_recovery();
}

Ready Replica::take_ready() {
  return std::exchange(impl_->context.ready, Ready{});
}

View Replica::view() const {
  return impl_->safety.view();
}
BlockHeight Replica::stable() const {
  return impl_->checkpoints.stable();
}
BlockHeight Replica::last_executed() const {
  return impl_->checkpoints.last_executed();
}
SeqNum Replica::next_seq() const {
  return impl_->normal_case.next_seq();
}
bool Replica::is_primary() const {
  return impl_->context.validators().primary(impl_->safety.view()) == impl_->context.self();
}
bool Replica::changing_view() const {
  return impl_->safety.changing();
}
std::uint64_t Replica::views_failed() const {
  return impl_->timer.failures();
}
std::uint64_t Replica::view_timeout_ticks() const {
  return impl_->timer.timeout();
}
bool Replica::recovering() const {
  return impl_->recovery.active();
}
bool Replica::stopped() const {
  return impl_->safety.stopped();
}
const Replica::Counters& Replica::counters() const {
  return impl_->context.counters;
}

Replica::Footprint Replica::footprint() const {
  Footprint out;
  impl_->log.count(out);
  impl_->checkpoints.count(out);
  impl_->view_changes.count(out);
  return out;
}

}  // namespace tally::consensus
