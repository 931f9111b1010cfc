// Purpose: proofs that a key has a value in the state tree under a root, or that it is absent.
// Thread rule: pure functions; proofs are made from any Reader, so that a snapshot serves several threads.
// Size: a level costs a bit, and 32 bytes where its sibling is not empty: about 600 bytes at 300,000 keys.
// Errors: make: storage_failed. verify: invalid_field for a form that no maker produces, root_mismatch.
#pragma once

#include <boost/describe/class.hpp>

#include "ledger/tree_page.h"
#include "storage/store.h"

namespace tally::ledger {

struct OtherLeaf {
  Digest key_hash;
  Digest value_hash;
  bool operator==(const OtherLeaf&) const = default;
};
BOOST_DESCRIBE_STRUCT(OtherLeaf, (), (key_hash, value_hash))

// The path from the root along the bits of the key's hash to where it ends: at the key's own leaf, at another
// key's leaf, or at an empty place.
struct StateProof {
  std::uint16_t depth = 0;       // binary levels
  Bytes filled;                  // bit i (most significant first): the sibling below level i is not empty
  std::vector<Digest> siblings;  // those that are not empty, from the root down
  std::optional<OtherLeaf> other;
  bool operator==(const StateProof&) const = default;
};
BOOST_DESCRIBE_STRUCT(StateProof, (), (depth, filled, siblings, other))

Result<StateProof> make_state_proof(const storage::Reader& state, ByteView key);

// That under `root` the key has this value, or none. Accepts exactly the form that make_state_proof gives.
Status verify_state_proof(const Digest& root, ByteView key, const std::optional<Bytes>& value, const StateProof& proof);

}  // namespace tally::ledger
