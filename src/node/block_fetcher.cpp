#include "node/block_fetcher.h"

namespace tally::node {

void BlockFetcher::peer_reports(const PublicKey& peer, BlockHeight stable) {
  if (!planted(planted_, consensus::Bug::behind_unnoticed)) peers_[peer].stable = stable;
}

void BlockFetcher::peer_gone(const PublicKey& peer) {
  peers_.erase(peer);
  if (current_ && current_->peer == peer) current_.reset();
}

void BlockFetcher::proved(BlockHeight height) {
  proved_ = std::max(proved_, height);
}

void BlockFetcher::executed(BlockHeight height) {
  if (height <= executed_) return;
  executed_ = height;
  idle_ticks_ = 0;
}

void BlockFetcher::succeeded(const PublicKey& peer) {
  if (current_ && current_->peer == peer) current_.reset();
}

void BlockFetcher::failed(const PublicKey& peer) {
  if (current_ && current_->peer == peer) current_.reset();
  if (const auto it = peers_.find(peer); it != peers_.end()) it->second.passed_over = kPassOverTicks;
}

void BlockFetcher::arrived(const PublicKey& peer, BlockHeight last) {
  succeeded(peer);
  arrived_ = std::max(arrived_, last);
  ++installing_;
}

void BlockFetcher::installed() {
  if (installing_ > 0) --installing_;
  // Whatever was not executed is asked for again.
  if (installing_ == 0) arrived_ = {};
}

BlockHeight BlockFetcher::best_known() const {
  BlockHeight best = proved_;
  for (const auto& [key, peer] : peers_) best = std::max(best, peer.stable);
  return best;
}

std::optional<BlockFetcher::Request> BlockFetcher::tick() {
  for (auto& [key, peer] : peers_)
    if (peer.passed_over > 0) --peer.passed_over;
  if (current_) {
    if (++waiting_ticks_ >= kAnswerTicks) failed(PublicKey{current_->peer});
    return std::nullopt;
  }
  if (installing_ > 0 || best_known() <= executed_) {
    idle_ticks_ = 0;
    return std::nullopt;
  }
  if (++idle_ticks_ < kStalledTicks) return std::nullopt;
  return ask();
}

std::optional<BlockFetcher::Request> BlockFetcher::next() {
  if (current_ || installing_ >= kInstalling || best_known() <= held()) return std::nullopt;
  return ask();
}

std::optional<BlockFetcher::Request> BlockFetcher::ask() {
  // Round robin from the peer after the one asked last.
  auto it = peers_.upper_bound(last_asked_);
  for (std::size_t i = 0; i < peers_.size(); ++i, ++it) {
    if (it == peers_.end()) it = peers_.begin();
    if (it->second.passed_over > 0 || it->second.stable <= held()) continue;
    last_asked_ = it->first;
    current_ = Request{it->first, held().next()};
    waiting_ticks_ = 0;
    return current_;
  }
  return std::nullopt;
}

}  // namespace tally::node
