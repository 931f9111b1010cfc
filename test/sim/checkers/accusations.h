// Purpose: evidence proves what it says, anybody can check that it does, and it never names an honest office.
// Thread rule: one thread. Source: consensus rule 13.
#pragma once

#include "sim/checkers/checker.h"

namespace tally::sim {

class Accusations {
 public:
  explicit Accusations(Breaches& breaches) : breaches_(breaches) {}

  // `may_be_guilty`: the accused lies, or lost what it had signed.
  void on_evidence(const Office& office, const consensus::Evidence& evidence, bool may_be_guilty,
                   const consensus::ValidatorSet& validators, const crypto::Verifier& verifier);

 private:
  Breaches& breaches_;
};

}  // namespace tally::sim
