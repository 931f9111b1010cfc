// Purpose: the one place where signatures of consensus messages and certificates are checked. The core takes
// only Authentic messages, which nothing else can make, so that an unchecked vote cannot reach it and none is
// checked twice. Checking is pure and may run on any thread.
// Errors: bad_signature, bad_certificate (names the replica or the count), invalid_field (index out of range).
#pragma once

#include "common/error.h"
#include "consensus/messages.h"
#include "consensus/quorum.h"
#include "crypto/signature.h"

namespace tally::consensus {

class Authentic {
 public:
  [[nodiscard]] const Message& message() const { return message_; }

 private:
  explicit Authentic(Message message) : message_(std::move(message)) {}
  friend Result<Authentic> authenticate(Message, const ValidatorSet&, const crypto::Verifier&);
  Message message_;
};

// Checks every signature in the message against the epoch's set, that a proposal's body has the digest that
// was signed, and the form of certificates: q distinct members in rising order, one vote for all.
Result<Authentic> authenticate(Message message, const ValidatorSet& validators, const crypto::Verifier& verifier);

// Exactly `wanted` members in rising order, each having signed `digest`.
Status check_signers(const std::vector<ReplicaSignature>& signers, std::size_t wanted, const crypto::Domain& domain,
                     const Digest& digest, const ValidatorSet& validators, const crypto::Verifier& verifier);
Status check_certificate(const CheckpointCertificate& certificate, const ValidatorSet& validators,
                         const crypto::Verifier& verifier);
Status check_certificate(const CommitCertificate& certificate, const ValidatorSet& validators,
                         const crypto::Verifier& verifier);
Status check_certificate(const PreparedCertificate& certificate, const ValidatorSet& validators,
                         const crypto::Verifier& verifier);

Signature sign_vote(const Vote& vote, const crypto::Signer& signer);
Signature sign_checkpoint(const CheckpointVote& vote, const crypto::Signer& signer);
// Digest of a batch's bytes: what votes are about.
Digest batch_digest(ByteView batch);

}  // namespace tally::consensus
