// Purpose: evidence that needs no trust in whoever hands it over: a state value, or a receipt, with the header
// and the checkpoint certificate that make it final. It is checked with the genesis' validator set alone.
// Thread rule: pure functions.
// Errors of checking: bad_certificate, broken_chain (headers do not follow), root_mismatch, invalid_field.
#pragma once

#include "consensus/authentic.h"
#include "ledger/block.h"
#include "ledger/state_proof.h"

namespace tally::ledger {

// What a key's value was when the block was final.
struct StateEvidence {
  BlockHeader header;
  consensus::CheckpointCertificate certificate;
  std::optional<Bytes> value;
  StateProof proof;
  bool operator==(const StateEvidence&) const = default;
};
BOOST_DESCRIBE_STRUCT(StateEvidence, (), (header, certificate, value, proof))

// That a block holds this receipt. Usually the block has its own certificate; otherwise `later` leads from it to
// the block that has.
struct ReceiptEvidence {
  BlockHeader header;
  std::vector<BlockHeader> later;
  consensus::CheckpointCertificate certificate;
  Receipt receipt;
  crypto::MerklePath path;
  bool operator==(const ReceiptEvidence&) const = default;
};
BOOST_DESCRIBE_STRUCT(ReceiptEvidence, (), (header, later, certificate, receipt, path))

// More headers than this between a block and its certificate are not accepted.
inline constexpr std::size_t kLaterHeadersMax = 64;

// That the certificate is valid and for exactly this header.
Status check_final(const BlockHeader& header, const consensus::CheckpointCertificate& certificate,
                   const consensus::ValidatorSet& validators, const crypto::Verifier& verifier);
// That `next` follows `header`: height, parent digest, later time.
Status check_follows(const BlockHeader& header, const Digest& header_digest, const BlockHeader& next);

Status verify_state_evidence(const StateEvidence& evidence, ByteView key, const consensus::ValidatorSet& validators,
                             const crypto::Verifier& verifier);
Status verify_receipt_evidence(const ReceiptEvidence& evidence, const consensus::ValidatorSet& validators,
                               const crypto::Verifier& verifier);

// Leaf 0 of the receipts tree is the DueReceipt.
inline std::uint32_t receipt_leaf_index(std::uint32_t transaction_index) {
  return transaction_index + 1;
}

}  // namespace tally::ledger
