// Purpose: what the ledger itself reads back from the state after each block, because a vote of the members may
// change it: the members and the protocol version; and the nodes that governance named, which the network lets in.
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
#include "storage/store.h"

namespace tally::ledger {

inline constexpr std::string_view kMembersKey = "sys/members";
inline constexpr std::string_view kProtocolKey = "sys/protocol";
inline constexpr std::string_view kNodesKey = "sys/nodes";

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

// A node that governance named. A candidate stands here from the moment somebody proposes it, so that the members let
// it follow the chain as an observer before they vote; it goes when its proposal fails or its validator is removed.
struct NodeEntry {
  PublicKey key;
  std::string name;
  std::string address;  // host:port
  bool operator==(const NodeEntry&) const = default;
};
BOOST_DESCRIBE_STRUCT(NodeEntry, (), (key, name, address))

// At most limits::kNamedNodesMax, none with the key of another, in the order in which they were named. Members of the
// genesis are not among them: their addresses stand in the offices' configurations.
struct Nodes {
  std::vector<NodeEntry> list;
  bool operator==(const Nodes&) const = default;
};
BOOST_DESCRIBE_STRUCT(Nodes, (), (list))

Members read_members(const State& state);
void write_members(State& state, const Members& members);
ProtocolPlan read_protocol(const State& state);
void write_protocol(State& state, const ProtocolPlan& plan);
Nodes read_nodes(const State& state);
void write_nodes(State& state, const Nodes& nodes);

// The same of one moment of the store. storage_failed if it is missing or no such record.
Result<Members> read_members(const storage::Reader& reader);
Result<ProtocolPlan> read_protocol(const storage::Reader& reader);
Result<Nodes> read_nodes(const storage::Reader& reader);

// 1 to kReplicasMax, each with a name, a valid key, and neither twice.
Status check_members(const std::vector<consensus::Validator>& members);

}  // namespace tally::ledger
