// Purpose: honest offices agree: one block with one state root at each height, in any epoch; final certificates are
// for those blocks and verify with their own epoch's set.
// Thread rule: one thread. Source: consensus rules 5, 6 and 12; "After every step" of the simulator's specification.
#pragma once

#include "sim/checkers/checker.h"

namespace tally::sim {

class Agreement {
 public:
  explicit Agreement(Breaches& breaches) : breaches_(breaches) {}

  // Of an office that executes as it should.
  void on_block(const Office& office, const Block& block);
  void on_final(const Office& office, const consensus::CheckpointCertificate& certificate,
                const crypto::Verifier& verifier);
  [[nodiscard]] BlockHeight height() const { return BlockHeight{headers_.size()}; }
  [[nodiscard]] std::uint64_t null_blocks() const { return null_blocks_; }

 private:
  Breaches& breaches_;
  std::vector<Digest> headers_;  // by height, of whichever office came first
  std::uint64_t null_blocks_ = 0;
};

}  // namespace tally::sim
