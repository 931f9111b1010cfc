// Purpose: one replica under test, with every other member's messages made by the test.
// Thread rule: one thread.
#pragma once

#include "consensus/mock_crypto.h"
#include "consensus/replica.h"

namespace tally::consensus::test {

inline const Digest kGenesis = digest_of_text("genesis");

class Single {
 public:
  explicit Single(std::uint32_t self, std::uint32_t n = 4, std::uint64_t window = 8,
                  Restored restored = {{}, {}, kGenesis})
      : keys_(make_validators(n)), signer_(keys_.validators().members[self].key) {
    Configuration configuration;
    configuration.validators = keys_.validators();
    configuration.self = ReplicaIndex{self};
    configuration.window = window;
    configuration.signer = &signer_;
    restored.records.emplace_back(InitRecord{});
    replica_.emplace(std::move(configuration), std::move(restored));
  }

  [[nodiscard]] const Keyring& keys() const { return keys_; }
  Replica& operator*() { return *replica_; }
  Replica* operator->() { return &*replica_; }

  Ready step(Message message) {
    replica_->step(authentic(std::move(message), keys_.validators()));
    return replica_->take_ready();
  }
  // Steps all, and gives the output of all together.
  Ready step_all(const std::vector<Message>& messages) {
    for (const auto& message : messages) replica_->step(authentic(message, keys_.validators()));
    return replica_->take_ready();
  }
  // Proposal of the current primary whose body the node finds good.
  Ready accept(std::uint64_t view, std::uint64_t seq, std::string_view batch) {
    const Proposal proposal = keys_.proposal(view, seq, batch);
    replica_->step(authentic(proposal, keys_.validators()));
    replica_->batch_checked(proposal.pre_prepare.vote.digest, true);
    return replica_->take_ready();
  }
  Ready propose(std::string_view batch) {
    const ByteView bytes = as_bytes(batch);
    replica_->propose(std::make_shared<const Body>(Body{batch_digest(bytes), Bytes(bytes.begin(), bytes.end())}));
    return replica_->take_ready();
  }
  Ready executed(std::uint64_t height, const Digest& header) {
    replica_->executed(BlockHeight{height}, header);
    return replica_->take_ready();
  }
  Ready tick(int ticks = 1) {
    for (int i = 0; i < ticks; ++i) replica_->tick();
    return replica_->take_ready();
  }

 private:
  Keyring keys_;
  MockSigner signer_;
  std::optional<Replica> replica_;
};

// Own votes of a phase among what is sent.
inline std::vector<SignedVote> sent_votes(const Ready& ready, Phase phase) {
  std::vector<SignedVote> out;
  for (const auto& outgoing : ready.send) {
    if (const auto* vote = std::get_if<SignedVote>(&outgoing.message); vote != nullptr && vote->vote.phase == phase)
      out.push_back(*vote);
  }
  return out;
}

template <class Kind>
std::vector<Kind> sent(const Ready& ready) {
  std::vector<Kind> out;
  for (const auto& outgoing : ready.send) {
    if (const auto* message = std::get_if<Kind>(&outgoing.message)) out.push_back(*message);
  }
  return out;
}

template <class Kind>
std::vector<Kind> persisted(const Ready& ready) {
  std::vector<Kind> out;
  for (const auto& record : ready.persist) {
    if (const auto* kind = std::get_if<Kind>(&record)) out.push_back(*kind);
  }
  return out;
}

}  // namespace tally::consensus::test
