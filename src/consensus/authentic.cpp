#include "consensus/authentic.h"

#include <string>

#include "common/limits.h"
#include "crypto/digest.h"

namespace tally::consensus {

namespace {

// A report of more slots than any window has is not honest.
constexpr std::size_t kStatusSlotsMax = 4096;

// The bytes of the vote, as they were signed.
Digest signed_digest(const Vote& vote) {
  return crypto::digest_of(crypto::kVoteDomain, vote);
}
Digest signed_digest(const CheckpointVote& vote) {
  return crypto::digest_of(crypto::kCheckpointDomain, vote);
}

std::string name_of_replica(ReplicaIndex replica) {
  return "replica " + std::to_string(replica.value);
}

Status check_epoch(Epoch epoch, const ValidatorSet& validators) {
  if (epoch != validators.epoch || validators.members.empty())
    return make_error(ErrorCode::invalid_field, "epoch", "is " + std::to_string(epoch.value),
                      "epoch " + std::to_string(validators.epoch.value));
  return {};
}

Status check_member(ReplicaIndex replica, const ValidatorSet& validators) {
  if (!validators.has(replica))
    return make_error(ErrorCode::invalid_field, "replica", "is " + std::to_string(replica.value),
                      "an index below " + std::to_string(validators.members.size()));
  return {};
}

Status check_phase(Phase phase, Phase wanted) {
  if (phase != wanted)
    return make_error(ErrorCode::bad_certificate, "phase", "is not the phase that such a certificate is made of");
  return {};
}

Status check_signed(const crypto::Domain& domain, const Digest& digest, ReplicaIndex replica,
                    const Signature& signature, const ValidatorSet& validators, const crypto::Verifier& verifier) {
  if (auto member = check_member(replica, validators); !member) return member;
  if (!verifier.verify(domain, digest, validators.key_of(replica), signature))
    return make_error(ErrorCode::bad_signature, "signature", "does not verify for " + name_of_replica(replica));
  return {};
}

}  // namespace

Status check_signers(const std::vector<ReplicaSignature>& signers, std::size_t wanted, const crypto::Domain& domain,
                     const Digest& digest, const ValidatorSet& validators, const crypto::Verifier& verifier) {
  if (signers.size() != wanted)
    return make_error(ErrorCode::bad_certificate, "signatures", "counts " + std::to_string(signers.size()),
                      std::to_string(wanted) + " of distinct replicas");
  for (std::size_t i = 0; i < signers.size(); ++i) {
    const auto& signer = signers[i];
    const std::string where = "signatures[" + std::to_string(i) + "]";
    if (!validators.has(signer.replica))
      return make_error(ErrorCode::bad_certificate, where, name_of_replica(signer.replica) + " is not a member");
    if (i > 0 && signer.replica <= signers[i - 1].replica)
      return make_error(ErrorCode::bad_certificate, where,
                        name_of_replica(signer.replica) + " comes twice or out of order", "rising, distinct replicas");
    if (!verifier.verify(domain, digest, validators.key_of(signer.replica), signer.signature))
      return make_error(ErrorCode::bad_certificate, where,
                        "signature of " + name_of_replica(signer.replica) + " does not verify");
  }
  return {};
}

namespace {

class Checker {
 public:
  Checker(const ValidatorSet& validators, const crypto::Verifier& verifier)
      : validators_(validators), verifier_(verifier) {}

  Status operator()(const SignedVote& vote) const {
    if (auto epoch = check_epoch(vote.vote.epoch, validators_); !epoch) return epoch;
    return check_signed(crypto::kVoteDomain, signed_digest(vote.vote), vote.replica, vote.signature, validators_,
                        verifier_);
  }

  Status operator()(const Proposal& proposal) const {
    const Vote& vote = proposal.pre_prepare.vote;
    if (vote.phase != Phase::pre_prepare)
      return make_error(ErrorCode::invalid_field, "pre_prepare.vote.phase", "is not pre_prepare");
    if (proposal.batch.size() > limits::kBatchBytesMax)
      return make_error(ErrorCode::too_large, "batch", "has " + std::to_string(proposal.batch.size()) + " bytes",
                        "at most " + std::to_string(limits::kBatchBytesMax));
    if (auto signature = (*this)(proposal.pre_prepare); !signature)
      return Error(signature.error()).within("pre_prepare");
    if (batch_digest(proposal.batch) != vote.digest)
      return make_error(ErrorCode::invalid_field, "batch", "does not have the digest that was signed");
    return {};
  }

  Status operator()(const SignedCheckpoint& checkpoint) const {
    if (auto epoch = check_epoch(checkpoint.vote.epoch, validators_); !epoch) return epoch;
    return check_signed(crypto::kCheckpointDomain, signed_digest(checkpoint.vote), checkpoint.replica,
                        checkpoint.signature, validators_, verifier_);
  }

  Status operator()(const SignedViewChange& change) const {
    const ViewChange& body = change.body;
    if (auto epoch = check_epoch(body.epoch, validators_); !epoch) return epoch;
    if (auto signature = check_signed(crypto::kViewChangeDomain, crypto::digest_of(crypto::kViewChangeDomain, body),
                                      change.replica, change.signature, validators_, verifier_);
        !signature)
      return signature;
    if (body.stable_certificate) {
      if (body.stable_certificate->vote.height != body.stable)
        return make_error(ErrorCode::bad_certificate, "body.stable_certificate", "is for another height than stable");
      if (auto good = check_certificate(*body.stable_certificate, validators_, verifier_); !good)
        return Error(good.error()).within("body.stable_certificate");
    } else if (body.stable != validators_.start) {
      return make_error(ErrorCode::missing_field, "body.stable_certificate", "is missing above the epoch's start");
    }
    for (std::size_t i = 0; i < body.prepared.size(); ++i) {
      const std::string where = "body.prepared[" + std::to_string(i) + "]";
      const Vote& vote = body.prepared[i].pre_prepare;
      if (vote.seq <= (i == 0 ? body.stable : body.prepared[i - 1].pre_prepare.seq) || vote.view >= body.new_view)
        return make_error(ErrorCode::invalid_field, where, "is out of order or not of an earlier view");
      if (auto good = check_certificate(body.prepared[i], validators_, verifier_); !good)
        return Error(good.error()).within(where);
    }
    return {};
  }

  Status operator()(const SignedNewView& message) const {
    const NewView& body = message.body;
    if (auto epoch = check_epoch(body.epoch, validators_); !epoch) return epoch;
    if (message.replica != validators_.primary(body.view))
      return make_error(ErrorCode::invalid_field, "replica", "is not the primary of the new view");
    if (auto signature = check_signed(crypto::kNewViewDomain, crypto::digest_of(crypto::kNewViewDomain, body),
                                      message.replica, message.signature, validators_, verifier_);
        !signature)
      return signature;
    if (body.view_changes.size() != validators_.quorum().q())
      return make_error(ErrorCode::bad_certificate, "body.view_changes",
                        "counts " + std::to_string(body.view_changes.size()),
                        std::to_string(validators_.quorum().q()) + " of distinct replicas");
    for (std::size_t i = 0; i < body.view_changes.size(); ++i) {
      const ReplicaIndex replica = body.view_changes[i].replica;
      if (!validators_.has(replica) || (i > 0 && replica <= body.view_changes[i - 1].replica))
        return make_error(ErrorCode::bad_certificate, "body.view_changes[" + std::to_string(i) + "]",
                          name_of_replica(replica) + " is no member, comes twice or out of order");
    }
    for (std::size_t i = 0; i < body.pre_prepares.size(); ++i) {
      const SignedVote& vote = body.pre_prepares[i];
      const std::string where = "body.pre_prepares[" + std::to_string(i) + "]";
      if (vote.vote.phase != Phase::pre_prepare || vote.vote.view != body.view || vote.replica != message.replica ||
          (i > 0 && vote.vote.seq <= body.pre_prepares[i - 1].vote.seq))
        return make_error(ErrorCode::invalid_field, where, "is not a PRE-PREPARE of this view, or out of order");
      if (auto good = (*this)(vote); !good) return Error(good.error()).within(where);
    }
    return {};
  }

  Status operator()(const CommitCertificate& certificate) const {
    return check_certificate(certificate, validators_, verifier_);
  }
  Status operator()(const CheckpointCertificate& certificate) const {
    return check_certificate(certificate, validators_, verifier_);
  }

  Status operator()(const StatusReport& report) const {
    if (auto epoch = check_epoch(report.epoch, validators_); !epoch) return epoch;
    if (auto member = check_member(report.replica, validators_); !member) return member;
    const std::size_t mask_bytes_max = (validators_.members.size() + 7) / 8;
    if (report.slots.size() > kStatusSlotsMax)
      return make_error(ErrorCode::too_large, "slots", "counts " + std::to_string(report.slots.size()),
                        "at most " + std::to_string(kStatusSlotsMax));
    if (report.checkpoints.size() > mask_bytes_max)
      return make_error(ErrorCode::too_large, "checkpoints", "is longer than a bit for each replica");
    if (report.view_changes.size() > mask_bytes_max)
      return make_error(ErrorCode::too_large, "view_changes", "is longer than a bit for each replica");
    for (std::size_t i = 0; i < report.slots.size(); ++i) {
      const SlotStatus& slot = report.slots[i];
      const std::string where = "slots[" + std::to_string(i) + "]";
      if (i > 0 && slot.seq <= report.slots[i - 1].seq)
        return make_error(ErrorCode::invalid_field, where, "is out of order", "rising sequence numbers");
      if (slot.prepares.size() > mask_bytes_max || slot.commits.size() > mask_bytes_max)
        return make_error(ErrorCode::too_large, where, "has a mask longer than a bit for each replica");
    }
    return {};
  }

 private:
  const ValidatorSet& validators_;
  const crypto::Verifier& verifier_;
};

}  // namespace

Status check_certificate(const CheckpointCertificate& certificate, const ValidatorSet& validators,
                         const crypto::Verifier& verifier) {
  if (auto epoch = check_epoch(certificate.vote.epoch, validators); !epoch) return epoch;
  return check_signers(certificate.signatures, validators.quorum().q(), crypto::kCheckpointDomain,
                       signed_digest(certificate.vote), validators, verifier);
}

Status check_certificate(const CommitCertificate& certificate, const ValidatorSet& validators,
                         const crypto::Verifier& verifier) {
  if (auto epoch = check_epoch(certificate.commit.epoch, validators); !epoch) return epoch;
  if (auto phase = check_phase(certificate.commit.phase, Phase::commit); !phase) return phase;
  return check_signers(certificate.signatures, validators.quorum().q(), crypto::kVoteDomain,
                       signed_digest(certificate.commit), validators, verifier);
}

Status check_certificate(const PreparedCertificate& certificate, const ValidatorSet& validators,
                         const crypto::Verifier& verifier) {
  const Vote& vote = certificate.pre_prepare;
  if (auto epoch = check_epoch(vote.epoch, validators); !epoch) return epoch;
  if (auto phase = check_phase(vote.phase, Phase::pre_prepare); !phase) return phase;
  const ReplicaIndex primary = validators.primary(vote.view);
  if (certificate.primary.replica != primary)
    return make_error(ErrorCode::bad_certificate, "primary",
                      name_of_replica(certificate.primary.replica) + " is not the primary of the view",
                      name_of_replica(primary));
  for (const auto& prepare : certificate.prepares) {
    if (prepare.replica == primary)
      return make_error(ErrorCode::bad_certificate, "prepares", "count the primary, " + name_of_replica(primary),
                        "backups only");
  }
  if (!verifier.verify(crypto::kVoteDomain, signed_digest(vote), validators.key_of(primary),
                       certificate.primary.signature))
    return make_error(ErrorCode::bad_certificate, "primary",
                      "signature of " + name_of_replica(primary) + " does not verify");
  Vote prepare = vote;
  prepare.phase = Phase::prepare;
  return check_signers(certificate.prepares, validators.quorum().q() - 1, crypto::kVoteDomain, signed_digest(prepare),
                       validators, verifier);
}

Result<Authentic> authenticate(Message message, const ValidatorSet& validators, const crypto::Verifier& verifier) {
  if (auto good = std::visit(Checker(validators, verifier), message); !good) return good.error();
  return Authentic(std::move(message));
}

Signature sign_vote(const Vote& vote, const crypto::Signer& signer) {
  return signer.sign(crypto::kVoteDomain, signed_digest(vote));
}

Signature sign_checkpoint(const CheckpointVote& vote, const crypto::Signer& signer) {
  return signer.sign(crypto::kCheckpointDomain, signed_digest(vote));
}

Epoch epoch_of(const Message& message) {
  struct Visitor {
    Epoch operator()(const Proposal& it) const { return it.pre_prepare.vote.epoch; }
    Epoch operator()(const SignedVote& it) const { return it.vote.epoch; }
    Epoch operator()(const SignedCheckpoint& it) const { return it.vote.epoch; }
    Epoch operator()(const SignedViewChange& it) const { return it.body.epoch; }
    Epoch operator()(const SignedNewView& it) const { return it.body.epoch; }
    Epoch operator()(const CommitCertificate& it) const { return it.commit.epoch; }
    Epoch operator()(const CheckpointCertificate& it) const { return it.vote.epoch; }
    Epoch operator()(const StatusReport& it) const { return it.epoch; }
  };
  return std::visit(Visitor{}, message);
}

Digest batch_digest(ByteView batch) {
  return crypto::digest(crypto::kBatchDomain, batch);
}

}  // namespace tally::consensus
