// Purpose: frees the disk of old batches, and puts them back from a chain file or archive when someone needs them.
// Kept for ever: headers, certificates, validator sets and recoveries, receipts (unless asked), places, state and
// histories: what proofs are made of. A pruned block is answered with the code `pruned`.
// Thread rule: any thread, one call at a time on a store; blocks may be appended meanwhile. Chain::prune sees to both.
// Errors: storage_failed; restoring: root_mismatch, broken_chain, not_found, which change nothing at that block.
#pragma once

#include <functional>

#include "ledger/block.h"
#include "ledger/genesis.h"
#include "storage/store.h"

namespace tally::ledger {

// The lowest height from which on every block up to the head is held whole; head + 1 if not even the head is.
Result<BlockHeight> read_first_block(const storage::Reader& store);
void put_first_block(storage::WriteBatch& out, BlockHeight first);
// The block whose snapshot this store began with; nullopt if it began with the genesis.
Result<std::optional<BlockHeight>> read_snapshot_block(const storage::Reader& store);
void put_snapshot_block(storage::WriteBatch& out, BlockHeight height);

// Why a block below the first held is not here, and where it is.
Error pruned_block(BlockHeight height, BlockHeight first);
// The same of receipts, which are pruned apart and do not come back with their block.
Error pruned_receipts(BlockHeight height);

struct PruneOptions {
  BlockHeight keep_from;  // blocks below lose their batches
  bool receipts = false;  // lose their receipts too: then this node proves no receipt of them
  bool dry_run = false;   // count only
};

struct PruneReport {
  BlockHeight first;              // from which on all blocks are held now
  std::uint64_t blocks = 0;       // that lost something
  std::uint64_t bytes = 0;        // of what they lost, as it was stored, before compression
  std::uint64_t disk_before = 0;  // about, of all blocks; 0 where the store cannot tell
  std::uint64_t disk_after = 0;   // while someone reads an older moment, the rest comes free at a later pass
};

// Blocks that every node keeps whatever it is asked: what a peer that lags asks for, and what a restart may need.
inline constexpr std::uint64_t kBlocksKeptMin = 256;

// Never above `final` - kBlocksKeptMin. Synced; then compacts, so that the disk is really free.
Result<PruneReport> prune_blocks(storage::Store& store, BlockHeight final, const PruneOptions& options);

struct RestoreReport {
  BlockHeight first;           // from which on all blocks are held now
  std::uint64_t restored = 0;  // blocks
  std::uint64_t held = 0;      // were here already
  std::uint64_t bytes = 0;
};

// Gives blocks by rising height; nullopt at the end.
using BlockSource = std::function<Result<std::optional<CertifiedBlock>>()>;

// Batches (and, of a store that began with a snapshot, headers and certificates) from a chain file or archive, which is
// read twice: first its headers are linked to one that is held here, then the batches are checked against the headers
// and put back. `open` begins anew each time; the blocks follow each other, from any height. Receipts do not come back.
Result<RestoreReport> restore_blocks(storage::Store& store, const Genesis& genesis, const crypto::Verifier& verifier,
                                     const std::function<Result<BlockSource>()>& open);

}  // namespace tally::ledger
