// Purpose: gets a proof's bytes back from a slip: from a picture of it (PNG or JPEG, a scan or a photograph), or from
// its text. Thread rule: pure functions, but for reading the file. Errors: io_failed (absent, no picture), too_large
// (checked before memory is taken), missing_field (no code, or which one), invalid_encoding.
#pragma once

#include <cstdint>
#include <string>

#include "common/bytes.h"
#include "common/error.h"

namespace tally::slip {

inline constexpr std::size_t kPictureBytesMax = 64 * 1024 * 1024;
// Dots: a scan of A4 at 600 an inch has 35 million.
inline constexpr std::int64_t kPictureDotsMax = 64'000'000;

enum class SlipForm { none, picture, text };
// By the first bytes of a file.
SlipForm form_of(std::string_view head);

Result<Bytes> proof_in_picture(const std::string& file);
// Grey dots, row by row.
Result<Bytes> proof_in_dots(const Byte* dots, int width, int height);

// A proof as lines that people can copy, and back from a text that holds them.
std::string proof_block(ByteView proof);
Result<Bytes> proof_in_text(std::string_view text);

}  // namespace tally::slip
