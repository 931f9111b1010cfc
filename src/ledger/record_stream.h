// Purpose: files of records (chain files, chunk files), read from a stream: each its length (u32 little-endian) and
// that many bytes, of which the first says what it is. Thread rule: one thread; the stream outlives this. Errors:
// io_failed; invalid_encoding and too_large name the byte offset and the block at fault. Invariant: memory grows as
// bytes arrive, whatever length a record claims.
#pragma once

#include <istream>

#include "common/codec.h"
#include "common/error.h"
#include "common/limits.h"

namespace tally::ledger {

// A header and a certificate of all replicas take far less than the room kept for them.
inline constexpr std::size_t kBlockRecordBytesMax = limits::kBatchBytesMax + 64 * limits::kKiB;

class RecordStream {
 public:
  RecordStream(std::istream& in, std::size_t record_bytes_max) : in_(&in), record_bytes_max_(record_bytes_max) {}

  Status read_exactly(Bytes& out, std::size_t size);
  // The magic text and the version that a file starts with; `what` it is called in errors.
  Status read_magic(std::string_view magic, std::uint32_t version, std::string_view what);
  Result<Bytes> read_record();
  // That nothing follows.
  Status expect_end();

  // Named in errors as the one at fault.
  void now_at(std::uint64_t block) { block_ = block; }
  [[nodiscard]] std::string where() const;
  [[nodiscard]] Error at_fault(ErrorCode code, std::string problem, std::string expected = {}) const;
  [[nodiscard]] std::uint64_t record_offset() const { return record_offset_; }

 private:
  std::istream* in_;
  std::size_t record_bytes_max_;
  std::uint64_t offset_ = 0;         // of the next byte to read
  std::uint64_t record_offset_ = 0;  // of the record being read
  std::uint64_t block_ = 1;
};

}  // namespace tally::ledger
