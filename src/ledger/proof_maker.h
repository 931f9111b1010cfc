// Purpose: makes proof documents (proof_file.h) from a node's chain and one final moment of its state.
// Thread rule: as the const functions of Chain.
// Errors: not_found (no such block, transaction or epoch here), not_final, too_large, storage_failed.
#pragma once

#include "ledger/chain.h"
#include "ledger/proof_file.h"

namespace tally::ledger {

Result<ProofDocument> prove_transaction(const Chain& chain, const storage::Reader& store, BlockHeight height,
                                        std::uint32_t index);

// Which records of a history go into a proof: the last ones, from `first` on if that is given, else `last` of them.
struct HistoryWanted {
  std::optional<std::uint64_t> first;
  std::uint64_t last = 0;
};

struct StateWanted {
  Bytes question;
  std::vector<Bytes> keys;  // the first claims the history
  std::optional<HistoryWanted> history;
};
Result<ProofDocument> prove_state(const ChainId& chain, const FinalView& view, const StateWanted& wanted,
                                  const ClaimOf& claim_of);

}  // namespace tally::ledger
