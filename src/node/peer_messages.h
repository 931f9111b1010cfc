// Purpose: what travels between nodes, by message class (p2p/transport.h).
//   vote: consensus::Message of one vote · proposal: any other consensus::Message
//   · transactions: TransactionBundle · sync: SyncMessage
// Thread rule: plain values.
#pragma once

#include "consensus/epoch_recovery.h"
#include "consensus/messages.h"
#include "ledger/block.h"
#include "p2p/transport.h"

namespace tally::node {

// Canonical bytes of signed transactions, checked by whoever receives them.
struct TransactionBundle {
  std::vector<Bytes> transactions;
  bool operator==(const TransactionBundle&) const = default;
};
BOOST_DESCRIBE_STRUCT(TransactionBundle, (), (transactions))

// Asks for blocks from this height on, as many as fit a chunk.
struct BlocksRequest {
  static constexpr std::string_view kName = "blocks_request";
  BlockHeight from;
  bool operator==(const BlocksRequest&) const = default;
};
BOOST_DESCRIBE_STRUCT(BlocksRequest, (), (from))

// Rising from the height that was asked for; the last one carries its certificate. Empty: the peer has none.
struct BlocksResponse {
  static constexpr std::string_view kName = "blocks_response";
  BlockHeight from;
  std::vector<ledger::CertifiedBlock> blocks;
  bool operator==(const BlocksResponse&) const = default;
};
BOOST_DESCRIBE_STRUCT(BlocksResponse, (), (from, blocks))

// consensus::EpochRecovery answers the STATUS of a replica that has not heard how a halted epoch ended.
using SyncMessage = std::variant<BlocksRequest, BlocksResponse, consensus::EpochRecovery>;

// Single votes are small and go first; what grows with the number of replicas goes with the proposals.
inline p2p::MessageClass class_of(const consensus::Message& message) {
  const bool single_vote = std::holds_alternative<consensus::SignedVote>(message) ||
                           std::holds_alternative<consensus::SignedCheckpoint>(message);
  return single_vote ? p2p::MessageClass::vote : p2p::MessageClass::proposal;
}

}  // namespace tally::node
