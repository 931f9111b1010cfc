// Purpose: what an honest office promises by PREPARE or proposes itself: only what the primary of that view signed, and
// only batches whose every transaction was signed by a client.
// Thread rule: one thread. Source: consensus rule 3.
#pragma once

#include <set>
#include <tuple>

#include "sim/checkers/checker.h"

namespace tally::sim {

class Proposals {
 public:
  using Issued = std::function<bool(const Transaction&)>;

  // `issued` knows what clients have signed.
  Proposals(Breaches& breaches, Issued issued) : breaches_(breaches), issued_(std::move(issued)) {}

  // A message of an honest office.
  void on_sent(const Office& office, const consensus::Message& message, const crypto::Verifier& verifier);

 private:
  void check_answered(const Office& office, const consensus::Vote& prepare, const crypto::Verifier& verifier);
  void check_batch(const Office& office, const consensus::Vote& vote, ByteView batch);

  Breaches& breaches_;
  Issued issued_;
  std::set<std::tuple<std::uint32_t, Epoch, consensus::Phase, View, SeqNum>> checked_;  // first of: identity
};

}  // namespace tally::sim
