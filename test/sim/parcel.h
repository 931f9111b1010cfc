// Purpose: what travels between simulated offices. A parcel is immutable and shared by its receivers; signatures are
// checked once for each validator set, since checking is pure.
// Thread rule: one thread.
#pragma once

#include <memory>
#include <variant>

#include "consensus/authentic.h"
#include "sim/ledger.h"

namespace tally::sim {

struct Gossip {
  std::vector<Transaction> transactions;
};
BOOST_DESCRIBE_STRUCT(Gossip, (), (transactions))
struct BlocksRequest {
  BlockHeight from;
};
BOOST_DESCRIBE_STRUCT(BlocksRequest, (), (from))
struct BlocksResponse {
  BlockHeight from;
  std::vector<ServedBlock> blocks;
};
BOOST_DESCRIBE_STRUCT(BlocksResponse, (), (from, blocks))

class Parcel {
 public:
  using Content = std::variant<consensus::Message, Gossip, BlocksRequest, BlocksResponse>;

  Parcel(std::uint32_t sender, Content what) : from(sender), content(std::move(what)) {}

  const std::uint32_t from;  // identity that the link vouches for
  const Content content;

  // For the digest of a run's events: differs where what is said differs.
  [[nodiscard]] std::uint64_t fingerprint() const {
    if (fingerprint_ == 0) fingerprint_ = compute_fingerprint();
    return fingerprint_;
  }

  // The message if it is good for this set; null otherwise. Required: it is a consensus message.
  [[nodiscard]] const consensus::Authentic* authentic(const consensus::ValidatorSet& set,
                                                      const crypto::Verifier& verifier) const {
    if (!checked_ || checked_set_ != set.epoch || checked_size_ != set.members.size()) {
      checked_ = true;
      checked_set_ = set.epoch;
      checked_size_ = set.members.size();
      good_.reset();
      if (auto result = authenticate(std::get<consensus::Message>(content), set, verifier))
        good_.emplace(std::move(result).value());
    }
    return good_ ? &*good_ : nullptr;
  }

 private:
  [[nodiscard]] std::uint64_t compute_fingerprint() const;

  mutable std::uint64_t fingerprint_ = 0;
  mutable bool checked_ = false;
  mutable Epoch checked_set_;
  mutable std::size_t checked_size_ = 0;
  mutable std::optional<consensus::Authentic> good_;
};
using ParcelPtr = std::shared_ptr<const Parcel>;

// What a replica signed in its own name.
struct Signed {
  Epoch epoch;
  ReplicaIndex replica;
  Signature signature;
};
// nullopt: a certificate, or STATUS.
std::optional<Signed> signed_in(const consensus::Message& message);

}  // namespace tally::sim
