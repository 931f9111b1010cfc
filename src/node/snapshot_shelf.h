// Purpose: the snapshots that a node keeps in its data directory and gives to peers: found at the start, added when one
// is made, let go of when newer ones are there.
// Thread rule: all members are thread-safe; a piece is read from the disk on the caller's thread.
// Errors: storage_failed, io_failed.
// Invariant: only whole snapshots of this chain are on it.
#pragma once

#include <filesystem>
#include <mutex>
#include <vector>

#include "ledger/snapshot.h"
#include "node/peer_messages.h"

namespace tally::node {

class SnapshotShelf {
 public:
  struct Held {
    BlockHeight height;
    Digest id;
    std::uint64_t manifest_bytes;
    std::vector<std::uint64_t> sizes;  // of the chunks
    [[nodiscard]] std::uint64_t bytes() const;
  };

  // `directory` need not exist. What in it is no whole snapshot of this chain is passed over.
  SnapshotShelf(std::filesystem::path directory, const ChainId& chain);

  // Rising by height.
  [[nodiscard]] std::vector<Held> held() const;
  [[nodiscard]] std::optional<Held> newest() const;
  // Where the snapshot of this block is to be written; then added.
  [[nodiscard]] std::filesystem::path place(BlockHeight height) const;
  Status add(BlockHeight height);
  // All but the newest so many. A peer that is fetching one of the others chooses anew.
  Status keep(std::size_t newest);

  // Empty bytes if it is not held or the offset lies behind its end.
  [[nodiscard]] Result<SnapshotPiece> piece(const SnapshotPieceRequest& request) const;

 private:
  Result<Held> read(BlockHeight height) const;

  const std::filesystem::path directory_;
  const ChainId chain_;
  mutable std::mutex mutex_;
  std::vector<Held> held_;
};

}  // namespace tally::node
