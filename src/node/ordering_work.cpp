// What waits to be ordered (consensus rule 9): the part of Ordering that tells the replica how pressing it is, shows
// waiting transactions to the primary, and returns to the pool what a lost view or an ended epoch left behind.
#include "common/limits.h"
#include "node/ordering.h"

namespace tally::node {

namespace {

// A tick's share of what is shown to the primary: enough for a thousand small transactions a second, and little
// beside the bundles of a busy network.
constexpr std::size_t kForwardBytesPerTick = 32 * limits::kKiB;

}  // namespace

void Ordering::peer_linked(const PublicKey& peer) {
  loop_.post([this, peer] {
    linked_.insert(peer);
    // What it was shown may have been lost with the link before this one.
    if (peer == shown_to_) shown_to_.reset();
  });
}

void Ordering::peer_gone(const PublicKey& peer) {
  loop_.post([this, peer] {
    linked_.erase(peer);
    fetcher_.peer_gone(peer);
  });
}

// Whether the others could order what waits here. A node that is cut off must not leave the view alone: it would
// come back to a network whose view it refuses to take part in.
bool Ordering::in_touch(const PublicKey& primary) const {
  if (linked_.contains(primary)) return true;
  const auto& validators = driver_->validators();
  std::uint32_t members = 1;  // this one
  for (const auto& member : validators.members) members += linked_.contains(member.key) ? 1 : 0;
  return members >= validators.quorum().q();
}

std::optional<PublicKey> Ordering::primary_to_wait_for() const {
  const auto* replica = driver_->replica();
  // A primary does not wait for itself: the timer runs on its proposals in flight.
  if (replica == nullptr || replica->changing_view() || replica->is_primary()) return std::nullopt;
  const auto& validators = driver_->validators();
  const PublicKey& primary = validators.key_of(validators.primary(replica->view()));
  // Whoever knows of blocks above its own must first have those: what waits here may be in them.
  if (!in_touch(primary) || fetcher_.proven() > replica->last_executed()) return std::nullopt;
  return primary;
}

// Clients give a transaction to any node, which spreads it at once. What is not ordered soon after is shown to the
// primary by every backup that holds it, once a view: only then can the primary be held to account for it.
void Ordering::forward_waiting() {
  pool_.tick();
  const auto primary = primary_to_wait_for();
  if (!primary) return;
  if (shown_to_ != primary) {
    pool_.forget_forwarded();
    shown_to_ = primary;
  }
  const std::uint64_t patience = options_.driver.replica.view_timeout_ticks / 8;
  const auto waiting = pool_.forward(patience, kForwardBytesPerTick);
  if (waiting.empty()) return;
  TransactionBundle bundle;
  for (const auto& pooled : waiting) bundle.transactions.push_back(pooled->encoded);
  // If the primary's link is down the others' links vouch for it that this is not our fault (in_touch).
  services_.send(*primary, p2p::MessageClass::transactions, std::make_shared<const Bytes>(encode(bundle)));
}

consensus::PendingWork Ordering::pending_work() const {
  const auto pressure = pool_.pressure();
  consensus::PendingWork work;
  work.operations = operations_;
  work.saturated = pressure.operations > limits::kBatchOperationsMax ||
                   pressure.encoded_bytes > batch_bytes_for(driver_->validators().members.size());
  if (!primary_to_wait_for()) return work;
  work.waiting = pressure.forwarded > 0 || block_is_due();
  work.starved_ticks = pressure.starved_ticks;
  return work;
}

void Ordering::execute(const consensus::Decided& decided) {
  in_flight_.decided(decided.digest);
  execution_.execute(decided);
}

void Ordering::view_entered(const consensus::NewView& view) {
  pool_.abandon(in_flight_.new_view(view.pre_prepares));
}

}  // namespace tally::node
