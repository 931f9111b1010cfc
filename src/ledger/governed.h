// Purpose: what the ledger itself reads back from the state after each block, because a vote of the members may
// change it: the members and the protocol version.
// Thread rule: plain values and pure functions.
// Who writes: the ledger at genesis; afterwards the executor alone, when a governance operation is adopted.
// Errors: reading throws storage::StorageFailure when the store fails or holds what is no such record.
// Source: consensus rule 12; docs/decisions/0009-members-vote-with-their-node-keys.md.
#pragma once

#include <boost/describe/class.hpp>

#include "common/codec.h"
#include "common/error.h"
#include "consensus/quorum.h"
#include "ledger/state.h"

namespace tally::ledger {

inline constexpr std::string_view kMembersKey = "sys/members";
inline constexpr std::string_view kProtocolKey = "sys/protocol";

// The members from the next block on. A block after which they differ from those before ends its epoch.
struct Members {
  std::vector<consensus::Validator> list;  // in the order of their ReplicaIndex
  bool operator==(const Members&) const = default;
};
BOOST_DESCRIBE_STRUCT(Members, (), (list))

struct ProtocolChange {
  std::uint32_t version = 0;
  BlockHeight from;  // the first block under it
  bool operator==(const ProtocolChange&) const = default;
};
BOOST_DESCRIBE_STRUCT(ProtocolChange, (), (version, from))

struct ProtocolPlan {
  std::uint32_t version = 0;
  std::optional<ProtocolChange> next;
  bool operator==(const ProtocolPlan&) const = default;

  [[nodiscard]] std::uint32_t at(BlockHeight height) const {
    return next && height >= next->from ? next->version : version;
  }
};
BOOST_DESCRIBE_STRUCT(ProtocolPlan, (), (version, next))

Members read_members(const State& state);
void write_members(State& state, const Members& members);
ProtocolPlan read_protocol(const State& state);
void write_protocol(State& state, const ProtocolPlan& plan);

// 1 to kReplicasMax, each with a name, a valid key, and neither twice.
Status check_members(const std::vector<consensus::Validator>& members);

}  // namespace tally::ledger
