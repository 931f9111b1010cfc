// Purpose: makes a chain whole again in an empty store: each block from a damaged store where it is whole there, else
// from donors (nodes, files), who are not trusted. All blocks are executed again and every header is compared, so that
// whatever is derived (state, tree, histories, indexes, receipts, places) is whole as well.
// Thread rule: one thread; nobody else uses the stores meanwhile. Memory is bounded by one run of a donor.
// Errors: not_found, pruned (blocks that nobody has: named, and what would help); root_mismatch (this software does not
// make a certified block again); broken_chain (two certified headers of one height, or damage that agrees with itself);
// storage_failed (the store that is filled). Then the store that was filled is to be thrown away.
// Invariant: a donor's block is executed only after a quorum's certificate over it, or over one that follows it, was
// checked with the validators that this chain leads to.
#pragma once

#include <filesystem>
#include <functional>

#include "ledger/chain.h"
#include "ledger/light.h"
#include "ledger/snapshot.h"

namespace tally::ledger {

class BlockDonor {
 public:
  virtual ~BlockDonor() = default;
  [[nodiscard]] virtual const std::string& name() const = 0;
  // Blocks from this height on, the last one with its certificate. Empty: it has none.
  virtual Result<std::vector<CertifiedBlock>> run(BlockHeight from) = 0;
  // What it holds at this height; nullopt: nothing, or it cannot tell apart from a run.
  virtual Result<std::optional<CertifiedHeader>> header(BlockHeight /*height*/) {
    return std::optional<CertifiedHeader>{};
  }
};

// A donor's run with more bytes than this is not taken.
inline constexpr std::size_t kRunBytesMax = 128 * limits::kMiB;

struct SalvageShare {
  std::string name;
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;  // of their batches
  bool operator==(const SalvageShare&) const = default;
};
BOOST_DESCRIBE_STRUCT(SalvageShare, (), (name, blocks, bytes))

struct SalvageReport {
  BlockHeight began;  // with the genesis (0), or after a snapshot's block
  BlockHeight head;
  BlockHeight final;                // the last that a certificate covers
  std::vector<SalvageShare> taken;  // from the own store and from donors; none of which nothing was taken
  std::vector<std::string> notes;   // donors that were dropped, and why; what could not be kept
};

struct Salvage {
  const Genesis& genesis;
  Executor& executor;
  const crypto::Verifier& verifier;
  const storage::Reader* own = nullptr;  // the damaged store; null: nothing of it can be read
  std::vector<BlockDonor*> donors;       // asked in this order
  // Blocks that are known to have been final here, whatever their records say now: they must come back.
  BlockHeight known_final;
  std::function<void(BlockHeight)> progress;  // hears of each block done
};

inline constexpr std::string_view kOwnShare = "the store itself";

// Into an empty store, or one that fill_from_snapshot filled.
Result<SalvageReport> salvage_chain(const Salvage& salvage, storage::Store& to);

// Fills an empty store from a snapshot's directory, checking manifest and chunks; a store opened with bulk_load, which
// is closed afterwards. `progress` hears of chunks done and of all. Errors: those of snapshot.h.
Result<BlockHeight> fill_from_snapshot(const std::filesystem::path& directory, storage::Store& to,
                                       const Genesis& genesis, const Executor& executor,
                                       const crypto::Verifier& verifier,
                                       const std::function<void(std::size_t, std::size_t)>& progress = nullptr);

// All that the ledger keeps, as it is, from a store in which no damage was found.
Status copy_ledger(const storage::Reader& from, storage::Store& to);

}  // namespace tally::ledger
