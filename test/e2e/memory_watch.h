// Purpose: whether a node's memory stays flat while it is attacked: resident memory as the system counts it, compared
// with that of a node of the same network which does the same work and is left alone.
// Thread rule: one thread.
#pragma once

#include <catch2/catch.hpp>

#include "village_network.h"

namespace tally::e2e {

// What the limits let strangers occupy (1,000 HTTP sessions with their buffers), and what allocators keep of it.
inline constexpr std::int64_t kFlatKib = 64 * 1024;

class MemoryWatch {
 public:
  MemoryWatch(VillageNetwork& network, std::size_t attacked, std::size_t left_alone)
      : network_(network), attacked_(attacked), left_alone_(left_alone), before_(difference()) {}

  void require_flat() const {
    const std::int64_t now = difference();
    CAPTURE(before_, now);
    CHECK(now < before_ + kFlatKib);
  }

 private:
  [[nodiscard]] std::int64_t resident(std::size_t node) const {
    Client client = network_.client(node);
    std::int64_t out = 0;
    // A node whose sessions are all taken is asked again until it has time.
    REQUIRE(devnet::poll_until(kFinalLimit, [&] {
      const auto status = client.status();
      if (status) out = static_cast<std::int64_t>(status->resident_kib);
      return status.has_value();
    }));
    return out;
  }
  [[nodiscard]] std::int64_t difference() const { return resident(attacked_) - resident(left_alone_); }

  VillageNetwork& network_;
  std::size_t attacked_;
  std::size_t left_alone_;
  std::int64_t before_;
};

}  // namespace tally::e2e
