// Purpose: how long to wait before the next dial: doubling, capped, with jitter so that nodes that lost each
// other together do not return together.
// Thread rule: a plain object of one thread; randomness comes only from the seed handed in.
#pragma once

#include <chrono>
#include <random>

namespace tally::p2p {

class Backoff {
 public:
  // Requires 0 < first <= max.
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds max, std::uint64_t seed);

  // Between half of the current step and all of it; the step doubles up to `max`.
  std::chrono::milliseconds next();
  // The next step is the first again.
  void reset() { step_ = first_; }

 private:
  std::chrono::milliseconds first_;
  std::chrono::milliseconds max_;
  std::chrono::milliseconds step_;
  std::mt19937_64 generator_;
};

}  // namespace tally::p2p
