// Purpose: looks through what a stopped node's store holds and names every record that is damaged, missing or too much:
// blocks against their own digests and certificates, the state against the head's root, histories against the state,
// indexes against what they are made of.
// Thread rule: one thread; nobody writes meanwhile. Memory is bounded by one block and 256 pages of the tree.
// Errors: damage is the result, not an error. storage_failed only where a read fails that leaves nothing to go on with.
// Invariant: reads only. A store without damage gives a report without one.
#pragma once

#include <boost/describe/class.hpp>

#include "ledger/executor.h"
#include "storage/store.h"

namespace tally::ledger {

inline constexpr std::size_t kScrubDamagesMax = 100;  // told of each class; the rest is counted

struct Damage {
  std::string record;   // in words: "the receipts of block 812"
  std::string problem;  // what is wrong with it
  bool operator==(const Damage&) const = default;
};
BOOST_DESCRIBE_STRUCT(Damage, (), (record, problem))

// What was found in one class of records.
struct ScrubClass {
  std::string name;
  std::uint64_t checked = 0;
  std::uint64_t damaged = 0;
  std::vector<Damage> damages;  // the first of them

  void add(std::string record, std::string problem) {
    if (++damaged <= kScrubDamagesMax) damages.push_back({std::move(record), std::move(problem)});
  }
  bool operator==(const ScrubClass&) const = default;
};
BOOST_DESCRIBE_STRUCT(ScrubClass, (), (name, checked, damaged, damages))

// Every record of every column is read once, so that the database checks its checksums.
ScrubClass scrub_storage(const storage::Reader& store);
// Genesis, head and format marks.
ScrubClass scrub_marks(const storage::Reader& store, const Genesis& genesis);
// Headers, batches, receipts, certificates, validator sets; and in `places` where transactions are said to be.
ScrubClass scrub_blocks(const storage::Reader& store, const Genesis& genesis, const crypto::Verifier& verifier,
                        ScrubClass& places);
// Pages up to the head's root, then each pair against its leaf.
ScrubClass scrub_tree(const storage::Reader& store);
ScrubClass scrub_state(const storage::Reader& store);
// Every list against what the state says of it.
ScrubClass scrub_history(const storage::Reader& store, const Executor& executor);
// The index of histories against the lists; it is derived, so whatever is wrong with it can be made anew.
ScrubClass scrub_history_index(const storage::Reader& store, const Executor& executor);

// All of these. `only`: those of these names; empty: all.
std::vector<ScrubClass> scrub_ledger(const storage::Reader& store, const Genesis& genesis,
                                     const crypto::Verifier& verifier, const Executor& executor,
                                     const std::vector<std::string>& only = {});
// The names of its classes, in the order of the answer.
std::vector<std::string> scrub_classes();

// The height of the head's mark; storage_failed if it is missing or does not decode.
Result<BlockHeight> marked_head(const storage::Reader& store);

// Keys for people: printable characters as they are, others as \xNN.
std::string key_in_words(ByteView key);

}  // namespace tally::ledger
