// Purpose: a replica whose own votes are missing, or older than a peer can prove, signs nothing until what it may
// have signed can no longer matter (end of rule 10).
// Thread rule: belongs to one replica.
// Bound: one height per replica.
// Invariant: once active, and over restarts, nothing is signed before a stable checkpoint at resume().
#pragma once

#include <optional>
#include <vector>

#include "consensus/context.h"

namespace tally::consensus {

class Recovery {
 public:
  explicit Recovery(Context& context) : context_(context), heard_(context.quorum.n) {}

  void restore(bool complete, const std::optional<LostRecord>& lost);
  // A peer showed a vote of ours that no record here knows.
  void votes_lost();
  // STATUS says how far its sender is; it counts once a certificate for that height is held here.
  void heard(ReplicaIndex replica, BlockHeight stable);
  // `certified`: the highest height whose certificate is held; `stable`: h.
  void settle(BlockHeight certified, BlockHeight stable);

  [[nodiscard]] bool active() const { return active_; }
  [[nodiscard]] std::optional<BlockHeight> resume() const { return resume_; }

 private:
  Context& context_;
  bool active_ = false;
  std::optional<BlockHeight> resume_;
  std::vector<std::optional<BlockHeight>> heard_;  // by replica
};

}  // namespace tally::consensus
