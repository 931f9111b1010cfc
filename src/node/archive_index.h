// Purpose: what the node knows of the chunks that it serves: sizes, digests, and where each record begins, so that a
// range is answered without the bytes before it.
// Thread rule: any thread. A chunk is read through once, on first use; closed ones never change.
// Errors: storage_failed; not_found if blocks were pruned meanwhile.
// Invariant: memory is bounded: the offsets of the last few chunks, and some 100 bytes for each chunk ever asked for.
#pragma once

#include <deque>
#include <map>
#include <mutex>

#include "ledger/chunk_file.h"

namespace tally::node {

struct ServedChunk {
  ledger::ChunkPieces pieces;
  ledger::ChunkIndex index;
  // The bytes from `offset` on, at most `most`, of the piece that they lie in; empty at the end.
  [[nodiscard]] Result<Bytes> bytes_at(std::uint64_t offset, std::uint64_t most) const;
};
using ServedChunkPtr = std::shared_ptr<const ServedChunk>;

struct ChunkSummary {
  ledger::ChunkHead head;
  std::uint64_t bytes = 0;
  Digest digest;
  std::string sha256;
};

class ArchiveIndex {
 public:
  explicit ArchiveIndex(const ledger::Chain& chain) : chain_(chain) {}

  // Closed, or the open end, which is numbered like the chunk that it will be. Null: neither, or not held here.
  Result<ServedChunkPtr> chunk(std::uint64_t number);
  // The same without the offsets. `read_through` is set if the chunk had to be read for it.
  Result<std::optional<ChunkSummary>> summary(std::uint64_t number, bool& read_through);

 private:
  Result<std::optional<ledger::ChunkPieces>> pieces_of(std::uint64_t number) const;
  Result<ServedChunkPtr> serve(ledger::ChunkPieces pieces);

  const ledger::Chain& chain_;
  std::mutex mutex_;
  std::deque<ServedChunkPtr> recent_;
  std::map<std::uint64_t, ChunkSummary> summaries_;  // of closed chunks
};

// A Range header against a body of `bytes`.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};
enum class RangeKind { whole, part, unsatisfiable };
// What is no single range of bytes is ignored, as RFC 9110 has it.
RangeKind parse_range(const std::string& header, std::uint64_t bytes, ByteRange& out);

}  // namespace tally::node
