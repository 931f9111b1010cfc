// Purpose: how a network goes on after a halt (rule 6): q members of the halted epoch sign that it ended at its last
// certified block, and the next epoch begins there in view 0 with the same members.
// Thread rule: plain values and pure functions.
// Bytes: BCS of `EpochRecovery` (docs/wire_format.md).
// Errors of checking: invalid_field (another epoch, a height that is not the last certified, votes that halt nothing),
// bad_certificate, bad_signature. Each names the field.
// Invariant: the document never chooses among headers above the last certificate, so it breaks no promise of finality;
// and it carries the CHECKPOINTs that show that none of them can gather q, so that nobody ends a healthy epoch by it.
// Source: docs/decisions/0011-recovery-after-a-halt.md.
#pragma once

#include "consensus/messages.h"
#include "consensus/quorum.h"
#include "crypto/signature.h"

namespace tally::consensus {

// What the members sign.
struct RecoveryStatement {
  Epoch ended;
  BlockHeight height;  // its last certified block, after which the next epoch begins
  Digest header;       // of that block
  bool operator==(const RecoveryStatement&) const = default;
};
BOOST_DESCRIBE_STRUCT(RecoveryStatement, (), (ended, height, header))

struct EpochRecovery {
  RecoveryStatement statement;
  // Of the block; absent where it is the one after which the ended epoch itself began.
  std::optional<CheckpointCertificate> certificate;
  std::vector<SignedCheckpoint> halt;        // of one height above: no header among them can gather q
  std::vector<ReplicaSignature> signatures;  // by members of the ended epoch, in rising order
  bool operator==(const EpochRecovery&) const = default;
};
BOOST_DESCRIBE_STRUCT(EpochRecovery, (), (statement, certificate, halt, signatures))

Signature sign_recovery(const RecoveryStatement& statement, const crypto::Signer& signer);
// Puts a member's signature in its place; one that is there is replaced.
void add_signature(EpochRecovery& recovery, ReplicaIndex replica, const Signature& signature);

// Everything but the number of signatures: what a member checks before it signs.
Status check_grounds(const EpochRecovery& recovery, const ValidatorSet& ended, const crypto::Verifier& verifier);
// check_grounds, and q signatures.
Status check_recovery(const EpochRecovery& recovery, const ValidatorSet& ended, const crypto::Verifier& verifier);

ValidatorSet next_epoch(const EpochRecovery& recovery, const ValidatorSet& ended);

}  // namespace tally::consensus
