// Purpose: follows a chain by headers and certificates alone, from one trusted head to the next: for whoever watches
// nodes without holding the chain. It proves which blocks are final; what executing them gives it takes from the roots.
// Thread rule: plain values and pure functions.
// Errors: broken_chain, bad_certificate, root_mismatch; each names the height. Nothing is changed by what fails.
// Invariant: a head is trusted only if a quorum of the validators that follow from the genesis certified it, and it
// descends from the one before.
#pragma once

#include "consensus/evidence.h"
#include "ledger/epoch_chain.h"

namespace tally::ledger {

// A block without its batch, as GET /v1/headers serves it.
struct CertifiedHeader {
  BlockHeader header;
  std::optional<consensus::CheckpointCertificate> certificate;
  bool operator==(const CertifiedHeader&) const = default;
};
BOOST_DESCRIBE_STRUCT(CertifiedHeader, (), (header, certificate))

struct TrustedHead {
  ChainId chain;
  BlockHeader header;
  std::optional<consensus::CheckpointCertificate> certificate;  // absent at height 0
  consensus::ValidatorSet validators;                           // of the header's epoch
  bool operator==(const TrustedHead&) const = default;
};
BOOST_DESCRIBE_STRUCT(TrustedHead, (), (chain, header, certificate, validators))

// What the genesis alone vouches for. Its header is not known without executing it: `genesis_header` is as a node
// tells, and counts only because the first certified block descends from it.
TrustedHead trust_genesis(const Genesis& genesis, const BlockHeader& genesis_header);

// Follows headers that begin right after the head: to the last of them that a certificate covers. `epochs` are the
// links from the genesis (epoch_chain.h); those up to the head's epoch are not looked at.
Result<TrustedHead> advance(const TrustedHead& head, const std::vector<CertifiedHeader>& headers,
                            const std::vector<EpochLink>& epochs);

// If two different headers of one height and epoch both carry a quorum's certificate: who signed both.
Result<std::vector<consensus::Misconduct>> prove_fork(const TrustedHead& head, const CertifiedHeader& other);

}  // namespace tally::ledger
