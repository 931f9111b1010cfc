#include "ledger/proofs.h"

namespace tally::ledger {

using consensus::CheckpointCertificate;
using consensus::ValidatorSet;

Status check_final(const BlockHeader& header, const CheckpointCertificate& certificate, const ValidatorSet& validators,
                   const crypto::Verifier& verifier) {
  const auto& vote = certificate.vote;
  const Digest digest = digest_of(header);
  if (vote.epoch != header.epoch)
    return make_error(ErrorCode::bad_certificate, "certificate.epoch", "is " + std::to_string(vote.epoch.value),
                      std::to_string(header.epoch.value));
  if (vote.height != header.height)
    return make_error(ErrorCode::bad_certificate, "certificate.height", "is " + std::to_string(vote.height.value),
                      std::to_string(header.height.value));
  if (vote.header != digest)
    return make_error(ErrorCode::bad_certificate, "certificate.header", "is " + vote.header.hex(),
                      "the header's digest " + digest.hex());
  if (auto good = consensus::check_certificate(certificate, validators, verifier); !good) {
    Error error = Error(good.error()).within("certificate");
    error.code = ErrorCode::bad_certificate;
    return error;
  }
  return {};
}

Status check_follows(const BlockHeader& header, const Digest& header_digest, const BlockHeader& next) {
  if (next.height != header.height.next())
    return make_error(ErrorCode::broken_chain, "header.height", "is " + std::to_string(next.height.value),
                      std::to_string(header.height.next().value));
  if (next.parent != header_digest)
    return make_error(ErrorCode::broken_chain, "header.parent", "is " + next.parent.hex(), header_digest.hex());
  if (next.time <= header.time)
    return make_error(ErrorCode::broken_chain, "header.time", "is " + std::to_string(next.time.value) + " ms",
                      "later than the parent's " + std::to_string(header.time.value) + " ms");
  return {};
}

Status verify_state_evidence(const StateEvidence& evidence, ByteView key, const ValidatorSet& validators,
                             const crypto::Verifier& verifier) {
  if (auto final = check_final(evidence.header, evidence.certificate, validators, verifier); !final) return final;
  return verify_state_proof(evidence.header.state_root, key, evidence.value, evidence.proof);
}

Status verify_receipt_evidence(const ReceiptEvidence& evidence, const ValidatorSet& validators,
                               const crypto::Verifier& verifier) {
  if (evidence.later.size() > kLaterHeadersMax)
    return make_error(ErrorCode::too_large, "later", "has " + std::to_string(evidence.later.size()),
                      "at most " + std::to_string(kLaterHeadersMax));
  const BlockHeader* last = &evidence.header;
  for (std::size_t i = 0; i < evidence.later.size(); ++i) {
    if (auto follows = check_follows(*last, digest_of(*last), evidence.later[i]); !follows)
      return Error(follows.error()).within("later[" + std::to_string(i) + "]");
    last = &evidence.later[i];
  }
  if (auto final = check_final(*last, evidence.certificate, validators, verifier); !final) return final;
  if (evidence.path.index == 0)
    return make_error(ErrorCode::invalid_field, "path.index", "is 0, the place of what fell due", "1 or more");
  if (!crypto::merkle_verify(evidence.path, crypto::merkle_leaf(encode(evidence.receipt)),
                             evidence.header.receipts_root))
    return make_error(ErrorCode::root_mismatch, "path", "does not lead from the receipt to the receipts root",
                      evidence.header.receipts_root.hex());
  return {};
}

}  // namespace tally::ledger
