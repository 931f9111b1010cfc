// Purpose: a node's own records (votes, batch bodies, evidence, a halt, signed recoveries) of a store that may be
// damaged: judging each, and taking those that are whole along into a store that is made anew (consensus rule 10).
// Thread rule: one thread; nobody writes meanwhile.
// Errors: damage is the result, not an error; storage_failed where the new store cannot be written.
// Invariant: if any vote or body is damaged, or may be missing, the new store says so to the consensus: its replica
// then signs nothing before a stable checkpoint at the highest certified height + 2L.
#pragma once

#include <functional>

#include "consensus/quorum.h"
#include "consensus/replica.h"
#include "ledger/scrub.h"

namespace tally::node {

// The members of an epoch; nullopt: not known, then signatures of that epoch are not checked.
using ValidatorsOf = std::function<std::optional<consensus::ValidatorSet>(Epoch)>;

// Each decodes, stands where it belongs, has the digest that it names and is signed by whom it names. Also: that the
// mark is there which says that no vote was ever lost, or the record that some were.
ledger::ScrubClass scrub_votes(const storage::Reader& store, const ValidatorsOf& validators,
                               const crypto::Verifier& verifier);
// Evidence that proves what it says, the record of a halt, signed recoveries.
ledger::ScrubClass scrub_evidence(const storage::Reader& store, const ValidatorsOf& validators,
                                  const crypto::Verifier& verifier);

// The sets that a store holds, which outlives the answer. One that does not read counts as unknown.
ValidatorsOf validators_in(const storage::Reader& store, const ledger::Genesis& genesis);

// Of the votes' checkpoint certificates those that are good: the last one is known for certain here only.
std::vector<consensus::CheckpointCertificate> certificates_of_votes(const storage::Reader& store,
                                                                    const ValidatorsOf& validators,
                                                                    const crypto::Verifier& verifier);

struct OwnRecords {
  std::uint64_t kept = 0;
  std::vector<ledger::Damage> left_out;  // records that did not come along
  bool votes_lost = false;
  // Of good certificates among them, for the chain, which writes its own unsynced.
  std::vector<consensus::CheckpointCertificate> certificates;
};
// Of the chain that was made whole, and of this node.
struct OwnPlace {
  consensus::ValidatorSet current;  // the members of the next block
  std::optional<PublicKey> self;    // this node's key, if it is known
};
// `from`: null: nothing can be read. `complete`: false if records may be missing without a trace. Durable when it
// returns.
Result<OwnRecords> salvage_own_records(const storage::Reader* from, bool complete, storage::Store& to,
                                       const OwnPlace& place, const ValidatorsOf& validators,
                                       const crypto::Verifier& verifier);

}  // namespace tally::node
