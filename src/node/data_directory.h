// Purpose: what goes with a store of a node that is made anew beside the old one: the node's own records go along, and
// the two directories change places in one step. And a mark that tells a new store from one that lost everything.
// Thread rule: one thread; the node does not run.
// Errors: storage_failed, io_failed. exchange_directories changes nothing where it fails to exchange; where it fails
// later, the rebuilt store stands in its place already, and the error says where the old one is.
// Invariant: at any moment, power cuts included, `current` is one of the two stores, whole.
#pragma once

#include <filesystem>

#include "storage/store.h"

namespace tally::node {

// All that is this node's own and no peer can give back: votes, batch bodies, evidence, a halt, signed recoveries.
// Whatever the ledger keeps is left out. Durable when it returns.
Status copy_own_records(const storage::Reader& from, storage::Store& to);

// `rebuilt` becomes `current`, and what was `current` becomes `kept`, which must not exist yet. All three lie in one
// directory; both stores are closed.
Status exchange_directories(const std::filesystem::path& rebuilt, const std::filesystem::path& current,
                            const std::filesystem::path& kept);

// `made` gets the name `place`, which nothing has yet. Durable when it returns.
Status install_directory(const std::filesystem::path& made, const std::filesystem::path& place);

// A file beside the store that says that a node has begun here: an empty store is damage from then on, such as a log
// that is gone, and not a new beginning. mark_begun: durable when it returns; the store holds the chain's first block.
Status mark_begun(const std::filesystem::path& data_directory);
// storage_failed: the store is empty, and a node has begun here.
Status check_begun(const std::filesystem::path& data_directory, const storage::Reader& store);

}  // namespace tally::node
