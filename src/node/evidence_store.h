// Purpose: evidence of equivocation (consensus rule 13), kept in the column `meta` under "evidence/", where neither
// pruning nor a restart touches it.
// Thread rule: thread-safe.
// Bound: one piece for each place that it is about; kVotesPerReplica pieces of each kind with small messages and
// kViewsPerReplica of each with large ones, for a replica and epoch; kEvidenceMax in all. Whoever lies more often is
// named all the same.
// Errors: storage_failed, also for a piece that does not decode.
#pragma once

#include <map>
#include <mutex>

#include "consensus/evidence.h"
#include "storage/store.h"

namespace tally::node {

class EvidenceStore {
 public:
  static constexpr std::size_t kVotesPerReplica = 16;
  static constexpr std::size_t kViewsPerReplica = 2;
  static constexpr std::size_t kEvidenceMax = 1024;

  static Result<std::unique_ptr<EvidenceStore>> open(storage::Store& store);

  // Durable when it returns. False if it is not kept: one for that place is held, or the bound is reached.
  Result<bool> keep(const consensus::Misconduct& misconduct);

  struct Piece {
    Bytes key;  // place_key: a cursor to go on from
    consensus::Misconduct misconduct;
  };
  // In the order of their keys, from the first above `after`, within both bounds, but one at least.
  [[nodiscard]] Result<std::vector<Piece>> list(ByteView after, std::size_t pieces_max, std::size_t bytes_max) const;
  [[nodiscard]] std::size_t count() const;

 private:
  explicit EvidenceStore(storage::Store& store) : store_(store) {}
  void count_in(const Bytes& key);

  storage::Store& store_;
  mutable std::mutex mutex_;
  std::map<Bytes, std::size_t> of_kind_;  // epoch, replica and kind -> pieces
  std::size_t count_ = 0;
};

}  // namespace tally::node
