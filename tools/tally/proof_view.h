// Purpose: what a proof file proves, checked and told in words: the one reading of proofs that `prove`, `verify` and
// the slip share. Thread rule: pure functions. Errors: verification_failed and bad_input, with the field at fault.
#pragma once

#include "contracts/proof_story.h"
#include "tally/context.h"
#include "tally/failure.h"

namespace tally::cli {

struct CheckedProof {
  ledger::ProofDocument document;
  ledger::VerifiedProof verified;
  std::optional<contracts::ProofStory> story;  // of a proof of state
};

// Everything a proof must pass against a genesis.
Outcome<CheckedProof> check_proof(ByteView file, const ledger::Genesis& genesis, const contracts::RulebookTexts& texts);

Report report_of(const CheckedProof& proof, const ledger::Genesis& genesis, std::size_t file_bytes);

// The bytes of a proof, from a file; "-" reads standard input.
Outcome<std::string> proof_bytes_of(Context& context, const std::string& file);

// "account qingzhen/credit of 4f0c...": what it is about, in a line.
std::string subject_line(const CheckedProof& proof);

}  // namespace tally::cli
