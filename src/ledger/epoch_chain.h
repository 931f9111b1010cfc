// Purpose: leads from the genesis to the validators of any later epoch, for whoever holds nothing but the genesis.
// Thread rule: plain values and pure functions; epoch_links reads a store.
// Errors: following: bad_certificate, broken_chain, invalid_field, too_large; each names the link (`epochs[3]`).
// Reading: not_found (an epoch that did not begin here), storage_failed.
// Invariant: a set counts only if the validators before it certified the block whose header names it, or signed the
// document that began its epoch after a halt (consensus rules 6 and 12).
#pragma once

#include <variant>

#include "ledger/block.h"
#include "ledger/genesis.h"
#include "storage/store.h"

namespace tally::ledger {

// An epoch's last block, with its certificate, and the set that its header names.
struct EpochEnd {
  static constexpr std::string_view kName = "ended";
  BlockHeader header;
  consensus::CheckpointCertificate certificate;
  consensus::ValidatorSet next;
  bool operator==(const EpochEnd&) const = default;
};
BOOST_DESCRIBE_STRUCT(EpochEnd, (), (header, certificate, next))

// How an epoch gave way to the next: link i leads from epoch i to epoch i + 1.
using EpochLink = std::variant<EpochEnd, consensus::EpochRecovery>;

inline constexpr std::size_t kEpochLinksMax = 4096;

// The validators of epoch `links.size()`.
Result<consensus::ValidatorSet> follow_epochs(const Genesis& genesis, const std::vector<EpochLink>& links,
                                              const crypto::Verifier& verifier);
// One step of it.
Result<consensus::ValidatorSet> follow_epoch(const consensus::ValidatorSet& before, const EpochLink& link,
                                             const crypto::Verifier& verifier);

// The links from the genesis to `epoch`, from a node's store.
Result<std::vector<EpochLink>> epoch_links(const storage::Reader& store, Epoch epoch);

}  // namespace tally::ledger
