// Purpose: signatures that cost a hash: BLAKE2b over the public key and the digest. Anyone can forge them, which
// a simulated liar may do only under its own key.
// Thread rule: const and thread-safe.
#pragma once

#include "consensus/authentic.h"
#include "crypto/digest.h"
#include "crypto/signature.h"

namespace tally::consensus::test {

inline Signature mock_signature(const crypto::Domain& domain, const Digest& digest, const PublicKey& key) {
  const Digest half = crypto::digest(domain, key.view(), digest.view());
  Signature out;
  std::copy(half.bytes.begin(), half.bytes.end(), out.bytes.begin());
  std::copy(half.bytes.rbegin(), half.bytes.rend(), out.bytes.begin() + Digest::kSize);
  return out;
}

class MockSigner final : public crypto::Signer {
 public:
  explicit MockSigner(const PublicKey& key) : key_(key) {}
  [[nodiscard]] const PublicKey& public_key() const override { return key_; }
  [[nodiscard]] Signature sign(const crypto::Domain& domain, const Digest& digest) const override {
    return mock_signature(domain, digest, key_);
  }

 private:
  PublicKey key_;
};

class MockVerifier final : public crypto::Verifier {
 public:
  [[nodiscard]] bool verify(const crypto::Domain& domain, const Digest& digest, const PublicKey& key,
                            const Signature& signature) const override {
    return signature == mock_signature(domain, digest, key);
  }
};

inline ValidatorSet make_validators(std::uint32_t n, Epoch epoch = {}) {
  ValidatorSet out{epoch, {}, {}};
  for (std::uint32_t i = 0; i < n; ++i) {
    const std::string name = "office " + std::to_string(i);
    out.members.push_back({name, {crypto::digest(crypto::kHandleDomain, as_bytes(name)).bytes}});
  }
  return out;
}

// Signs for any member of a set.
class Keyring {
 public:
  explicit Keyring(ValidatorSet validators) : validators_(std::move(validators)) {}

  [[nodiscard]] const ValidatorSet& validators() const { return validators_; }
  [[nodiscard]] SignedVote vote(std::uint32_t replica, Phase phase, std::uint64_t view, std::uint64_t seq,
                                const Digest& digest) const {
    const Vote body{validators_.epoch, phase, View{view}, SeqNum{seq}, digest};
    return {body, ReplicaIndex{replica}, sign_vote(body, signer(replica))};
  }
  [[nodiscard]] SignedCheckpoint checkpoint(std::uint32_t replica, std::uint64_t height, const Digest& header) const {
    const CheckpointVote body{validators_.epoch, BlockHeight{height}, header};
    return {body, ReplicaIndex{replica}, sign_checkpoint(body, signer(replica))};
  }
  // Of the view's primary.
  [[nodiscard]] Proposal proposal(std::uint64_t view, std::uint64_t seq, std::string_view batch) const {
    return proposal_of(validators_.primary(View{view}).value, view, seq, batch);
  }
  [[nodiscard]] Proposal proposal_of(std::uint32_t replica, std::uint64_t view, std::uint64_t seq,
                                     std::string_view batch) const {
    const ByteView bytes = as_bytes(batch);
    return {vote(replica, Phase::pre_prepare, view, seq, batch_digest(bytes)), Bytes(bytes.begin(), bytes.end())};
  }
  [[nodiscard]] CommitCertificate commit_certificate(const std::vector<std::uint32_t>& signers, std::uint64_t view,
                                                     std::uint64_t seq, const Digest& digest) const {
    CommitCertificate out{{validators_.epoch, Phase::commit, View{view}, SeqNum{seq}, digest}, {}};
    for (const auto signer : signers)
      out.signatures.push_back({ReplicaIndex{signer}, vote(signer, Phase::commit, view, seq, digest).signature});
    return out;
  }
  [[nodiscard]] CheckpointCertificate checkpoint_certificate(const std::vector<std::uint32_t>& signers,
                                                             std::uint64_t height, const Digest& header) const {
    CheckpointCertificate out{{validators_.epoch, BlockHeight{height}, header}, {}};
    for (const auto signer : signers)
      out.signatures.push_back({ReplicaIndex{signer}, checkpoint(signer, height, header).signature});
    return out;
  }
  [[nodiscard]] PreparedCertificate prepared_certificate(const std::vector<std::uint32_t>& backups, std::uint64_t view,
                                                         std::uint64_t seq, const Digest& digest) const {
    const auto primary = validators_.primary(View{view});
    const auto pre_prepare = vote(primary.value, Phase::pre_prepare, view, seq, digest);
    PreparedCertificate out{pre_prepare.vote, {primary, pre_prepare.signature}, {}};
    for (const auto backup : backups)
      out.prepares.push_back({ReplicaIndex{backup}, vote(backup, Phase::prepare, view, seq, digest).signature});
    return out;
  }

 private:
  [[nodiscard]] MockSigner signer(std::uint32_t replica) const {
    return MockSigner(validators_.key_of(ReplicaIndex{replica}));
  }
  ValidatorSet validators_;
};

inline Digest digest_of_text(std::string_view text) {
  return batch_digest(as_bytes(text));
}

// What a verified link would hand over. Aborts the test if the message would not pass the checks.
inline Authentic authentic(Message message, const ValidatorSet& validators) {
  return authenticate(std::move(message), validators, MockVerifier{}).value();
}

}  // namespace tally::consensus::test
