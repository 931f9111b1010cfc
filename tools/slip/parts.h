// Purpose: a proof's bytes cut into parts that each fit a printed code, and put together again in whatever order they
// are read. Bytes of a part: "TLYQ" | version (u8) | index (u8) | count (u8) | first 8 bytes of the whole's digest
// (kSlipDomain) | its share. Thread rule: pure functions. Errors: invalid_encoding and missing_field say which part is
// foreign, damaged or missing.
#pragma once

#include <vector>

#include "common/bytes.h"
#include "common/error.h"

namespace tally::slip {

// A code of this many bytes at error correction M is about 105 modules wide: it survives print, scan and a fold.
inline constexpr std::size_t kPartBytesMax = 780;
inline constexpr std::size_t kPartsMax = 4;
inline constexpr std::size_t kSlipProofBytesMax = kPartsMax * kPartBytesMax;

// too_large if the proof needs more than kPartsMax parts.
Result<std::vector<Bytes>> split_proof(ByteView proof);
// Parts that are there twice are no error; what is no part of a slip is passed over.
Result<Bytes> join_proof(const std::vector<Bytes>& parts);

}  // namespace tally::slip
