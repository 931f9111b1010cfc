#include "consensus/checkpoint.h"

#include "common/invariant.h"

namespace tally::consensus {

Checkpoints::Checkpoints(Context& context) : context_(context), above_(context.quorum.n), highest_(context.quorum.n) {
  stable_ = context.validators().start;
  executed_ = stable_;
}

void Checkpoints::restore(const CheckpointCertificate& stable) {
  stable_ = stable.vote.height;
  history_.insert_or_assign(stable_, stable);
}

void Checkpoints::restore(BlockHeight executed, const Digest& header) {
  executed_ = executed;
  if (keeps(executed)) at(executed).own = header;
}

bool Checkpoints::keeps(BlockHeight height) const {
  return height > stable_ && (height.value - stable_.value <= context_.configuration.window || height == executed_);
}

Checkpoints::Height& Checkpoints::at(BlockHeight height) {
  return heights_.try_emplace(height, context_.quorum.n).first->second;
}

void Checkpoints::accuse(const SignedCheckpoint& first, const SignedCheckpoint& second) {
  context_.ready.evidence.push_back({first.replica, std::pair(first, second)});
}

bool Checkpoints::add(const SignedCheckpoint& checkpoint) {
  const BlockHeight height = checkpoint.vote.height;
  if (height <= stable_) {
    ++context_.counters.dropped_out_of_window;
    return false;
  }
  auto& highest = highest_[checkpoint.replica.value];
  highest = std::max(highest, height);
  if (!keeps(height)) return add_above(checkpoint);
  Height& entry = at(height);
  auto& place = entry.votes[checkpoint.replica.value];
  if (place && place->vote == checkpoint.vote) {
    ++context_.counters.dropped_duplicate;
    return false;
  }
  if (place) {
    ++context_.counters.dropped_conflict;
    if (!entry.accused[checkpoint.replica.value]) accuse(*place, checkpoint);
    entry.accused[checkpoint.replica.value] = true;
    return false;
  }
  place = checkpoint;
  // What a restart reads back tells which header was computed then.
  if (checkpoint.replica == context_.self()) entry.own = checkpoint.vote.header;
  tally(height);
  return true;
}

bool Checkpoints::add_above(const SignedCheckpoint& checkpoint) {
  auto& place = above_[checkpoint.replica.value];
  if (place && place->vote.height >= checkpoint.vote.height) {
    const bool conflict = place->vote.height == checkpoint.vote.height && place->vote != checkpoint.vote;
    ++(conflict ? context_.counters.dropped_conflict : context_.counters.dropped_duplicate);
    return false;
  }
  place = checkpoint;
  return true;
}

void Checkpoints::tally(BlockHeight height) {
  Height& entry = at(height);
  if (entry.certificate) return;
  std::map<Digest, std::uint32_t> counts;
  std::uint32_t voted = 0;
  for (const auto& vote : entry.votes) {
    if (!vote) continue;
    ++voted;
    ++counts[vote->vote.header];
  }
  std::uint32_t most = 0;
  for (const auto& [header, count] : counts) {
    most = std::max(most, count);
    const std::uint32_t wanted = context_.quorum_unless(Bug::checkpoint_quorum_small).q();
    if (count < wanted) continue;
    CheckpointCertificate certificate{{context_.epoch(), height, header}, {}};
    for (const auto& vote : entry.votes) {
      if (certificate.signatures.size() == wanted) break;
      if (vote && vote->vote.header == header) certificate.signatures.push_back({vote->replica, vote->signature});
    }
    entry.certificate = std::move(certificate);
    return;
  }
  if (halt_ || most + (context_.quorum.n - voted) >= context_.quorum.q()) return;
  halt_ = Halt{height, {}};
  for (const auto& vote : entry.votes) {
    if (vote) halt_->votes.push_back(*vote);
  }
}

void Checkpoints::compare(const CheckpointCertificate& certificate) {
  const auto found = history_.find(certificate.vote.height);
  if (divergence_ || found == history_.end() || found->second.vote == certificate.vote) return;
  const CheckpointCertificate& ours = found->second;
  for (const auto& left : ours.signatures) {
    for (const auto& right : certificate.signatures) {
      if (left.replica == right.replica)
        accuse({ours.vote, left.replica, left.signature}, {certificate.vote, right.replica, right.signature});
    }
  }
  divergence_ = Divergence{ours.vote.header, certificate};
}

void Checkpoints::add(const CheckpointCertificate& certificate) {
  const BlockHeight height = certificate.vote.height;
  if (height <= stable_) {
    ++context_.counters.dropped_out_of_window;
    return compare(certificate);
  }
  if (!keeps(height)) {
    if (certificate_above_ && certificate_above_->vote.height >= height)
      ++context_.counters.dropped_duplicate;
    else
      certificate_above_ = certificate;
    return;
  }
  // The certificate goes first, so that its votes cannot be what makes a height hopeless.
  Height& entry = at(height);
  if (entry.certificate)
    ++context_.counters.dropped_duplicate;
  else
    entry.certificate = certificate;
  // As votes, they also show who signed for another header before.
  for (const auto& signature : certificate.signatures) {
    const SignedCheckpoint vote{certificate.vote, signature.replica, signature.signature};
    const auto& place = entry.votes[signature.replica.value];
    if (signature.replica != context_.self() && (!place || place->vote != vote.vote)) add(vote);
  }
}

void Checkpoints::executed(BlockHeight height, const Digest& header) {
  invariant(height == executed_.next(), "blocks are executed in order");
  executed_ = height;
  if (keeps(height)) at(height).own = header;
}

void Checkpoints::install(const CheckpointCertificate& certificate) {
  invariant(certificate.vote.height > executed_, "only a block above the last executed is installed");
  executed_ = certificate.vote.height;
  if (executed_ > stable_) move_to(certificate);
}

std::vector<CheckpointCertificate> Checkpoints::take_stable() {
  std::vector<CheckpointCertificate> out;
  for (const auto& [height, entry] : heights_) {
    if (height > executed_ || divergence_) break;
    // Without a header of ours there is nothing to compare: a higher certificate covers this height.
    if (!entry.certificate || !entry.own) continue;
    if (entry.certificate->vote.header != *entry.own)
      divergence_ = Divergence{*entry.own, *entry.certificate};
    else
      out.push_back(*entry.certificate);
  }
  for (const auto& certificate : out) history_.insert_or_assign(certificate.vote.height, certificate);
  if (!out.empty()) move_to(out.back());
  return out;
}

void Checkpoints::move_to(const CheckpointCertificate& certificate) {
  stable_ = certificate.vote.height;
  history_.insert_or_assign(stable_, certificate);
  while (history_.size() > context_.configuration.window) history_.erase(history_.begin());
  heights_.erase(heights_.begin(), heights_.upper_bound(stable_));
  // The window moved: what waited above it may count now.
  for (auto& waiting : above_) {
    if (!waiting || (waiting->vote.height > stable_ && !keeps(waiting->vote.height))) continue;
    const SignedCheckpoint vote = *std::exchange(waiting, std::nullopt);
    if (vote.vote.height > stable_) add(vote);
  }
  if (certificate_above_ && (certificate_above_->vote.height <= stable_ || keeps(certificate_above_->vote.height))) {
    const CheckpointCertificate waiting = *std::exchange(certificate_above_, std::nullopt);
    if (waiting.vote.height > stable_) add(waiting);
  }
}

const CheckpointCertificate* Checkpoints::highest_certificate() const {
  if (certificate_above_) return &*certificate_above_;
  for (auto entry = heights_.rbegin(); entry != heights_.rend(); ++entry) {
    if (entry->second.certificate) return &*entry->second.certificate;
  }
  return stable_certificate();
}

const CheckpointCertificate* Checkpoints::stable_certificate() const {
  return history_.empty() ? nullptr : &history_.rbegin()->second;
}

const CheckpointCertificate* Checkpoints::certificate_in(BlockHeight above, BlockHeight at_most) const {
  for (auto entry = heights_.upper_bound(at_most); entry != heights_.begin();) {
    --entry;
    if (entry->first > above && entry->second.certificate) return &*entry->second.certificate;
  }
  const auto after = history_.upper_bound(at_most);
  if (after == history_.begin() || std::prev(after)->first <= above) return nullptr;
  return &std::prev(after)->second;
}

BlockHeight Checkpoints::highest_proven() const {
  auto heights = highest_;
  std::sort(heights.begin(), heights.end(), std::greater<>{});
  // Of f+1 replicas one is honest, and it executed what it vouched for.
  BlockHeight out = heights[context_.quorum.weak() - 1];
  if (const auto* certificate = highest_certificate()) out = std::max(out, certificate->vote.height);
  return out;
}

const std::vector<std::optional<SignedCheckpoint>>* Checkpoints::votes(BlockHeight height) const {
  const auto found = heights_.find(height);
  return found == heights_.end() ? nullptr : &found->second.votes;
}

void Checkpoints::count(Replica::Footprint& into) const {
  const auto count_votes = [&into](const Votes& votes) {
    for (const auto& vote : votes) into.checkpoint_votes += vote ? 1 : 0;
  };
  for (const auto& [height, entry] : heights_) {
    count_votes(entry.votes);
    into.certificates += entry.certificate ? 1 : 0;
  }
  count_votes(above_);
  into.certificates += (certificate_above_ ? 1 : 0) + history_.size();
}

}  // namespace tally::consensus
