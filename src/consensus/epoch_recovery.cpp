#include "consensus/epoch_recovery.h"

#include <algorithm>
#include <map>
#include <string>

#include "consensus/authentic.h"
#include "crypto/digest.h"

namespace tally::consensus {

namespace {

Digest signed_digest(const RecoveryStatement& statement) {
  return crypto::digest_of(crypto::kRecoveryDomain, statement);
}

Status check_certified(const EpochRecovery& recovery, const ValidatorSet& ended, const crypto::Verifier& verifier) {
  const auto& [epoch, height, header] = recovery.statement;
  if (height == ended.start) {
    if (recovery.certificate)
      return make_error(ErrorCode::invalid_field, "certificate", "is given for the block that began the epoch",
                        "none: that block belongs to the epoch before");
    return {};
  }
  if (height < ended.start)
    return make_error(ErrorCode::invalid_field, "statement.height", "is " + std::to_string(height.value),
                      "at least " + std::to_string(ended.start.value) + ", where the epoch began");
  if (!recovery.certificate)
    return make_error(ErrorCode::bad_certificate, "certificate", "is missing",
                      "the one of block " + std::to_string(height.value));
  const CheckpointVote& vote = recovery.certificate->vote;
  if (vote.height != height || vote.header != header)
    return make_error(ErrorCode::bad_certificate, "certificate",
                      "is for block " + std::to_string(vote.height.value) + " with header " + vote.header.hex(),
                      "block " + std::to_string(height.value) + " with header " + header.hex());
  if (auto good = check_certificate(*recovery.certificate, ended, verifier); !good)
    return Error(good.error()).within("certificate");
  return {};
}

// Of one vote each, no header can gather q, even if all who are not heard voted for the same.
Status check_halt(const EpochRecovery& recovery, const ValidatorSet& ended, const crypto::Verifier& verifier) {
  std::map<Digest, std::uint32_t> counts;
  std::uint32_t most = 0;
  for (std::size_t i = 0; i < recovery.halt.size(); ++i) {
    const SignedCheckpoint& checkpoint = recovery.halt[i];
    const std::string where = "halt[" + std::to_string(i) + "]";
    if (checkpoint.vote.height <= recovery.statement.height ||
        checkpoint.vote.height != recovery.halt.front().vote.height)
      return make_error(ErrorCode::invalid_field, where, "is for block " + std::to_string(checkpoint.vote.height.value),
                        "one block above " + std::to_string(recovery.statement.height.value) + ", the same for all");
    if (i > 0 && checkpoint.replica <= recovery.halt[i - 1].replica)
      return make_error(ErrorCode::invalid_field, where,
                        "replica " + std::to_string(checkpoint.replica.value) + " comes twice or out of order",
                        "rising, distinct replicas");
    if (auto good = authenticate(checkpoint, ended, verifier); !good) return Error(good.error()).within(where);
    most = std::max(most, ++counts[checkpoint.vote.header]);
  }
  const Quorum quorum = ended.quorum();
  const auto unheard = quorum.n - static_cast<std::uint32_t>(recovery.halt.size());
  if (most + unheard >= quorum.q())
    return make_error(ErrorCode::invalid_field, "halt",
                      "shows no halt: " + std::to_string(most + unheard) + " of " + std::to_string(quorum.n) +
                          " replicas may still agree",
                      "CHECKPOINTs of one height of which no header can gather " + std::to_string(quorum.q()));
  return {};
}

}  // namespace

Signature sign_recovery(const RecoveryStatement& statement, const crypto::Signer& signer) {
  return signer.sign(crypto::kRecoveryDomain, signed_digest(statement));
}

void add_signature(EpochRecovery& recovery, ReplicaIndex replica, const Signature& signature) {
  auto& list = recovery.signatures;
  const auto place = std::lower_bound(list.begin(), list.end(), replica,
                                      [](const auto& held, ReplicaIndex index) { return held.replica < index; });
  if (place != list.end() && place->replica == replica)
    place->signature = signature;
  else
    list.insert(place, {replica, signature});
}

Status check_grounds(const EpochRecovery& recovery, const ValidatorSet& ended, const crypto::Verifier& verifier) {
  if (recovery.statement.ended != ended.epoch)
    return make_error(ErrorCode::invalid_field, "statement.ended",
                      "is epoch " + std::to_string(recovery.statement.ended.value),
                      "epoch " + std::to_string(ended.epoch.value));
  if (auto certified = check_certified(recovery, ended, verifier); !certified) return certified;
  if (auto halted = check_halt(recovery, ended, verifier); !halted) return halted;
  return check_signers(recovery.signatures, recovery.signatures.size(), crypto::kRecoveryDomain,
                       signed_digest(recovery.statement), ended, verifier);
}

Status check_recovery(const EpochRecovery& recovery, const ValidatorSet& ended, const crypto::Verifier& verifier) {
  if (auto grounds = check_grounds(recovery, ended, verifier); !grounds) return grounds;
  if (recovery.signatures.size() < ended.quorum().q())
    return make_error(ErrorCode::bad_certificate, "signatures",
                      "has " + std::to_string(recovery.signatures.size()) + " of " +
                          std::to_string(ended.members.size()) + " members",
                      "at least " + std::to_string(ended.quorum().q()));
  return {};
}

ValidatorSet next_epoch(const EpochRecovery& recovery, const ValidatorSet& ended) {
  return {Epoch{ended.epoch.value + 1}, recovery.statement.height, ended.members};
}

}  // namespace tally::consensus
