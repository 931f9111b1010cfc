// Purpose: which transactions of the pool are in batches that were proposed and not executed yet, and which of them
// must go back to the pool because their batch will not be executed: its view was lost and the new view does not
// propose it again, another block stands at its height, or its epoch ended below it.
// Thread rule: the consensus thread. Pure.
// Bound: one entry per batch of the watermark window and view; executed() and new_view() take them out.
#pragma once

#include <map>
#include <vector>

#include "consensus/messages.h"

namespace tally::node {

class BatchesInFlight {
 public:
  using Ids = std::vector<TransactionId>;

  void add(SeqNum seq, const Digest& batch, Ids ids);
  // The batch is decided and handed over for execution: no view can lose it any more.
  void decided(const Digest& batch);

  // Each answers with the transactions that are in flight no longer.
  // A view was entered whose primary proposes these batches again.
  [[nodiscard]] Ids new_view(const std::vector<consensus::SignedVote>& proposed_again);
  // Blocks up to here are executed. What they held has left the pool already; the rest was not in them.
  [[nodiscard]] Ids executed(BlockHeight height);
  // The epoch ended: what is not executed now is void.
  [[nodiscard]] Ids end_epoch();

  [[nodiscard]] std::size_t size() const { return batches_.size(); }

 private:
  struct Flight {
    SeqNum seq;
    Ids ids;
    bool decided = false;
  };
  template <class Gone>
  Ids take_out(const Gone& gone);

  std::map<Digest, Flight> batches_;
};

}  // namespace tally::node
