// Purpose: evidence as a file that stands alone: a receipt with its transaction, or values of the state with an
// account's last entries, under a certified header, with the way from the genesis to the validators who certified it.
// Bytes: "TALLYPRF" | version (u32 little-endian) | BCS of ProofDocument | BLAKE2b-256 of all before (kProofDomain).
// The last digest is there to tell damage from forgery; nothing rests on it.
// Thread rule: plain values and pure functions.
// Errors: decoding: invalid_encoding and too_large, with the byte at fault. Verifying: wrong_chain, bad_certificate,
// broken_chain, root_mismatch, bad_signature, invalid_field; the field says where (`content.pairs[1].proof`).
// Invariant: what verify_proof accepts is what a quorum of the validators that follow from the genesis has certified.
#pragma once

#include <boost/describe/class.hpp>
#include <variant>

#include "ledger/epoch_chain.h"
#include "ledger/executor.h"
#include "ledger/proofs.h"

namespace tally::ledger {

inline constexpr std::string_view kProofFileMagic = "TALLYPRF";
inline constexpr std::uint32_t kProofFileVersion = 1;
inline constexpr std::size_t kProofFileBytesMax = 1024 * 1024;
inline constexpr std::size_t kProofPairsMax = 256;

// A transaction's outcome; with the signed transaction itself where the maker still held its block's batch.
struct ReceiptContent {
  static constexpr std::string_view kName = "receipt";
  Receipt receipt;
  crypto::MerklePath path;  // leaf index + 1 of the receipts tree
  std::optional<SignedTransaction> transaction;
  std::optional<crypto::MerklePath> transaction_path;
  bool operator==(const ReceiptContent&) const = default;
};
BOOST_DESCRIBE_STRUCT(ReceiptContent, (), (receipt, path, transaction, transaction_path))

struct ProvenPair {
  Bytes key;
  std::optional<Bytes> value;  // absent: the state holds nothing under the key
  StateProof proof;
  bool operator==(const ProvenPair&) const = default;
};
BOOST_DESCRIBE_STRUCT(ProvenPair, (), (key, value, proof))

// The last records of the history list that the first pair claims: from `first` on, chained on the digest of those
// before.
struct HistoryTail {
  std::uint64_t first = 0;
  Digest before;
  std::vector<Bytes> records;
  bool operator==(const HistoryTail&) const = default;
};
BOOST_DESCRIBE_STRUCT(HistoryTail, (), (first, before, records))

// `question` says what the pairs answer, in the words of whoever reads them (contracts/proof_story.h).
struct StateContent {
  static constexpr std::string_view kName = "state";
  Bytes question;
  std::vector<ProvenPair> pairs;  // at least one
  std::optional<HistoryTail> history;
  bool operator==(const StateContent&) const = default;
};
BOOST_DESCRIBE_STRUCT(StateContent, (), (question, pairs, history))

struct ProofDocument {
  ChainId chain;
  std::vector<EpochLink> epochs;   // from the genesis to the header's epoch
  BlockHeader header;              // that the content is about
  std::vector<BlockHeader> later;  // from it to the certified one, if it has no certificate of its own
  consensus::CheckpointCertificate certificate;
  std::variant<ReceiptContent, StateContent> content;
  bool operator==(const ProofDocument&) const = default;
};
BOOST_DESCRIBE_STRUCT(ProofDocument, (), (chain, epochs, header, later, certificate, content))

Bytes encode_proof_file(const ProofDocument& document);
// Form only.
Result<ProofDocument> decode_proof_file(ByteView file);

struct VerifiedProof {
  consensus::ValidatorSet validators;    // of the header's epoch
  std::vector<ReplicaIndex> signers;     // of the certificate
  std::size_t validator_signatures = 0;  // checked, epochs' included
  std::size_t client_signatures = 0;
};

// `claim_of` is the executor's history_of: which history list a pair claims.
using ClaimOf = std::function<std::optional<HistoryClaim>(ByteView key, ByteView value)>;
Result<VerifiedProof> verify_proof(const ProofDocument& document, const Genesis& genesis, const ClaimOf& claim_of);

}  // namespace tally::ledger
