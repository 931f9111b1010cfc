// Purpose: the keys of Column::meta under which the ledger keeps what it knows of its own store.
// Thread rule: constants.
#pragma once

#include <cstdint>
#include <string_view>

namespace tally::ledger {

inline constexpr std::uint32_t kStoreFormat = 2;  // of what the ledger keeps in a store; 2: seals
inline constexpr std::string_view kFormatMark = "ledger/format";
inline constexpr std::string_view kGenesisMark = "ledger/genesis";
inline constexpr std::string_view kHeadMark = "ledger/head";
// A BlockHeight; absent: the first block (prune.h).
inline constexpr std::string_view kFirstBlockMark = "ledger/first_block";
// A BlockHeight; absent: the store began with the genesis.
inline constexpr std::string_view kSnapshotMark = "ledger/snapshot";
// Present from the first moment of filling an empty store from a snapshot to the last (snapshot.h).
inline constexpr std::string_view kInstallingMark = "ledger/installing";

}  // namespace tally::ledger
