// Purpose: a chain as a file, for auditors and backups.
// Bytes: "TALLYCHN" | version (u32 little-endian) | records. A record is its length (u32 little-endian) and that
// many bytes: BCS of the variant {0 Genesis, 1 CertifiedBlock, 2 ChainTrailer}. First the genesis, then blocks
// from height 1 on, at last the trailer, after which nothing stands.
// Thread rule: one thread; the streams outlive writer and reader. Blocks are not held in memory.
// Errors: io_failed; invalid_encoding and too_large name the byte offset and the height of the block at fault.
// The reader checks form only: what the blocks say is the auditor's to judge.
#pragma once

#include <istream>
#include <ostream>

#include "ledger/block.h"
#include "ledger/genesis.h"
#include "ledger/record_stream.h"

namespace tally::ledger {

inline constexpr std::string_view kChainFileMagic = "TALLYCHN";
inline constexpr std::uint32_t kChainFileVersion = 2;  // 2: blocks carry recoveries

struct ChainTrailer {
  std::uint64_t blocks = 0;
  Digest last_header;  // zero if there are no blocks
  bool operator==(const ChainTrailer&) const = default;
};
BOOST_DESCRIBE_STRUCT(ChainTrailer, (), (blocks, last_header))

class ChainFileWriter {
 public:
  explicit ChainFileWriter(std::ostream& out) : out_(out) {}

  // In this order: begin once, add for each block, finish once.
  Status begin(const Genesis& genesis);
  Status add(const CertifiedBlock& block);
  Status finish();

 private:
  template <class T>
  Status write_record(std::uint8_t kind, const T& item);

  std::ostream& out_;
  ChainTrailer trailer_;
};

class ChainFileReader {
 public:
  // Reads as far as the genesis.
  static Result<ChainFileReader> open(std::istream& in);

  [[nodiscard]] const Genesis& genesis() const { return genesis_; }
  // The next block; nullopt when the trailer was reached and agrees with what was read.
  Result<std::optional<CertifiedBlock>> next();

 private:
  explicit ChainFileReader(std::istream& in) : in_(in, limits::kGenesisBytesMax + 1) {}

  Status read_trailer(ByteView record);

  RecordStream in_;
  ChainTrailer read_;  // what the trailer should say
  bool finished_ = false;
  Genesis genesis_;
};

}  // namespace tally::ledger
