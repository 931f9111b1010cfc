// Purpose: the keys in which two states differ, found by walking both state trees at once: subtrees with one hash are
// passed over, so that the cost follows the differences and not the states.
// Thread rule: one thread; nobody writes to either store meanwhile.
// Errors: storage_failed: a page is missing or does not decode.
#pragma once

#include "ledger/tree_page.h"
#include "storage/store.h"

namespace tally::ledger {

// A key that only one side has, or that has other values; by the key's hash, which is all that the tree knows.
struct LeafDifference {
  Digest key_hash;
  std::optional<Digest> left;  // value hashes
  std::optional<Digest> right;
  bool operator==(const LeafDifference&) const = default;
};

// The root that the pages of a store make; zero of an empty state.
Result<Digest> tree_root(const storage::Reader& store);

// By rising hash of the keys, `count_max` at most.
Result<std::vector<LeafDifference>> differing_leaves(const storage::Reader& left, const storage::Reader& right,
                                                     std::size_t count_max);

// The keys with these hashes, found by reading all keys of the state; absent where there is none.
Result<std::vector<std::optional<Bytes>>> keys_of(const storage::Reader& store, const std::vector<Digest>& key_hashes);

}  // namespace tally::ledger
