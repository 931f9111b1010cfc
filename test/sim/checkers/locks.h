// Purpose: what was decided stays decided: a digest that honest offices committed at a number stands in every later
// view's O for that number, and in every COMMIT certificate for it.
// Thread rule: one thread. Source: consensus rules 7 and 8; Castro & Liskov, OSDI 1999, section 4.5.1.
#pragma once

#include <map>

#include "sim/checkers/checker.h"

namespace tally::sim {

class Locks {
 public:
  explicit Locks(Breaches& breaches) : breaches_(breaches) {}

  // By an office that executes as it should.
  void on_decided(const Office& office, const consensus::Decided& decided);
  // A NEW-VIEW of an honest office.
  void on_new_view(const Office& office, const consensus::SignedNewView& message);

 private:
  struct Decision {
    View view;
    Digest digest;
  };
  Breaches& breaches_;
  std::map<std::pair<Epoch, SeqNum>, Decision> decided_;
  // (epoch, number) -> view -> digest, of O.
  std::map<std::pair<Epoch, SeqNum>, std::map<View, Digest>> proposed_again_;
};

}  // namespace tally::sim
