// Purpose: what a node keeps of a halt (consensus rule 6) in the column `meta`: the CHECKPOINTs that prove it, and
// which recovery its operator signed, so that no operator ever signs two for one epoch. Thread rule: pure functions
// over a store. Errors: storage_failed, also for a record that does not decode.
#pragma once

#include "consensus/epoch_recovery.h"
#include "storage/store.h"

namespace tally::node {

struct HaltRecord {
  Epoch epoch;
  std::vector<consensus::SignedCheckpoint> votes;  // of one height, one per replica, in rising order
  bool operator==(const HaltRecord&) const = default;
};
BOOST_DESCRIBE_STRUCT(HaltRecord, (), (epoch, votes))

// Durable when they return.
Status write_halt(storage::Store& store, const HaltRecord& halt);
Status write_signed(storage::Store& store, const consensus::RecoveryStatement& statement);

// nullopt: none. The last halt; the statement signed for this epoch.
Result<std::optional<HaltRecord>> read_halt(const storage::Reader& store);
Result<std::optional<consensus::RecoveryStatement>> read_signed(const storage::Reader& store, Epoch ended);

}  // namespace tally::node
