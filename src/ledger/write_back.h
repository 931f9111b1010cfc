// When changed state and changed pages of the tree are written to the store.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tally::ledger {

// every_block: with the block, so that the store is the truth after it: every node's way.
// when_full: once they no longer fit their cache. For replays that begin with an empty store, which nobody else reads
// and which nobody opens again: after an error, or after discard(), the store and the caches are worth nothing.
enum class WriteBack : std::uint8_t { every_block, when_full };

// Down to what a cache that is full shrinks: a large part goes at once, sorted.
constexpr std::size_t shrunk(std::size_t cache_bytes) {
  return cache_bytes - cache_bytes / 4;
}

}  // namespace tally::ledger
