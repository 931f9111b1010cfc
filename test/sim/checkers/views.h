// Purpose: how honest offices leave and enter views: after VIEW-CHANGE nothing is voted in the view that was left, nor
// in the next before its NEW-VIEW is on disk; and no view is entered but with the O that its V asks for, worked out
// here with no code of the core.
// Thread rule: one thread. Source: consensus rules 7, 8 and 10.
#pragma once

#include <map>
#include <set>

#include "sim/checkers/checker.h"

namespace tally::sim {

class Views {
 public:
  explicit Views(Breaches& breaches) : breaches_(breaches) {}

  // A message of an honest office.
  void on_sent(const Office& office, const consensus::Message& message);
  // An honest office enters this view; what the view rests on is on its disk.
  void on_entered(const Office& office, const consensus::NewView& view, const crypto::Verifier& verifier);
  // Its disk lost what it signed.
  void forget(std::uint32_t identity);

 private:
  struct Left {
    View to;  // the highest of its VIEW-CHANGEs
    // Its PRE-PREPAREs of then: one carries its batch to whoever lacks it, in whatever view.
    std::set<Signature> proposed;
  };
  void leave(const Office& office, const consensus::ViewChange& change);
  void check(const Office& office, const consensus::NewViewRecord& record, const crypto::Verifier& verifier);

  Breaches& breaches_;
  std::map<std::pair<std::uint32_t, Epoch>, Left> left_;  // first of: identity
  std::set<Digest> checked_;                              // NEW-VIEWs, with their V
};

}  // namespace tally::sim
