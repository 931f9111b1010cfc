// Purpose: what travels between nodes, by message class (p2p/transport.h).
//   vote: consensus::Message of one vote · proposal: any other consensus::Message
//   · transactions: TransactionBundle · sync: SyncMessage
// Thread rule: plain values.
#pragma once

#include "common/limits.h"
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

// In place of blocks that the peer has let go of: it holds them from `first` on.
struct BlocksPruned {
  static constexpr std::string_view kName = "blocks_pruned";
  BlockHeight from;  // as it was asked
  BlockHeight first;
  bool operator==(const BlocksPruned&) const = default;
};
BOOST_DESCRIBE_STRUCT(BlocksPruned, (), (from, first))

// Asks for the newest snapshot that the peer holds, if it lies above this height.
struct SnapshotRequest {
  static constexpr std::string_view kName = "snapshot_request";
  BlockHeight above;
  bool operator==(const SnapshotRequest&) const = default;
};
BOOST_DESCRIBE_STRUCT(SnapshotRequest, (), (above))

// Height 0: none. Nothing of it is believed before the manifest is checked (ledger/snapshot.h).
struct SnapshotOffer {
  static constexpr std::string_view kName = "snapshot_offer";
  BlockHeight height;
  Digest id;
  std::uint64_t manifest_bytes;
  bool operator==(const SnapshotOffer&) const = default;
};
BOOST_DESCRIBE_STRUCT(SnapshotOffer, (), (height, id, manifest_bytes))

// Part 0 is the manifest, part i + 1 is chunk i.
struct SnapshotPieceRequest {
  static constexpr std::string_view kName = "snapshot_piece_request";
  Digest id;
  std::uint32_t part;
  std::uint64_t offset;  // in bytes
  bool operator==(const SnapshotPieceRequest&) const = default;
};
BOOST_DESCRIBE_STRUCT(SnapshotPieceRequest, (), (id, part, offset))

// At most kSnapshotPieceBytes of it. Empty: the peer has no such snapshot any more.
struct SnapshotPiece {
  static constexpr std::string_view kName = "snapshot_piece";
  Digest id;
  std::uint32_t part;
  std::uint64_t offset;
  Bytes bytes;
  bool operator==(const SnapshotPiece&) const = default;
};
BOOST_DESCRIBE_STRUCT(SnapshotPiece, (), (id, part, offset, bytes))

inline constexpr std::size_t kSnapshotPieceBytes = 1 * limits::kMiB;
static_assert(kSnapshotPieceBytes + limits::kKiB <= limits::kSyncBytesMax);

// consensus::EpochRecovery answers the STATUS of a replica that has not heard how a halted epoch ended.
using SyncMessage = std::variant<BlocksRequest, BlocksResponse, consensus::EpochRecovery, BlocksPruned, SnapshotRequest,
                                 SnapshotOffer, SnapshotPieceRequest, SnapshotPiece>;

// Single votes are small and go first; what grows with the number of replicas goes with the proposals.
inline p2p::MessageClass class_of(const consensus::Message& message) {
  const bool single_vote = std::holds_alternative<consensus::SignedVote>(message) ||
                           std::holds_alternative<consensus::SignedCheckpoint>(message);
  return single_vote ? p2p::MessageClass::vote : p2p::MessageClass::proposal;
}

}  // namespace tally::node
