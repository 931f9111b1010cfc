// Purpose: an archive as a directory: chunk-00000000.tally, chunk-00000001.tally and so on, open.tally with what is not
// in a closed chunk yet, and genesis.json. Checked as a whole, or read block by block by whoever judges the blocks.
// Thread rule: one thread. Memory holds one block.
// Errors: io_failed; those of chunk_file.h, within the file's name; broken_chain for a gap, a file in another's place
// or an open end that is older than the chunks.
#pragma once

#include <filesystem>
#include <fstream>

#include "ledger/chunk_file.h"

namespace tally::ledger {

inline constexpr std::string_view kOpenEndFile = "open.tally";
inline constexpr std::string_view kArchiveGenesisFile = "genesis.json";
std::string chunk_file_name(std::uint64_t number);

// The files by their chunks' numbers, the open end last. A number that is missing is an error.
Result<std::vector<std::filesystem::path>> archive_files(const std::filesystem::path& directory);

// Light, file by file. `start` becomes that of the chunk after.
Status check_archive_file(const std::filesystem::path& file, const ChainId& chain, ChunkStart& start,
                          const crypto::Verifier& verifier,
                          const std::function<void(const ChunkBlock&)>& visit = nullptr);

class ArchiveBlocks {
 public:
  static Result<ArchiveBlocks> open(const std::filesystem::path& directory, const ChainId& chain);
  // In order; the last block of each file carries the certificate. nullopt after the last.
  Result<std::optional<CertifiedBlock>> next();

 private:
  Status open_next();
  std::vector<std::filesystem::path> files_;
  ChainId chain_;
  std::size_t at_ = 0;  // of the file that is open, plus one
  BlockHeight last_;
  std::unique_ptr<std::ifstream> in_;
  std::optional<ChunkReader> reader_;
};

}  // namespace tally::ledger
