// Purpose: where the chain is cut into chunks that are the same on every node. Any quorum's signatures make a
// certificate, so nodes hold different ones of one block; the one with which a chunk ends is agreed by standing in a
// batch, as its seal. A good seal closes a chunk; any other changes nothing, and is no fault of the batch.
// Where a chunk may end: at the last block of an epoch, always; else at a block from kChunkBlocks after the last seal
// on, or once kChunkBytes of batches came together.
// Thread rule: pure functions over state and store; settle_seal belongs to the executing thread.
// Determinism: what is judged is the state record, which names the places where the next chunk may end, and the
// validator sets; no older block is read, so a node that joined by a snapshot judges alike.
// Errors: reading throws storage::StorageFailure, or answers storage_failed.
#pragma once

#include "ledger/block.h"
#include "ledger/state.h"
#include "storage/store.h"

namespace tally::ledger {

inline constexpr std::string_view kArchiveKey = "sys/archive";
inline constexpr std::uint64_t kChunkBlocks = 256;
inline constexpr std::uint64_t kChunkBytes = 16ULL * 1024 * 1024;
// Blocks that may end the next chunk, the newest ones: more than a window, in which some block gathers a certificate.
inline constexpr std::size_t kSealPlacesMax = 64;

// A block with which the next chunk may end.
struct SealPlace {
  consensus::CheckpointVote vote;  // what its certificate signs
  std::uint64_t bytes = 0;         // of the batches after the last seal, up to it
  bool operator==(const SealPlace&) const = default;
};
BOOST_DESCRIBE_STRUCT(SealPlace, (), (vote, bytes))

// In the state under kArchiveKey; absent: nothing happened yet. As known before the block that is executed next: its
// parent is counted once that block tells whether an epoch ended between the two.
struct ArchiveMark {
  std::uint64_t chunks = 0;       // closed
  BlockHeight sealed;             // last block of the last one
  std::uint64_t bytes = 0;        // of the batches since
  std::vector<SealPlace> ends;    // last blocks of epochs, not yet sealed; the first has to be sealed next
  std::vector<SealPlace> places;  // else one of these
  bool operator==(const ArchiveMark&) const = default;
};
BOOST_DESCRIBE_STRUCT(ArchiveMark, (), (chunks, sealed, bytes, ends, places))

// A closed chunk, as it stands in the store: blocks first to certificate.vote.height.
struct Seal {
  std::uint64_t chunk = 0;  // from 0 on
  BlockHeight first;
  consensus::CheckpointCertificate certificate;
  [[nodiscard]] BlockHeight last() const { return certificate.vote.height; }
  bool operator==(const Seal&) const = default;
};
BOOST_DESCRIBE_STRUCT(Seal, (), (chunk, first, certificate))

// The block before the one that is executed, as far as it matters here.
struct BlockBefore {
  BlockHeight height;
  Epoch epoch;
  Digest digest;
};
// Adds the block before to the places, now that the epoch of the next one is known.
void note_block(ArchiveMark& mark, const BlockBefore& before, Epoch next);
// The places where a certificate would be a good seal now.
const std::vector<SealPlace>& seal_places(const ArchiveMark& mark);
// Closes a chunk if the certificate is for one of the places. Its signatures were not checked.
std::optional<Seal> close_chunk(ArchiveMark& mark, const consensus::CheckpointCertificate& certificate);

ArchiveMark read_archive(const State& state);
Result<ArchiveMark> read_archive(const storage::Reader& store);
void write_archive(State& state, const ArchiveMark& mark);

// By a chunk's number; nullopt: not closed, or not held.
Result<std::optional<Seal>> read_seal(const storage::Reader& store, std::uint64_t chunk);
void put_seal(storage::WriteBatch& out, const Seal& seal);

}  // namespace tally::ledger
