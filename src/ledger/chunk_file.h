// Purpose: one chunk of the archive as a file, the same bytes on every node (archive.h), and the open end behind the
// last chunk, which carries whatever certificate its node holds.
// Bytes: "TALLYCNK" | version (u32 little-endian) | records, as in a chain file (record_stream.h): BCS of the variant
// {0 ChunkHead, 1 ChunkBlock, 2 ChunkEnd}. The head first, then the blocks by height, at last the end, whose digest
// (the file's last 32 bytes) is that of all bytes before it.
// Thread rule: reading is one thread's; ChunkPieces is const over a chain, for any thread.
// Errors: io_failed, storage_failed; a file at fault: invalid_encoding, too_large, wrong_chain, broken_chain,
// root_mismatch, bad_certificate, naming the byte offset and the block.
// Invariants: all blocks of a chunk are of one epoch; only its first may carry recoveries. A chunk is checked with
// nothing but what the one before it left behind (ChunkStart). Light: batches are compared with their digests, not
// executed.
#pragma once

#include <functional>

#include "crypto/stream_digest.h"
#include "ledger/chain.h"
#include "ledger/record_stream.h"

namespace tally::ledger {

inline constexpr std::string_view kChunkFileMagic = "TALLYCNK";
inline constexpr std::uint32_t kChunkFileVersion = 1;

struct ChunkHead {
  ChainId chain;
  std::uint64_t number = 0;
  BlockHeight first;
  BlockHeight last;
  bool sealed = false;  // false: the open end, as it was when the file was made
  bool operator==(const ChunkHead&) const = default;
};
BOOST_DESCRIBE_STRUCT(ChunkHead, (), (chain, number, first, last, sealed))

// A block without the certificate that its node happens to hold.
struct ChunkBlock {
  BlockHeader header;
  Bytes batch;
  std::vector<consensus::EpochRecovery> recoveries;
  bool operator==(const ChunkBlock&) const = default;
};
BOOST_DESCRIBE_STRUCT(ChunkBlock, (), (header, batch, recoveries))

struct ChunkEnd {
  consensus::CheckpointCertificate certificate;  // of the last block
  std::optional<consensus::ValidatorSet> next;   // if the last block ended its epoch
  Digest digest;
  bool operator==(const ChunkEnd&) const = default;
};
BOOST_DESCRIBE_STRUCT(ChunkEnd, (), (certificate, next, digest))

// --- writing ---

// The records of one chunk of a chain, made when they are asked for: memory holds one block.
class ChunkPieces {
 public:
  // nullopt: not closed, or this node does not hold its blocks.
  static Result<std::optional<ChunkPieces>> closed(const Chain& chain, std::uint64_t number);
  // What is final behind the last seal, up to the end of an epoch; nullopt: nothing yet.
  static Result<std::optional<ChunkPieces>> open_end(const Chain& chain);

  [[nodiscard]] const ChunkHead& head() const { return head_; }
  [[nodiscard]] std::size_t count() const { return head_.last.value - head_.first.value + 3; }
  // By index; the last without the digest, with which the file ends.
  [[nodiscard]] Result<Bytes> piece(std::size_t index) const;

 private:
  static Result<std::optional<ChunkPieces>> of(const Chain& chain, const ChunkHead& head,
                                               consensus::CheckpointCertificate certificate);
  const Chain* chain_ = nullptr;
  ChunkHead head_;
  consensus::CheckpointCertificate certificate_;
};

// What one pass over a chunk tells.
struct ChunkIndex {
  std::vector<std::uint64_t> offsets;  // where each piece begins
  std::uint64_t bytes = 0;             // of the whole file
  Digest digest;                       // with which it ends
  std::string sha256;                  // of the whole file, in base64
};
Result<ChunkIndex> index_of(const ChunkPieces& pieces);

// --- reading ---

class ChunkReader {
 public:
  // Reads as far as the head.
  static Result<ChunkReader> open(std::istream& in);
  [[nodiscard]] const ChunkHead& head() const { return head_; }
  // The next block; nullopt when the end was reached, the digest is right and nothing follows. The last block carries
  // the certificate only in end().
  Result<std::optional<ChunkBlock>> next();
  [[nodiscard]] const ChunkEnd& end() const { return end_; }
  // Of the record read last, for errors of whoever judges it.
  [[nodiscard]] std::string where() const { return in_.where(); }

 private:
  explicit ChunkReader(std::istream& in) : in_(in, kBlockRecordBytesMax), hash_(crypto::kChunkFileDomain) {}
  Status read_end(ByteView record);
  void add(ByteView record);

  RecordStream in_;
  crypto::StreamDigest hash_;
  ChunkHead head_;
  ChunkEnd end_;
  BlockHeight next_;
  bool finished_ = false;
};

// What has to be known before a chunk can be judged, and is known after it for the next one.
struct ChunkStart {
  std::uint64_t number = 0;
  BlockHeader before;  // the last block before the chunk
  consensus::ValidatorSet validators;
};
// Of the first chunk; `genesis_header` is that of height 0, which executing the genesis makes.
ChunkStart chunk_start(const Genesis& genesis, const BlockHeader& genesis_header);

// Judges blocks of a chunk one after the other.
class ChunkJudge {
 public:
  ChunkJudge(const ChainId& chain, ChunkStart start, const crypto::Verifier& verifier)
      : chain_(chain), start_(std::move(start)), verifier_(verifier) {}
  Status begin(const ChunkHead& head) const;
  Status add(const ChunkBlock& block);
  // The start of the next chunk.
  Result<ChunkStart> finish(const ChunkEnd& end) const;

 private:
  const ChainId chain_;
  ChunkStart start_;
  const crypto::Verifier& verifier_;
};

// The whole file. `visit` sees each block, judged as far as a block alone can be: its certificate stands at the end.
Result<ChunkStart> check_chunk(std::istream& in, const ChainId& chain, const ChunkStart& start,
                               const crypto::Verifier& verifier,
                               const std::function<void(const ChunkBlock&)>& visit = nullptr);

}  // namespace tally::ledger
