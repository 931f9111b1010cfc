// Purpose: an honest office stops only when its disk fails: it never halts over its state, nor believes that votes of
// its own were lost, nor refuses to start from what it wrote itself.
// Thread rule: one thread. Source: consensus rules 6 and 10.
#pragma once

#include "sim/checkers/checker.h"

namespace tally::sim {

class Stops {
 public:
  explicit Stops(Breaches& breaches) : breaches_(breaches) {}

  void on_stopped(const Office& office, const Error& error) {
    if (!office.disk.failed())
      breaches_.add("stop", name_of(office) + " stopped although its disk did not fail: " + error.text());
  }
  void on_halted(const Office& office, const std::string& reason) {
    breaches_.add("halt", name_of(office) + " halted although no more than f lie: " + reason);
  }
  void on_votes_lost(const Office& office) {
    breaches_.add("lost votes", name_of(office) + " believes that its votes were lost");
  }

 private:
  Breaches& breaches_;
};

}  // namespace tally::sim
