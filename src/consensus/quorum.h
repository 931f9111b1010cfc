// Purpose: the quorum arithmetic, in one place (consensus rule 1), and validator sets.
// Thread rule: plain values.
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "common/bytes.h"
#include "common/strong.h"

namespace tally::consensus {

// For n >= 1 replicas.
struct Quorum {
  std::uint32_t n = 1;

  // Liars tolerated: floor((n-1)/3).
  [[nodiscard]] constexpr std::uint32_t f() const { return (n - 1) / 3; }
  // Any two quorums share an honest replica, and q honest ones exist: ceil((n+f+1)/2).
  [[nodiscard]] constexpr std::uint32_t q() const { return (n + f() + 2) / 2; }
  // At least one honest replica.
  [[nodiscard]] constexpr std::uint32_t weak() const { return f() + 1; }
};

struct Validator {
  std::string name;  // of the organisation, for people
  PublicKey key;
  bool operator==(const Validator&) const = default;
};
BOOST_DESCRIBE_STRUCT(Validator, (), (name, key))

// The members of one epoch; the index of a validator here is its ReplicaIndex. The epoch's first block is start + 1:
// `start` is final by a certificate of the epoch before (0: the genesis), so this epoch's own never vouch for it.
struct ValidatorSet {
  Epoch epoch;
  BlockHeight start;
  std::vector<Validator> members;

  [[nodiscard]] Quorum quorum() const { return {static_cast<std::uint32_t>(members.size())}; }
  [[nodiscard]] ReplicaIndex primary(View view) const {
    return ReplicaIndex{static_cast<std::uint32_t>(view.value % members.size())};
  }
  [[nodiscard]] bool has(ReplicaIndex replica) const { return replica.value < members.size(); }
  [[nodiscard]] const PublicKey& key_of(ReplicaIndex replica) const { return members[replica.value].key; }
  bool operator==(const ValidatorSet&) const = default;
};
BOOST_DESCRIBE_STRUCT(ValidatorSet, (), (epoch, start, members))

}  // namespace tally::consensus
