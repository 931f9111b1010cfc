#include "consensus/view_change.h"

#include <algorithm>

#include "common/invariant.h"

namespace tally::consensus {

ViewChanges::ViewChanges(Context& context, MessageLog& log, Safety& safety, Checkpoints& checkpoints,
                         NormalCase& normal_case, Recovery& recovery)
    : context_(context),
      log_(log),
      safety_(safety),
      checkpoints_(checkpoints),
      normal_case_(normal_case),
      recovery_(recovery),
      latest_(context.quorum.n) {}

void ViewChanges::restore(const DurableState& state) {
  if (state.view_change) keep(*state.view_change);
  if (!state.new_view || state.new_view->new_view.body.view != safety_.view()) return;
  current_ = state.new_view;
  normal_case_.set_floor(last_re_proposed());
  place();
}

const SignedViewChange* ViewChanges::latest(ReplicaIndex replica) const {
  const auto& held = latest_[replica.value];
  return held ? &held->message : nullptr;
}

SeqNum ViewChanges::last_re_proposed() const {
  if (!current_ || current_->new_view.body.pre_prepares.empty()) return {};
  return current_->new_view.body.pre_prepares.back().vote.seq;
}

void ViewChanges::count(Replica::Footprint& into) const {
  for (const auto& held : latest_) into.view_changes += held ? 1 : 0;
  if (candidate_) into.view_changes += candidate_->found.size();
  if (current_) into.view_changes += current_->view_changes.size();
}

// --- leaving a view ---

ViewChange ViewChanges::make_body(View view) const {
  ViewChange body{context_.epoch(), view, checkpoints_.stable(), std::nullopt, {}};
  if (body.stable > context_.validators().start) {
    const auto* certificate = checkpoints_.stable_certificate();
    invariant(certificate != nullptr && certificate->vote.height == body.stable, "h has its certificate");
    body.stable_certificate = *certificate;
  }
  for (const auto& [seq, slot] : log_.slots()) {
    if (slot.prepared && !context_.lacks(Bug::view_change_leaves_out)) body.prepared.push_back(*slot.prepared);
  }
  return body;
}

void ViewChanges::start(View view) {
  if (safety_.silent()) return;
  const SignedViewChange message = safety_.view_change(make_body(view));
  log_.enter_view(view);
  log_.forget_awaited();
  keep(message);
  context_.send_all(message);
  if (candidate_ && candidate_->message.body.view < view) candidate_.reset();
  try_lead();
  try_enter();
}

// --- gathering ---

bool ViewChanges::within_window(const ViewChange& body) const {
  const std::uint64_t window = context_.configuration.window;
  return body.new_view.value > 0 && body.stable >= context_.validators().start && body.prepared.size() <= window &&
         (body.prepared.empty() || body.prepared.back().pre_prepare.seq.value - body.stable.value <= window);
}

void ViewChanges::on_view_change(const SignedViewChange& message) {
  if (message.body.epoch != context_.epoch()) {
    ++context_.counters.dropped_wrong_epoch;
    return;
  }
  if (!within_window(message.body)) {
    ++context_.counters.dropped_out_of_window;
    return;
  }
  if (message.replica == context_.self()) return on_own(message);
  keep(message);
  join();
  try_lead();
  try_enter();
}

void ViewChanges::on_own(const SignedViewChange& message) {
  ++context_.counters.dropped_own;
  const auto& held = latest_[message.replica.value];
  if (held && (held->message.body.new_view > message.body.new_view || held->message == message)) return;
  ++context_.counters.own_votes_unknown;
  recovery_.votes_lost();
  // Nothing may be voted below a view that was left before the loss.
  if (held && held->message.body.new_view == message.body.new_view) return;
  safety_.adopt(message);
  log_.enter_view(safety_.view());
  keep(message);
}

// The latest of each replica; an older one only if a NEW-VIEW that waits here rests on it.
void ViewChanges::keep(const SignedViewChange& message) {
  const Digest digest = digest_of(message.body);
  auto& held = latest_[message.replica.value];
  if (candidate_) {
    for (const auto& reference : candidate_->message.body.view_changes) {
      if (reference.replica == message.replica && reference.body == digest)
        candidate_->found.insert_or_assign(message.replica, message);
    }
  }
  if (held && held->message.body.new_view >= message.body.new_view) {
    const bool conflict = held->message.body.new_view == message.body.new_view && held->digest != digest;
    ++(conflict ? context_.counters.dropped_conflict : context_.counters.dropped_duplicate);
    if (conflict) context_.ready.evidence.push_back({message.replica, std::pair(held->message, message)});
    return;
  }
  held = Held{message, digest};
  if (!message.body.stable_certificate) return;
  if (message.body.stable > checkpoints_.stable())
    checkpoints_.add(*message.body.stable_certificate);
  else
    checkpoints_.compare(*message.body.stable_certificate);
}

// Of f+1 replicas one is honest and has reason to leave: the smallest of their views is joined.
void ViewChanges::join() {
  if (safety_.silent()) return;
  std::uint32_t above = 0;
  std::optional<View> smallest;
  for (const auto& held : latest_) {
    if (!held || held->message.body.new_view <= safety_.view()) continue;
    ++above;
    const View view = held->message.body.new_view;
    smallest = smallest ? std::min(*smallest, view) : view;
  }
  if (above >= (context_.lacks(Bug::join_of_one) ? 1 : context_.quorum.weak())) start(*smallest);
}

bool ViewChanges::quorum_for(View view) const {
  const auto count = std::count_if(latest_.begin(), latest_.end(),
                                   [view](const auto& held) { return held && held->message.body.new_view >= view; });
  return static_cast<std::uint32_t>(count) >= context_.quorum.q();
}

std::vector<Byte> ViewChanges::mask() const {
  std::vector<Byte> out((context_.quorum.n + 7) / 8);
  const auto set = [&out](std::uint32_t bit) { out[bit / 8] = static_cast<Byte>(out[bit / 8] | (1U << (bit % 8))); };
  const bool waiting = candidate_ && candidate_->message.body.view == safety_.view();
  for (std::uint32_t i = 0; i < latest_.size(); ++i) {
    if (latest_[i] && latest_[i]->message.body.new_view >= safety_.view()) set(i);
  }
  if (!waiting) return out;
  for (const auto& reference : candidate_->message.body.view_changes) {
    const std::uint32_t bit = reference.replica.value;
    if (candidate_->found.contains(reference.replica))
      set(bit);
    else
      out[bit / 8] = static_cast<Byte>(out[bit / 8] & ~(1U << (bit % 8)));
  }
  return out;
}

// --- entering a view ---

NewViewContent ViewChanges::content_of(const std::vector<SignedViewChange>& view_changes) const {
  NewViewContent out = compute_new_view(view_changes);
  auto& proposals = out.proposals;
  if (context_.lacks(Bug::new_view_drops_last) && !proposals.empty()) proposals.pop_back();
  if (context_.lacks(Bug::null_in_new_view) && !proposals.empty()) proposals.back().digest = kNullBatch;
  if (!context_.lacks(Bug::lowest_view_wins)) return out;
  for (auto& proposal : proposals) {
    std::optional<View> lowest;
    for (const auto& change : view_changes) {
      for (const auto& certificate : change.body.prepared) {
        const Vote& vote = certificate.pre_prepare;
        if (vote.seq != proposal.seq || (lowest && *lowest <= vote.view)) continue;
        lowest = vote.view;
        proposal.digest = vote.digest;
      }
    }
  }
  return out;
}

void ViewChanges::try_lead() {
  if (!safety_.changing() || safety_.silent() || context_.validators().primary(safety_.view()) != context_.self())
    return;
  std::vector<SignedViewChange> chosen;
  const auto& own = latest_[context_.self().value];
  if (!own || own->message.body.new_view != safety_.view()) return;
  std::uint32_t others = context_.quorum.q() - 1;
  for (const auto& held : latest_) {
    if (!held || held->message.body.new_view != safety_.view()) continue;
    const bool ours = held->message.replica == context_.self();
    if (!ours && others == 0) continue;
    others -= ours ? 0 : 1;
    chosen.push_back(held->message);
  }
  if (chosen.size() == context_.quorum.q()) lead(std::move(chosen));
}

// A prepared certificate promises that its primary and its backups have the batch on disk, so that q hold it. A primary
// that proposed again what it does not hold would make certificates which promise less: with three replicas, one.
bool ViewChanges::await_bodies(const NewViewContent& content) {
  bool all = true;
  for (const auto& proposal : content.proposals) {
    if (proposal.digest == kNullBatch || !log_.in_window(proposal.seq)) continue;
    Slot& slot = log_.at(proposal.seq, context_.now);
    if (slot.with_body(proposal.digest) != nullptr) continue;
    const Vote vote{context_.epoch(), Phase::pre_prepare, safety_.view(), proposal.seq, proposal.digest};
    slot.awaited = consensus::Candidate{SignedVote{vote, context_.self(), {}}, nullptr, BodyCheck::good};
    all = false;
  }
  return all;
}

void ViewChanges::body_arrived() {
  if (safety_.changing()) try_lead();
}

void ViewChanges::lead(std::vector<SignedViewChange> chosen) {
  const NewViewContent content = content_of(chosen);
  if (!await_bodies(content)) return;
  const View view = safety_.view();
  safety_.enter(view);
  NewView body{context_.epoch(), view, {}, {}};
  for (const auto& change : chosen) body.view_changes.push_back({change.replica, digest_of(change.body)});
  for (const auto& proposal : content.proposals)
    body.pre_prepares.push_back(safety_.re_propose(proposal.seq, proposal.digest));
  const SignedNewView message = safety_.new_view(std::move(body));
  context_.send_all(message);
  enter({message, chosen}, content);
}

bool ViewChanges::wanted(const SignedNewView& message) const {
  const View view = message.body.view;
  if (view < safety_.view() || (view == safety_.view() && !safety_.changing())) return false;
  if (!candidate_) return true;
  // The awaited view goes first, then the nearest: a liar's far view keeps no honest one out.
  const View waiting = candidate_->message.body.view;
  return view != waiting && (view == safety_.view() || (waiting != safety_.view() && view < waiting));
}

void ViewChanges::on_new_view(const SignedNewView& message) {
  auto& counters = context_.counters;
  if (message.body.epoch != context_.epoch()) {
    ++counters.dropped_wrong_epoch;
    return;
  }
  const bool entered = current_ && current_->new_view.body.view == message.body.view;
  if (message.replica == context_.self()) {
    ++counters.dropped_own;
    if (message.body.view > safety_.view() || (message.body.view == safety_.view() && !entered)) {
      ++counters.own_votes_unknown;
      recovery_.votes_lost();
    }
    return;
  }
  const SignedNewView* earlier = entered ? &current_->new_view : nullptr;
  if (candidate_ && candidate_->message.body.view == message.body.view) earlier = &candidate_->message;
  if (earlier != nullptr && earlier->body != message.body) {
    ++counters.dropped_conflict;
    context_.ready.evidence.push_back({message.replica, std::pair(*earlier, message)});
    return;
  }
  if (!wanted(message)) {
    ++counters.dropped_view_change;
    return;
  }
  candidate_ = Candidate{message, {}};
  look_up(*candidate_);
  try_enter();
}

void ViewChanges::look_up(Candidate& candidate) const {
  for (const auto& reference : candidate.message.body.view_changes) {
    const auto& held = latest_[reference.replica.value];
    if (held && held->digest == reference.body) candidate.found.insert_or_assign(reference.replica, held->message);
  }
}

void ViewChanges::try_enter() {
  if (!candidate_ || safety_.stopped()) return;
  const NewView& body = candidate_->message.body;
  if (body.view < safety_.view() || (body.view == safety_.view() && !safety_.changing())) {
    candidate_.reset();
    return;
  }
  if (candidate_->found.size() < body.view_changes.size()) return;
  NewViewRecord record{candidate_->message, {}};
  bool exact = true;
  for (const auto& [replica, change] : candidate_->found) {
    exact = exact && change.body.new_view == body.view;
    record.view_changes.push_back(change);
  }
  candidate_.reset();
  NewViewContent content = content_of(record.view_changes);
  if (context_.lacks(Bug::new_view_unchecked)) {
    content.proposals.clear();
    for (const auto& vote : record.new_view.body.pre_prepares)
      content.proposals.push_back({vote.vote.seq, vote.vote.digest});
  }
  if (!exact || !same_proposals(record.new_view.body.pre_prepares, content)) {
    ++context_.counters.dropped_bad_new_view;
    return;
  }
  safety_.enter(record.new_view.body.view);
  context_.ready.persist.emplace_back(record);
  enter(std::move(record), content);
}

void ViewChanges::enter(NewViewRecord record, const NewViewContent& content) {
  if (context_.self() == record.new_view.replica) context_.ready.persist.emplace_back(record);
  if (content.stable_certificate != nullptr && content.stable > checkpoints_.stable())
    checkpoints_.add(*content.stable_certificate);
  current_ = std::move(record);
  candidate_.reset();
  log_.enter_view(safety_.view());
  normal_case_.set_floor(std::max(last_re_proposed(), content.stable));
  place();
  log_.forget_awaited();
  normal_case_.view_entered();
}

void ViewChanges::place() {
  if (!current_ || safety_.changing()) return;
  for (const auto& pre_prepare : current_->new_view.body.pre_prepares) {
    if (log_.in_window(pre_prepare.vote.seq)) normal_case_.accept_again(pre_prepare);
  }
}

void ViewChanges::window_moved() {
  place();
  body_arrived();
}

}  // namespace tally::consensus
