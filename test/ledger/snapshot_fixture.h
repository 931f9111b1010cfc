// Purpose: snapshots for tests: of toy chains, and of random states that no chain made.
#pragma once

#include <map>
#include <random>

#include "chain_fixture.h"
#include "ledger/snapshot.h"
#include "support/temp_directory.h"

namespace tally::test {

using Pairs = std::map<Bytes, Bytes>;
// All pairs of a column.
Pairs column(const storage::Reader& store, storage::Column column);

// A state written in some order, and a view of it with a certificate by toy_genesis' validators.
struct StateBench {
  std::shared_ptr<storage::Store> store = std::shared_ptr<storage::Store>(storage::make_memory_store());
  std::shared_ptr<ledger::FinalView> view;
};
struct ToyState {
  Pairs pairs;
  std::map<Bytes, std::vector<Bytes>> histories;  // by the key that claims them
};
// Some pairs are counters with histories; about `pairs` of them. Some values are long.
ToyState random_state(std::mt19937_64& random, std::size_t pairs);
// In random blocks, with pairs that come and go; `random` decides the order, never the outcome.
StateBench written(const ToyState& state, std::mt19937_64& random);

// A snapshot with its chunks in memory.
struct HeldSnapshot {
  ledger::SnapshotManifest manifest;
  std::vector<Bytes> chunks;
};
HeldSnapshot snapshot_of(const ledger::FinalView& view, const std::vector<ledger::EpochLink>& epochs = {},
                         const ledger::SnapshotShape& shape = {});
// The last final state of a chain.
HeldSnapshot snapshot_of(ToyChain& chain, const ledger::SnapshotShape& shape = {});

// Into an empty store; chunks in a random order.
std::shared_ptr<storage::Store> install(const HeldSnapshot& snapshot, const ledger::Genesis& genesis);

// The first error of checking manifest and chunks against toy_genesis; ok if there is none.
Status check_all(const HeldSnapshot& snapshot);

}  // namespace tally::test
