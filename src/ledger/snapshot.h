// Purpose: the whole state of one final block, in chunks that anybody can check with the genesis alone: how a new node
// joins without the blocks before, and how a state is kept or carried.
// A snapshot is a manifest and 2^depth chunks; chunk i holds the subtree of the state tree under the i-th path of
// `depth` bits: its pairs by rising hash of their keys, each with the whole history list that it claims. The subtrees
// hash together to the header's state root. Chunks and depth follow from the state alone: they are the same bytes on
// every node; manifests differ in their certificates only.
// As a directory: manifest.tally and 00000.chunk, 00001.chunk, ...
// Bytes of the manifest's file: "TALLYSNP" | u32 version | BCS(SnapshotManifest) | digest of all before.
// Bytes of a chunk: BCS of a vector of SnapshotPair.
// Thread rule: functions of their arguments; write_snapshot reads a FinalView on any thread, while the node goes on.
// Errors: of checking: bad_certificate, broken_chain, root_mismatch, wrong_chain, invalid_encoding, invalid_field,
// too_large; the field names the place (`subtrees`, `chunk 17, pair 3`). Of writing and reading: io_failed,
// storage_failed, already_registered (the directory exists).
#pragma once

#include <filesystem>
#include <functional>

#include "common/limits.h"
#include "ledger/chain.h"
#include "ledger/epoch_chain.h"
#include "ledger/tree_build.h"

namespace tally::ledger {

inline constexpr std::string_view kSnapshotMagic = "TALLYSNP";
inline constexpr std::uint32_t kSnapshotVersion = 1;

struct SnapshotPair {
  Bytes key;
  Bytes value;
  std::vector<Bytes> history;
  bool operator==(const SnapshotPair&) const = default;
};
BOOST_DESCRIBE_STRUCT(SnapshotPair, (), (key, value, history))

struct SnapshotManifest {
  ChainId chain;
  std::vector<EpochLink> epochs;  // from the genesis to header.epoch
  BlockHeader header;
  consensus::CheckpointCertificate certificate;
  std::uint8_t depth = 0;
  std::vector<SubtreeMark> subtrees;  // 2^depth each
  std::vector<std::uint64_t> sizes;   // of the chunks' bytes
  std::vector<Digest> digests;        // of the chunks' bytes: where a transfer went wrong; the subtree is what counts
  bool operator==(const SnapshotManifest&) const = default;

  [[nodiscard]] std::size_t chunks() const { return subtrees.size(); }
  [[nodiscard]] std::uint64_t bytes() const;  // of all chunks
};
BOOST_DESCRIBE_STRUCT(SnapshotManifest, (), (chain, epochs, header, certificate, depth, subtrees, sizes, digests))

// What two manifests of one state have in common: everything but epochs and certificate. Chunks of two snapshots with
// one id are interchangeable.
Digest snapshot_id(const SnapshotManifest& manifest);
Digest chunk_digest(ByteView chunk);

// The file's bytes. Decoding checks form only; take check_manifest afterwards.
Bytes encode_manifest(const SnapshotManifest& manifest);
Result<SnapshotManifest> decode_manifest(ByteView bytes);

// Certificate by the validators that the epochs lead to, subtrees against the state root, counts and sizes bounded: no
// more memory is needed for a chunk than limits::kSnapshotChunkBytesMax.
Status check_manifest(const SnapshotManifest& manifest, const Genesis& genesis, const crypto::Verifier& verifier);

// Required: the manifest was checked, index < chunks(). Size, digest, canonical form, every pair in its subtree and in
// order, the subtree's hash, and every history list against its claim. Safe from any thread.
Status check_chunk(const SnapshotManifest& manifest, std::size_t index, ByteView bytes, const Executor& executor);

// How far the writing is: first all pairs are read, then the chunks are written.
struct SnapshotWork {
  std::uint64_t pairs = 0;
  std::size_t written = 0;
  std::size_t chunks = 0;  // 0 while pairs are read: not yet known
};
// Hears of it often; false gives up (ErrorCode::busy, nothing is left behind).
using SnapshotProgress = std::function<bool(const SnapshotWork& work)>;

// Only tests have other sizes than these: nodes whose sizes differ make different chunks.
struct SnapshotShape {
  std::size_t chunk_bytes = limits::kSnapshotChunkBytes;  // aimed at
  std::size_t sort_bytes = 32 * limits::kMiB;             // of pairs in memory before they spill to files
};

// Makes the directory (`directory`.part until it is whole), which must not exist yet. Needs about the snapshot's own
// size of disk once more while it works, and at most about kSnapshotMemoryBytes of memory whatever the size. Checks
// histories and subtrees against the view's header: storage_failed if the store holds something else.
Result<SnapshotManifest> write_snapshot(const ChainId& chain, const FinalView& view, std::vector<EpochLink> epochs,
                                        const Executor& executor, const std::filesystem::path& directory,
                                        const SnapshotProgress& progress = nullptr, const SnapshotShape& shape = {});

std::filesystem::path manifest_path(const std::filesystem::path& directory);
std::filesystem::path chunk_path(const std::filesystem::path& directory, std::size_t index);
Result<SnapshotManifest> read_manifest(const std::filesystem::path& directory);
// Size and digest are checked: what a power cut or a bad disk took is noticed here.
Result<Bytes> read_chunk(const std::filesystem::path& directory, const SnapshotManifest& manifest, std::size_t index);

// Fills an empty store. Until finish() has returned, Chain::open refuses the store: whoever gives up throws it away.
// Thread rule: one thread. Much faster with a store opened with RocksOptions::bulk_load, which is closed afterwards.
class SnapshotInstaller {
 public:
  // Required: the manifest was checked. The store and the executor outlive the installer. wrong_state: the store is not
  // empty.
  static Result<SnapshotInstaller> begin(storage::Store& store, const Genesis& genesis, SnapshotManifest manifest,
                                         const Executor& executor);

  // In any order, each once. Checks it as check_chunk does, first; of a false chunk nothing is written, and a right one
  // may follow.
  Status add(std::size_t index, ByteView chunk);
  [[nodiscard]] bool has(std::size_t index) const { return added_[index]; }
  [[nodiscard]] std::size_t missing() const { return missing_; }
  [[nodiscard]] const SnapshotManifest& manifest() const { return manifest_; }

  // Required: nothing is missing. Tree, head, certificates, validator sets; synced. Afterwards Chain::open succeeds.
  Status finish();

 private:
  SnapshotInstaller(storage::Store& store, const Genesis& genesis, SnapshotManifest manifest, const Executor& executor);

  Status write_pairs(ByteView chunk);
  Status write_top();
  Status put_chain(storage::WriteBatch& batch) const;

  storage::Store* store_;
  Genesis genesis_;
  SnapshotManifest manifest_;
  const Executor* executor_;
  std::vector<bool> added_;
  std::size_t missing_ = 0;
  std::vector<TreeSlot> slots_;  // below the pages that several chunks share
};

}  // namespace tally::ledger
