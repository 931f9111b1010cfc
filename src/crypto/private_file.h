// Purpose: small files that only their owner may read, written so that a power cut leaves all or nothing.
// Internal to this folder.
// Thread rule: blocking calls; any thread.
#pragma once

#include <filesystem>

#include "common/bytes.h"
#include "common/error.h"

namespace tally::crypto {

// A new file of mode 0600: temporary name, synced, renamed, directory synced.
// Errors: io_failed, also if something stands at `path` already.
Status write_private_file(const std::filesystem::path& path, ByteView content);

// Errors: not_found, io_failed, too_large.
Result<std::string> read_small_file(const std::filesystem::path& path, std::size_t bytes_max);

}  // namespace tally::crypto
