// Purpose: every limit on input, once, with its unit; relations between them are checked here.
// Documents name these constants and do not repeat the figures.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace tally::limits {

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;

// Transactions and batches.
inline constexpr std::size_t kTransactionBytesMax = 256 * kKiB;
inline constexpr std::size_t kTransactionOperationsMax = 1000;
inline constexpr std::size_t kTransactionSignaturesMax = 8;
inline constexpr std::size_t kOperationBytesMax = 200 * kKiB;
inline constexpr std::size_t kBatchBytesMax = 1 * kMiB;
inline constexpr std::size_t kBatchOperationsMax = 5000;
// What a primary sends of one batch to all backups together: 1.3 s of a line of 100 Mbit/s.
inline constexpr std::size_t kBatchUplinkBytes = 16 * kMiB;
inline constexpr std::uint64_t kValidityMsMax = 31ULL * 24 * 3600 * 1000;
inline constexpr std::size_t kTextBytesMax = 512;  // titles, names

// Mempool.
inline constexpr std::size_t kPoolBytesMax = 64 * kMiB;
inline constexpr std::size_t kPoolPendingPerAuthorMax = 256;
// A registered office may hold this share of the pool.
inline constexpr std::size_t kPoolOfficeShare = 8;

// Consensus.
inline constexpr std::uint64_t kWatermarkWindow = 32;  // L
inline constexpr std::size_t kReplicasMax = 128;
inline constexpr std::uint64_t kBlockTimeAheadMsMax = 2000;
inline constexpr std::size_t kDueEventsPerBlockMax = 2000;

// Governance.
inline constexpr std::size_t kOpenProposalsMax = 16;
inline constexpr std::size_t kOpenProposalsPerMemberMax = 4;
inline constexpr std::uint64_t kProposalMsMax = 31ULL * 24 * 3600 * 1000;  // of block time, then it is closed
inline constexpr std::uint64_t kProtocolLeadBlocks = 50;  // until a new version begins, to install what knows it
inline constexpr std::size_t kProposalCommentsMax = 200;
inline constexpr std::uint32_t kProposalCommentsPerAuthorMax = 4;
inline constexpr std::size_t kPlannedParametersMax = 16;  // adopted changes whose block has not come
inline constexpr std::size_t kNamedNodesMax = kReplicasMax + kOpenProposalsMax;

// Expressions of rulebooks. Costs: nodes evaluated, and what functions charge.
inline constexpr std::size_t kExpressionBytesMax = 16 * kKiB;
inline constexpr std::uint64_t kExpressionCostMax = 1'000'000;  // as far as governance may raise the next two
inline constexpr std::uint64_t kExpressionCostPerOperation = 100'000;
inline constexpr std::uint64_t kExpressionCostPerTimer = 100'000;
inline constexpr std::uint64_t kExpressionCostPerQuery = 100'000;  // for one account

// Peer frames, by type.
inline constexpr std::size_t kFrameBytesMax = 4 * kMiB;
inline constexpr std::size_t kVoteBytesMax = 1 * kKiB;
inline constexpr std::size_t kProposalBytesMax = 5 * kMiB / 4;
inline constexpr std::size_t kViewChangeBytesMax = 256 * kKiB;
inline constexpr std::size_t kNewViewBytesMax = 2 * kMiB;
inline constexpr std::size_t kSyncBytesMax = 5 * kMiB / 4;
inline constexpr std::size_t kBundleBytesMax = 512 * kKiB;
inline constexpr std::size_t kHandshakeFrameBytesMax = 4 * kKiB;
inline constexpr std::chrono::milliseconds kHandshakeTimeout{5000};
inline constexpr std::size_t kHalfOpenMax = 64;
inline constexpr std::size_t kHalfOpenPerAddressMax = 4;
inline constexpr std::size_t kPeerReceiveBytesMax = 8 * kMiB;
inline constexpr std::size_t kPeerSendBytesMax = 16 * kMiB;
inline constexpr std::size_t kPeerMessagesPerSecondMax = 2000;
inline constexpr std::chrono::minutes kPeerPenalty{10};

// HTTP.
inline constexpr std::size_t kHttpSessionsMax = 1000;
inline constexpr std::size_t kHttpSessionsPerAddressMax = 32;
inline constexpr std::size_t kHttpHeaderBytesMax = 16 * kKiB;
inline constexpr std::size_t kHttpHeaderFieldsMax = 64;
inline constexpr std::size_t kHttpBodyBytesMax = 1 * kMiB;
inline constexpr std::chrono::seconds kHttpHeaderTimeout{5};
inline constexpr std::chrono::seconds kHttpBodyTimeout{10};
inline constexpr std::size_t kHttpBodyBytesPerSecondMin = 1 * kKiB;
inline constexpr std::chrono::seconds kHttpBodyGrace{2};       // before the rate counts: one lost segment is no attack
inline constexpr std::size_t kHttpBodiesBytesMax = 64 * kMiB;  // bodies held by all sessions together
inline constexpr std::size_t kHttpResponseBytesMax = 64 * kMiB;  // what a client takes into memory
inline constexpr std::chrono::seconds kHttpIdleTimeout{30};
inline constexpr std::chrono::seconds kHttpWriteTimeout{10};
inline constexpr std::chrono::seconds kHttpWaitMax{30};        // long polls for finality
inline constexpr std::chrono::seconds kHttpAnswerTimeout{60};  // for a handler to answer
inline constexpr std::size_t kPageRowsMax = 1000;

// Documents.
inline constexpr std::size_t kJsonDepthMax = 16;
inline constexpr std::size_t kRulebookBytesMax = 192 * kKiB;
inline constexpr std::size_t kGenesisBytesMax = 16 * kMiB;
inline constexpr std::size_t kConfigBytesMax = 1 * kMiB;
inline constexpr std::size_t kSheetBytesMax = 8 * kMiB;

// Snapshots.
inline constexpr std::size_t kSnapshotChunkBytes = 1 * kMiB;      // aimed at
inline constexpr std::size_t kSnapshotChunkBytesMax = 64 * kMiB;  // one account's whole history has to fit
inline constexpr std::uint32_t kSnapshotChunkPairsMax = 1U << 20;
inline constexpr std::size_t kSnapshotManifestBytesMax = 32 * kMiB;
inline constexpr std::size_t kSnapshotMemoryBytes = 192 * kMiB;  // at most, for making or checking one

static_assert(kRulebookBytesMax < kOperationBytesMax && kOperationBytesMax < kTransactionBytesMax);
static_assert(kTransactionBytesMax < kBatchBytesMax && kBatchBytesMax < kProposalBytesMax);
static_assert(kBatchBytesMax < kSyncBytesMax && kSyncBytesMax <= kFrameBytesMax);
static_assert(kNewViewBytesMax <= kFrameBytesMax && kTransactionOperationsMax <= kBatchOperationsMax);
static_assert(kFrameBytesMax <= kPeerReceiveBytesMax && kPeerReceiveBytesMax <= kPeerSendBytesMax);
static_assert(kTransactionBytesMax * 2 + 4 * kKiB <= kHttpBodyBytesMax, "one transaction in hex fits a body");
static_assert(kHttpWaitMax < kHttpAnswerTimeout, "a long poll ends before the server gives up on it");
static_assert(kHttpBodyBytesMax <= kHttpBodiesBytesMax && kHttpBodyGrace < kHttpBodyTimeout);

}  // namespace tally::limits
