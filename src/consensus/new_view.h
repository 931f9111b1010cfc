// Purpose: what a new view must re-propose: one pure function of V, which the new primary and every backup call.
// Thread rule: pure functions.
// Source: Castro & Liskov, OSDI 1999, section 4.4; rule 8.
#pragma once

#include <span>

#include "consensus/messages.h"

namespace tally::consensus {

struct ReProposal {
  SeqNum seq;
  Digest digest;  // kNullBatch where no member of V prepared anything
  bool operator==(const ReProposal&) const = default;
};

struct NewViewContent {
  BlockHeight stable;                                         // highest certified height in V
  const CheckpointCertificate* stable_certificate = nullptr;  // of it; null at the epoch's start. Points into V
  std::vector<ReProposal> proposals;                          // (stable, highest prepared], without a gap
};

// Required: every VIEW-CHANGE is valid (authentic.h) and they are for one view. Their order does not matter.
NewViewContent compute_new_view(std::span<const SignedViewChange> view_changes);

// O is exactly what V asks for.
bool same_proposals(const std::vector<SignedVote>& pre_prepares, const NewViewContent& content);

// How a NEW-VIEW refers to a VIEW-CHANGE.
Digest digest_of(const ViewChange& body);

}  // namespace tally::consensus
