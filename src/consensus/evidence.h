// Purpose: two signed messages that contradict each other, as they are kept, shown and checked by anybody who has the
// validator set of their epoch (rule 13).
// Thread rule: plain values and pure functions.
// Bytes: BCS of `Misconduct` (docs/wire_format.md). Its signatures cover the chain id, so it counts on one chain only.
// Errors of check_misconduct: invalid_field (of another epoch or place, about different replicas, no contradiction),
// bad_signature. Each names the field.
// Invariant: nothing that a replica signs by the rules passes the check, restarts included: safety.h signs one digest
// per (epoch, phase, view, seq), one header per (epoch, height), and one VIEW-CHANGE and NEW-VIEW per view.
#pragma once

#include "common/error.h"
#include "consensus/messages.h"
#include "consensus/quorum.h"
#include "crypto/signature.h"

namespace tally::consensus {

struct Evidence;  // replica.h

struct TwoVotes {
  static constexpr std::string_view kName = "votes";
  SignedVote first;
  SignedVote second;
  bool operator==(const TwoVotes&) const = default;
};
BOOST_DESCRIBE_STRUCT(TwoVotes, (), (first, second))
struct TwoCheckpoints {
  static constexpr std::string_view kName = "checkpoints";
  SignedCheckpoint first;
  SignedCheckpoint second;
  bool operator==(const TwoCheckpoints&) const = default;
};
BOOST_DESCRIBE_STRUCT(TwoCheckpoints, (), (first, second))
struct TwoViewChanges {
  static constexpr std::string_view kName = "view_changes";
  SignedViewChange first;
  SignedViewChange second;
  bool operator==(const TwoViewChanges&) const = default;
};
BOOST_DESCRIBE_STRUCT(TwoViewChanges, (), (first, second))
struct TwoNewViews {
  static constexpr std::string_view kName = "new_views";
  SignedNewView first;
  SignedNewView second;
  bool operator==(const TwoNewViews&) const = default;
};
BOOST_DESCRIBE_STRUCT(TwoNewViews, (), (first, second))

using Contradiction = std::variant<TwoVotes, TwoCheckpoints, TwoViewChanges, TwoNewViews>;

struct Misconduct {
  Epoch epoch;
  ReplicaIndex replica;  // in the set of that epoch
  Contradiction messages;
  bool operator==(const Misconduct&) const = default;
};
BOOST_DESCRIBE_STRUCT(Misconduct, (), (epoch, replica, messages))

Misconduct misconduct_of(const Evidence& evidence);

// Required: `validators` is the set of its epoch, by whatever the caller trusts; another epoch's is refused.
Status check_misconduct(const Misconduct& misconduct, const ValidatorSet& validators, const crypto::Verifier& verifier);

// Pieces with the same key say the same: one is enough. The keys of one replica in one epoch share the first
// kMisconductReplicaBytes.
inline constexpr std::size_t kMisconductReplicaBytes = 12;
Bytes place_key(const Misconduct& misconduct);

// "signed two different COMMITs for height 7 in view 3"
std::string describe(const Misconduct& misconduct);

}  // namespace tally::consensus
