// Purpose: the replica's durable votes (consensus rule 10) in the columns `votes` and `bodies`.
// Thread rule: the consensus thread.
// Errors: storage_failed; the node stops on it, nothing is retried.
// Invariant: what persist() returned ok for is on disk; records at or below a stable checkpoint are pruned
// only in the same atomic batch that makes its certificate durable.
#pragma once

#include <map>
#include <set>

#include "consensus/replica.h"
#include "storage/store.h"

namespace tally::node {

class VoteStore {
 public:
  explicit VoteStore(storage::Store& store) : store_(store) {}

  // All records on disk; call once, before persist().
  [[nodiscard]] Result<std::vector<consensus::DurableRecord>> load();
  // One atomic synced batch.
  Status persist(const std::vector<consensus::DurableRecord>& records);

 private:
  void remember(const consensus::DurableRecord& record, Bytes key);

  storage::Store& store_;
  // What stands on disk per sequence number, so that pruning reads nothing; bounded by the window.
  std::map<SeqNum, std::set<std::pair<storage::Column, Bytes>>> held_;
};

}  // namespace tally::node
