#include "sim/links.h"

namespace tally::sim {

std::vector<std::uint64_t> Links::travel(std::uint32_t from, std::uint32_t to) {
  if (cut_[from * offices_ + to]) return {};
  const auto delay = [&](std::uint64_t most) {
    return swarm_.delay_us_min + random_.below(most - swarm_.delay_us_min);
  };
  if (calm_[from] && calm_[to]) return {delay(10'000)};
  if (swarm_.loss_percent > 0 && random_.percent(swarm_.loss_percent)) return {};
  std::vector<std::uint64_t> out{delay(swarm_.delay_us_max)};
  if (swarm_.duplication_percent > 0 && random_.percent(swarm_.duplication_percent))
    out.push_back(delay(10 * swarm_.delay_us_max));
  return out;
}

void Links::calm(const std::vector<bool>& among) {
  calm_ = among;
  for (std::size_t from = 0; from < offices_; ++from)
    for (std::size_t to = 0; to < offices_; ++to)
      if (among[from] && among[to]) cut_[from * offices_ + to] = false;
}

void Links::split(const std::vector<std::uint8_t>& groups) {
  for (std::size_t from = 0; from < offices_; ++from)
    for (std::size_t to = 0; to < offices_; ++to) cut_[from * offices_ + to] = groups[from] != groups[to];
}

void Links::ring() {
  for (std::size_t from = 0; from < offices_; ++from) {
    for (std::size_t to = 0; to < offices_; ++to) {
      const std::size_t apart = (to + offices_ - from) % offices_;
      cut_[from * offices_ + to] = apart > 1 && apart < offices_ - 1;
    }
  }
}

void Links::isolate(std::uint32_t office) {
  for (std::size_t other = 0; other < offices_; ++other) {
    if (other == office) continue;
    cut_[office * offices_ + other] = true;
    cut_[other * offices_ + office] = true;
  }
}

}  // namespace tally::sim
