// Purpose: an office whose disk lost votes, and that has learned of it, signs nothing new before its stable checkpoint
// covers whatever it may have signed: the height that was stable there when the disk lost them, and the window above.
// That is what the core's own rule must come to (highest certified height of q others, plus two windows): a quorum
// executed that height, so one of the q asked, honest, holds at least a certificate of one window below it.
// Thread rule: one thread. Source: consensus rule 10.
#pragma once

#include <map>
#include <set>

#include "sim/checkers/checker.h"

namespace tally::sim {

class Recoveries {
 public:
  Recoveries(Breaches& breaches, std::uint64_t window) : breaches_(breaches), window_(window) {}

  // A message of an office that follows the rules, whatever becomes of its disk.
  void on_sent(const Office& office, const consensus::Message& message);
  // The disk of this office is about to lose what it signed.
  void on_disk_lost(const Office& office);
  // The office learned that.
  void on_votes_lost(const Office& office);

 private:
  struct Record {
    BlockHeight stable;           // the highest it ever had
    BlockHeight may_have_signed;  // at the last loss
    bool learned = false;
    std::set<Signature> signatures;  // that it gave before it learned; they may be shown again
  };

  Breaches& breaches_;
  std::uint64_t window_;
  std::map<std::uint32_t, Record> records_;  // by identity
};

}  // namespace tally::sim
