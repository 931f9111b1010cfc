// Purpose: sorts more records than memory holds by a hash: first into buckets by its leading bits, which spill to
// temporary files, then each bucket by itself.
// Thread rule: one thread.
// Errors: io_failed. The destructor removes what is left of the files.
#pragma once

#include <filesystem>
#include <vector>

#include "common/bytes.h"
#include "common/error.h"

namespace tally::ledger {

class HashBuckets {
 public:
  static constexpr unsigned kBits = 10;
  static constexpr std::size_t kBuckets = std::size_t{1} << kBits;

  struct Record {
    Digest hash;
    ByteView bytes;
  };
  // Records of some neighbouring buckets in the order of their hashes.
  struct Sorted {
    Bytes held;
    std::vector<Record> records;  // views of `held`
  };

  // Files are made in the directory, which exists, once `memory_bytes` are held.
  HashBuckets(std::filesystem::path directory, std::size_t memory_bytes);
  ~HashBuckets();
  HashBuckets(const HashBuckets&) = delete;
  HashBuckets& operator=(const HashBuckets&) = delete;

  Status add(const Digest& hash, ByteView record);
  // Takes the buckets out: each can be taken once.
  Result<Sorted> take(std::size_t first, std::size_t count);

 private:
  [[nodiscard]] std::filesystem::path file_of(std::size_t bucket) const;
  Status spill();
  Status read_back(std::size_t bucket, Bytes& into);

  std::filesystem::path directory_;
  std::size_t memory_bytes_;
  std::size_t held_bytes_ = 0;
  std::vector<Bytes> buffers_;
  std::vector<std::uint64_t> spilled_;  // bytes in each bucket's file
};

}  // namespace tally::ledger
