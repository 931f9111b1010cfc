// Purpose: forged and altered messages, for scenarios of liars. Whatever is re-signed is signed by a liar.
// Thread rule: pure functions.
// Errors: std::runtime_error if there is no such field or way.
#pragma once

#include <string>

#include "consensus/mock_crypto.h"

namespace tally::consensus::test {

// A field is changed and the old signature left under it. "chain": the signature is one for another chain.
Message altered(Message message, const std::string& field);
// A number is changed ("plus_one", "minus_one", "zero", "max") and the message signed again. Required: a vote or a
// CHECKPOINT.
Message re_signed(Message message, const std::string& field, const std::string& how, const PublicKey& key);
// The certificate as a liar would present it: "bad_signature", "duplicate_signer", "primary_counts", "too_few",
// "claims_view_N": as if of that view and its primary, under the old signatures.
PreparedCertificate ruined(PreparedCertificate certificate, const std::string& how, const ValidatorSet& validators);
// O as a liar would present it: "dropped", "swapped", "added", "nulled", "empty", "right".
std::vector<std::pair<SeqNum, Digest>> ruined(std::vector<std::pair<SeqNum, Digest>> proposals, const std::string& how);

SignedViewChange sign_again(ViewChange body, ReplicaIndex replica, const PublicKey& key);
SignedNewView sign_again(NewView body, ReplicaIndex replica, const PublicKey& key);

}  // namespace tally::consensus::test
