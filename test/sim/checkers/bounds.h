// Purpose: memory is bounded whatever others send: what a replica holds stays under what its headers state.
// Thread rule: one thread. Source: consensus rule 11.
#pragma once

#include "sim/checkers/checker.h"

namespace tally::sim {

class Bounds {
 public:
  explicit Bounds(Breaches& breaches) : breaches_(breaches) {}
  void look(const Office& office, std::uint64_t window);
  // By votes; blocks that come certified may lie beyond the window.
  void on_decided(const Office& office, const consensus::Decided& decided, std::uint64_t window);

 private:
  Breaches& breaches_;
};

}  // namespace tally::sim
