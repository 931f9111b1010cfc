// Purpose: one tag per use of a digest or signature, so that bytes made for one use never pass for another.
// A tag is BLAKE2b's 16-byte personalisation for digests (RFC 7693, section 2.5) and the first 16 bytes of
// every signed message.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "common/bytes.h"

namespace tally::crypto {

struct Domain {
  std::array<Byte, 16> tag{};
  consteval explicit Domain(std::string_view name) {
    if (name.size() > tag.size()) throw "a domain tag has at most 16 bytes";
    std::copy(name.begin(), name.end(), tag.begin());
  }
};

inline constexpr Domain kGenesisDomain{"tally.genesis"};
inline constexpr Domain kTransactionDomain{"tally.tx"};
inline constexpr Domain kChunkFileDomain{"tally.chunkfile"};
inline constexpr Domain kBatchDomain{"tally.batch"};
inline constexpr Domain kHeaderDomain{"tally.header"};
inline constexpr Domain kReceiptDomain{"tally.receipt"};
inline constexpr Domain kVoteDomain{"tally.vote"};
inline constexpr Domain kCheckpointDomain{"tally.checkpoint"};
inline constexpr Domain kViewChangeDomain{"tally.viewchange"};
inline constexpr Domain kNewViewDomain{"tally.newview"};
inline constexpr Domain kRecoveryDomain{"tally.recovery"};
inline constexpr Domain kValidatorSetDomain{"tally.validators"};
inline constexpr Domain kMerkleLeafDomain{"tally.mt.leaf"};
inline constexpr Domain kMerkleNodeDomain{"tally.mt.node"};
inline constexpr Domain kTreeKeyDomain{"tally.st.key"};
inline constexpr Domain kTreeValueDomain{"tally.st.value"};
inline constexpr Domain kTreeLeafDomain{"tally.st.leaf"};
inline constexpr Domain kTreeNodeDomain{"tally.st.node"};
inline constexpr Domain kHistoryDomain{"tally.history"};
inline constexpr Domain kWorkActDomain{"tally.work-act"};
inline constexpr Domain kRulebookDomain{"tally.rulebook"};
inline constexpr Domain kProposalDomain{"tally.proposal"};
inline constexpr Domain kRequestDomain{"tally.request"};
inline constexpr Domain kProofDomain{"tally.prooffile"};
inline constexpr Domain kHandleDomain{"tally.handle"};
inline constexpr Domain kSnapshotDomain{"tally.snapshot"};
inline constexpr Domain kChunkDomain{"tally.chunk"};

}  // namespace tally::crypto
