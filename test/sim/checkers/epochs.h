// Purpose: where an honest office stands among the epochs: once it has executed the block that ended one, it sends no
// vote above that block in it; and it votes in the next only when that block has its certificate.
// Thread rule: one thread. Source: consensus rule 12.
#pragma once

#include "sim/checkers/checker.h"

namespace tally::sim {

class Epochs {
 public:
  explicit Epochs(Breaches& breaches) : breaches_(breaches) {}

  // A message of an honest office. O of a NEW-VIEW may lie above the last block: it is a function of V, and void there.
  void on_sent(const Office& office, const consensus::Message& message);

 private:
  void check(const Office& office, Epoch epoch, BlockHeight height, const std::string& what);

  Breaches& breaches_;
};

}  // namespace tally::sim
