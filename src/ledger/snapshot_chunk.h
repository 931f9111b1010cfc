// Purpose: reads a snapshot's chunk pair by pair without copying it, and checks it. Internal to the snapshots.
// Thread rule: pure functions; a ChunkReader belongs to one thread, its views last as long as the chunk's bytes.
// Errors: those of check_chunk (snapshot.h).
#pragma once

#include "ledger/snapshot.h"

namespace tally::ledger {

// BCS of a SnapshotPair, as it stands in the chunk.
struct ChunkPair {
  ByteView key;
  ByteView value;
  std::uint32_t records = 0;
  ByteView history;  // the records' bytes, each with its length

  // Visits the records of the history, in order.
  void each_record(const std::function<void(ByteView record)>& visit) const;
};

class ChunkReader {
 public:
  // Reads the number of pairs.
  static Result<ChunkReader> open(ByteView chunk);
  [[nodiscard]] std::uint32_t pairs() const { return pairs_; }
  // False at the end, after which no byte stands.
  Result<bool> next(ChunkPair& pair);

 private:
  explicit ChunkReader(ByteView chunk) : decoder_(chunk) {}

  Decoder decoder_;
  ByteView left_;
  std::uint32_t pairs_ = 0;
  std::uint32_t read_ = 0;
};

// A page of the tree, ready for the store.
struct PageRecord {
  Bytes key;
  Bytes page;
};

struct CheckedChunk {
  std::vector<TreeSlot> slots;
  std::vector<PageRecord> pages;  // if asked for
};

Result<CheckedChunk> checked_chunk(const SnapshotManifest& manifest, std::size_t index, ByteView bytes,
                                   const Executor& executor, bool with_pages);

// That a list's records are those that the pair claims.
Status check_claim(const std::optional<HistoryClaim>& claim, std::uint64_t records, const Digest& digest);

}  // namespace tally::ledger
