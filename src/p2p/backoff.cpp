#include "p2p/backoff.h"

#include <algorithm>

namespace tally::p2p {

Backoff::Backoff(std::chrono::milliseconds first, std::chrono::milliseconds max, std::uint64_t seed)
    : first_(first), max_(max), step_(first), generator_(seed) {}

std::chrono::milliseconds Backoff::next() {
  std::uniform_int_distribution<std::chrono::milliseconds::rep> pick((step_.count() + 1) / 2, step_.count());
  const std::chrono::milliseconds out{pick(generator_)};
  step_ = step_ > max_ / 2 ? max_ : step_ * 2;
  return out;
}

}  // namespace tally::p2p
