#include "node/snapshot_fetcher.h"

#include <algorithm>

namespace tally::node {

void SnapshotFetcher::want(BlockHeight above) {
  above_ = above;
  if (target_ && target_->height <= above) target_.reset();
  if (!target_) drop_target_unless_given();
}

void SnapshotFetcher::leave() {
  above_.reset();
  target_.reset();
  drop_target_unless_given();
}

void SnapshotFetcher::offered(const PublicKey& peer, const SnapshotOffer& offer) {
  if (liars_.contains(peer)) return;
  Peer& known = peers_[peer];
  // While it gives a part, the offer that this part belongs to stands.
  if (known.fetching) return;
  const bool good =
      offer.height.value > 0 && offer.manifest_bytes > 0 && offer.manifest_bytes <= limits::kSnapshotManifestBytesMax;
  known.offer = good ? std::optional(offer) : std::nullopt;
  drop_target_unless_given();
}

void SnapshotFetcher::peer_gone(const PublicKey& peer) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return;
  give_back(found->second);
  peers_.erase(found);
  drop_target_unless_given();
}

Result<std::optional<SnapshotFetcher::Part>> SnapshotFetcher::arrived(const PublicKey& peer, SnapshotPiece piece) {
  const auto found = peers_.find(peer);
  if (found == peers_.end() || !found->second.fetching) return std::optional<Part>();
  Peer& giver = found->second;
  Fetching& it = *giver.fetching;
  // An answer that came too late, to what was asked before.
  if (!target_ || piece.id != target_->id || piece.part != it.part || piece.offset != it.bytes.size() || !it.asked)
    return std::optional<Part>();
  if (piece.bytes.empty()) {
    give_back(giver);
    giver.offer.reset();
    drop_target_unless_given();
    return std::optional<Part>();
  }
  if (piece.bytes.size() > it.size - it.bytes.size() || piece.bytes.size() > kSnapshotPieceBytes) {
    const std::uint32_t part = it.part;
    refused(peer, part);
    return make_error(ErrorCode::invalid_field, "snapshot_piece.bytes", "are more than were asked for");
  }
  append(it.bytes, piece.bytes);
  it.asked = false;
  it.waited = 0;
  if (it.bytes.size() < it.size) return std::optional<Part>();
  Part whole{peer, it.part, std::move(it.bytes)};
  giver.fetching.reset();
  return std::optional(std::move(whole));
}

void SnapshotFetcher::manifest_accepted(const std::vector<std::uint64_t>& sizes) {
  sizes_ = sizes;
  left_ = sizes.size();
  todo_.clear();
  for (std::uint32_t i = 0; i < sizes.size(); ++i) todo_.push_back(i + 1);
}

void SnapshotFetcher::chunk_accepted() {
  if (left_ > 0) --left_;
}

void SnapshotFetcher::refused(const PublicKey& peer, std::uint32_t part) {
  liars_.insert(peer);
  if (const auto found = peers_.find(peer); found != peers_.end()) {
    if (found->second.fetching && found->second.fetching->part == part) found->second.fetching.reset();
    give_back(found->second);
    peers_.erase(found);
  }
  todo_.push_front(part);
  drop_target_unless_given();
}

std::vector<SnapshotFetcher::Request> SnapshotFetcher::tick() {
  for (auto& [key, peer] : peers_) {
    if (peer.passed_over > 0) --peer.passed_over;
    if (!peer.fetching || !peer.fetching->asked || ++peer.fetching->waited < kAnswerTicks) continue;
    give_back(peer);
    peer.passed_over = kPassOverTicks;
  }
  drop_target_unless_given();
  if (above_ && !target_) choose();
  return next();
}

std::vector<SnapshotFetcher::Request> SnapshotFetcher::next() {
  std::vector<Request> out;
  if (!above_ || !target_) return out;
  std::size_t busy = 0;
  for (const auto& [key, peer] : peers_) busy += peer.fetching ? 1U : 0U;
  for (auto& [key, peer] : peers_) {
    if (!peer.fetching) {
      if (todo_.empty() || busy >= kPeersAtOnce || peer.passed_over > 0 || !gives_target(peer)) continue;
      const std::uint32_t part = todo_.front();
      // Manifests of one id differ in their certificates.
      peer.fetching = Fetching{part, part == 0 ? peer.offer->manifest_bytes : (*sizes_)[part - 1], {}};
      todo_.pop_front();
      ++busy;
    }
    Fetching& it = *peer.fetching;
    if (std::exchange(it.asked, true)) continue;
    it.waited = 0;
    out.push_back({key, {target_->id, it.part, it.bytes.size()}});
  }
  return out;
}

bool SnapshotFetcher::gives_target(const Peer& peer) const {
  return target_ && peer.offer && peer.offer->id == target_->id;
}

// The highest; of several, the one that most peers offer: the more can fetch it from, the faster.
void SnapshotFetcher::choose() {
  std::map<std::pair<BlockHeight, Digest>, std::size_t> offers;
  for (const auto& [key, peer] : peers_)
    if (peer.offer && peer.offer->height > *above_) ++offers[{peer.offer->height, peer.offer->id}];
  if (offers.empty()) {
    choosing_ticks_ = 0;
    return;
  }
  if (++choosing_ticks_ < kChooseTicks) return;
  choosing_ticks_ = 0;
  const auto best = std::max_element(offers.begin(), offers.end(), [](const auto& left, const auto& right) {
    return std::pair(left.first.first, left.second) < std::pair(right.first.first, right.second);
  });
  for (const auto& [key, peer] : peers_)
    if (peer.offer && peer.offer->id == best->first.second) target_ = peer.offer;
  sizes_.reset();
  left_ = 0;
  todo_.assign({0});
}

void SnapshotFetcher::give_back(Peer& peer) {
  if (peer.fetching) todo_.push_front(peer.fetching->part);
  peer.fetching.reset();
}

// A peer that only stalls is waited for, unless another has something to give.
bool SnapshotFetcher::is_target_given() const {
  if (!target_) return false;
  if (complete()) return true;
  bool stalled = false;
  bool others = false;
  for (const auto& [key, peer] : peers_) {
    const bool prompt = peer.passed_over == 0;
    if (gives_target(peer) && prompt) return true;
    stalled = stalled || gives_target(peer);
    others = others || (prompt && peer.offer && peer.offer->height > *above_);
  }
  return stalled && !others;
}

void SnapshotFetcher::drop_target_unless_given() {
  if (is_target_given()) return;
  target_.reset();
  sizes_.reset();
  left_ = 0;
  todo_.clear();
  for (auto& [key, peer] : peers_) peer.fetching.reset();
}

}  // namespace tally::node
