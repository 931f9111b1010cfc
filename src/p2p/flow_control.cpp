#include "p2p/flow_control.h"

#include <algorithm>

namespace tally::p2p {

namespace {

// A throttled reader wakes this often, not once for each message.
constexpr double kRefillSeconds = 0.005;

}  // namespace

struct ReceiveAccount::Charge {
  std::shared_ptr<ReceiveAccount> account;
  std::size_t bytes;

  Charge(std::shared_ptr<ReceiveAccount> of, std::size_t charged) : account(std::move(of)), bytes(charged) {}
  Charge(const Charge&) = delete;
  Charge& operator=(const Charge&) = delete;
  ~Charge() { account->give_back(bytes); }
};

Credit ReceiveAccount::take(std::size_t payload_bytes) {
  const std::size_t bytes = payload_bytes + kReceivedOverheadBytes;
  auto charge = std::make_shared<Charge>(shared_from_this(), bytes);
  const std::lock_guard lock(mutex_);
  outstanding_bytes_ += bytes;
  return Credit(std::move(charge));
}

void ReceiveAccount::give_back(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  outstanding_bytes_ -= bytes;
  if (wake_ && !full()) std::exchange(wake_, nullptr)();
}

bool ReceiveAccount::full_until(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  if (!full()) return false;
  wake_ = std::move(wake);
  return true;
}

void ReceiveAccount::detach() {
  const std::lock_guard lock(mutex_);
  wake_ = nullptr;
}

TokenBucket::TokenBucket(std::size_t per_second, Clock::time_point now)
    : per_second_(static_cast<double>(per_second)), tokens_(per_second_), filled_at_(now) {}

void TokenBucket::refill(Clock::time_point now) {
  const std::chrono::duration<double> passed = now - filled_at_;
  tokens_ = std::min(per_second_, tokens_ + passed.count() * per_second_);
  filled_at_ = now;
}

TokenBucket::Clock::duration TokenBucket::wait(Clock::time_point now) {
  if (tokens_ >= 1) return Clock::duration::zero();
  refill(now);
  if (tokens_ >= 1) return Clock::duration::zero();
  const double seconds = std::max(kRefillSeconds, (1 - tokens_) / per_second_);
  return std::chrono::ceil<Clock::duration>(std::chrono::duration<double>(seconds));
}

}  // namespace tally::p2p
