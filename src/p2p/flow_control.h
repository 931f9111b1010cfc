// Purpose: what makes reading from a peer pause: bytes that the node has not dealt with, and messages a second.
// Thread rule: a ReceiveAccount is thread-safe (credits come back from any thread, also after the transport is
// gone); a TokenBucket belongs to one thread.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>

#include "p2p/transport.h"

namespace tally::p2p {

// Charged for every received message on top of its payload.
inline constexpr std::size_t kReceivedOverheadBytes = 128;

class ReceiveAccount : public std::enable_shared_from_this<ReceiveAccount> {
 public:
  explicit ReceiveAccount(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // Charges a message; the charge ends when the last copy of the credit goes.
  Credit take(std::size_t payload_bytes);
  // True while more than bytes_max is charged.
  [[nodiscard]] bool full() const { return outstanding_bytes_.load(std::memory_order_relaxed) > bytes_max_; }
  // The same; `wake` is then called once, by the thread that returns the credit which ends
  // that; it replaces any earlier one. `wake` must not call back into the account.
  bool full_until(std::function<void()> wake);
  // Drops `wake`; none is running when this returns.
  void detach();

 private:
  struct Charge;
  void give_back(std::size_t bytes);

  const std::size_t bytes_max_;
  std::mutex mutex_;  // guards wake_ and every change of the sum
  std::atomic<std::size_t> outstanding_bytes_ = 0;
  std::function<void()> wake_;
};

// Holds at most one second's worth of tokens.
class TokenBucket {
 public:
  using Clock = std::chrono::steady_clock;

  // Requires 0 < per_second. Starts full.
  TokenBucket(std::size_t per_second, Clock::time_point now);
  // Takes one token; the bucket may go one below zero.
  void take() { --tokens_; }
  // Zero while tokens are left, else how long until a small burst of them is there again.
  Clock::duration wait(Clock::time_point now);

 private:
  void refill(Clock::time_point now);

  double per_second_;
  double tokens_;
  Clock::time_point filled_at_;
};

}  // namespace tally::p2p
