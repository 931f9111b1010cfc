// Purpose: the network between simulated offices: who reaches whom, and what becomes of a parcel on its way.
// Thread rule: one thread.
#pragma once

#include "sim/swarm.h"

namespace tally::sim {

class Links {
 public:
  Links(const Swarm& swarm, Random random)
      : random_(random),
        offices_(swarm.offices()),
        cut_(offices_ * offices_, false),
        swarm_(swarm),
        calm_(offices_, false) {}

  // Delays of the copies that arrive, in microseconds; none if it is lost.
  std::vector<std::uint64_t> travel(std::uint32_t from, std::uint32_t to);

  void heal() { cut_.assign(cut_.size(), false); }
  // Between these offices nothing is cut, lost, doubled or slow from here on.
  void calm(const std::vector<bool>& among);
  // Offices of different groups do not reach each other.
  void split(const std::vector<std::uint8_t>& groups);
  // What `from` sends does not reach `to`; the other way goes on.
  void cut(std::uint32_t from, std::uint32_t to) { cut_[from * offices_ + to] = true; }
  // Each reaches its two neighbours only.
  void ring();
  void isolate(std::uint32_t office);

 private:
  Random random_;
  std::size_t offices_;
  std::vector<bool> cut_;  // from * offices + to
  const Swarm& swarm_;
  std::vector<bool> calm_;
};

}  // namespace tally::sim
