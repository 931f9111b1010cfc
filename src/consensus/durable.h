// Purpose: durable records: their keys, and sorting what a restart reads back.
// Thread rule: pure functions.
// Key layout: big-endian seq (8 bytes) | kind (1) | big-endian epoch (8) | what tells records of one kind apart.
// Records of no sequence number stand under seq 2^64-1, behind every range that is pruned.
//   b body: digest                 v own vote: phase (1), big-endian view (8)    a accepted: big-endian view (8)
//   p prepared certificate: none, the latest view's replaces the earlier         c own CHECKPOINT: none
//   w view: none                   s stable: no epoch, none                    x own VIEW-CHANGE: none
//   n NEW-VIEW: none               i init: no epoch, none                      l lost: no epoch, none
// A body's key has no epoch: its digest says all.
// Bound: sorting keeps only records of this epoch in (h, h+L].
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "consensus/replica.h"

namespace tally::consensus {

// Records of one epoch above the stable checkpoint. Each list rises by sequence number, then view.
struct DurableState {
  std::optional<CheckpointCertificate> stable;
  ViewRecord view;
  std::optional<SignedViewChange> view_change;  // own, of the highest view
  std::optional<NewViewRecord> new_view;
  bool complete = false;  // nothing was lost since the data directory was made
  std::optional<LostRecord> lost;
  std::vector<SignedVote> own_votes;
  std::vector<SignedVote> accepted;
  std::vector<PreparedCertificate> prepared;
  std::vector<SignedCheckpoint> own_checkpoints;
  std::map<std::pair<SeqNum, Digest>, BodyPtr> bodies;

  [[nodiscard]] BodyPtr body(SeqNum seq, const Digest& digest) const;
};

// Leaves out what belongs to another epoch or replica, lies outside the window, or is a body that no longer has
// its digest.
DurableState sort_records(std::vector<DurableRecord> records, const Configuration& configuration);

}  // namespace tally::consensus
