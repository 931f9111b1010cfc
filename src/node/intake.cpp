#include "node/intake.h"

#include <array>
#include <atomic>

#include "common/limits.h"
#include "node/peer_messages.h"

namespace tally::node {

namespace {

constexpr std::size_t kBundleTarget = 32 * limits::kKiB;
constexpr std::uint64_t kSpreadAgainTicks = 20;
constexpr std::size_t kSpreadAgainBytesMax = 256 * limits::kKiB;

Submission refused(const TransactionId& id, const Error& error) {
  return {id, TransactionState::unknown, error};
}

// The results of one submission, gathered from several workers.
struct Gathering {
  std::vector<Submission> results;
  std::atomic<std::size_t> open;
  std::function<void(std::vector<Submission>)> done;
};

}  // namespace

void Intake::submit(std::vector<Bytes> encoded, std::function<void(std::vector<Submission>)> done) {
  if (encoded.empty()) return done({});
  auto gathering = std::make_shared<Gathering>();
  gathering->results.resize(encoded.size());
  gathering->open = encoded.size();
  gathering->done = std::move(done);
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    workers_.post([this, gathering, i, bytes = std::move(encoded[i])] {
      gathering->results[i] = take_in(bytes);
      if (gathering->open.fetch_sub(1) == 1) gathering->done(std::move(gathering->results));
    });
  }
}

Submission Intake::take_in(const Bytes& encoded) {
  auto decoded = decode<ledger::SignedTransaction>(encoded);
  if (!decoded) return refused({}, Error(decoded.error()).within("transaction"));
  const TransactionId id = ledger::id_of(decoded->body);
  if (Status form = ledger::check_form(*decoded, chain_, encoded.size()); !form) return refused(id, form.error());
  // A resubmission gets its first outcome, whatever became of it.
  if (const TransactionState known = services_.known(id); known != TransactionState::unknown)
    return {id, known, std::nullopt};
  if (Status good = ledger::check_signatures(*decoded, id); !good) return refused(id, good.error());
  if (Status added = pool_it(std::move(decoded).value(), encoded); !added) {
    if (added.error().code == ErrorCode::duplicate) return {id, TransactionState::pending, std::nullopt};
    return refused(id, added.error());
  }
  {
    const std::lock_guard lock(mutex_);
    own_[id] = {ticks_};
  }
  spread(encoded);
  services_.arrived();
  return {id, TransactionState::pending, std::nullopt};
}

Status Intake::pool_it(ledger::SignedTransaction transaction, const Bytes& encoded) {
  auto pooled = ledger::make_pooled(std::move(transaction), encoded);
  const TransactionId id = pooled->id;
  if (Status added = pool_.add(std::move(pooled), services_.block_time()); !added) return added;
  // A block that is executed takes its transactions out of the pool, and this one may just have come too late for
  // that: left in, it would wait for ever and count against the primary.
  if (services_.executed(id)) pool_.release(std::array{id});
  return {};
}

void Intake::spread(const Bytes& encoded) {
  const std::lock_guard lock(mutex_);
  if (bundle_bytes_ + encoded.size() > limits::kBundleBytesMax - limits::kKiB) flush_locked();
  bundle_.push_back(encoded);
  bundle_bytes_ += encoded.size();
  // A lone transaction leaves at once; under load bundles fill while the workers are busy.
  if (bundle_bytes_ >= kBundleTarget || workers_.waiting() == 0) flush_locked();
}

void Intake::flush_locked() {
  if (bundle_.empty()) return;
  services_.broadcast(std::make_shared<const Bytes>(encode(TransactionBundle{std::move(bundle_)})));
  bundle_.clear();
  bundle_bytes_ = 0;
}

void Intake::receive(p2p::Received message) {
  workers_.post([this, message = std::make_shared<p2p::Received>(std::move(message))] { receive_now(*message); });
}

void Intake::receive_now(const p2p::Received& message) {
  const auto bundle = decode<TransactionBundle>(message.payload);
  if (!bundle) return services_.penalise(message.from, "transactions: " + bundle.error().text());
  bool any = false;
  for (const Bytes& encoded : bundle->transactions) {
    auto decoded = decode<ledger::SignedTransaction>(encoded);
    if (!decoded) return services_.penalise(message.from, "transaction: " + decoded.error().text());
    const TransactionId id = ledger::id_of(decoded->body);
    if (services_.known(id) != TransactionState::unknown) continue;
    Status good = ledger::check_form(*decoded, chain_, encoded.size());
    if (good) good = ledger::check_signatures(*decoded, id);
    // A peer checks before it spreads, so this one is to blame.
    if (!good) return services_.penalise(message.from, "transaction " + id.short_hex() + ": " + good.error().text());
    if (pool_it(std::move(decoded).value(), encoded)) any = true;
  }
  if (any) services_.arrived();
}

void Intake::tick() {
  const std::lock_guard lock(mutex_);
  flush_locked();
  ++ticks_;
  if (ticks_ % kSpreadAgainTicks != 0) return;
  std::size_t bytes = 0;
  for (auto it = own_.begin(); it != own_.end();) {
    if (ticks_ - it->second.since_tick < kSpreadAgainTicks) {
      ++it;
      continue;
    }
    const auto pooled = pool_.find(it->first);
    if (!pooled) {  // it expired
      it = own_.erase(it);
      continue;
    }
    bytes += pooled->encoded.size();
    if (bytes > kSpreadAgainBytesMax) break;
    it->second.since_tick = ticks_;
    bundle_.push_back(pooled->encoded);
    ++it;
  }
  flush_locked();
}

void Intake::forget(const std::vector<TransactionId>& ids) {
  const std::lock_guard lock(mutex_);
  for (const TransactionId& id : ids) own_.erase(id);
}

}  // namespace tally::node
