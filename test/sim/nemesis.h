// Purpose: directs the faults of a run: every now and then one decision, drawn from its own stream, so that leaving
// one out (to shrink a failing run) leaves the others as they were.
// Thread rule: one thread.
// Invariant: never more than f members of a validator set lie, or lost what they had signed.
#pragma once

#include "sim/world.h"

namespace tally::sim {

class Nemesis {
 public:
  Nemesis(World& world, Random random) : world_(world), random_(random) {}

  // One decision; then the pause until the next.
  std::uint64_t act_us();
  [[nodiscard]] std::uint64_t decisions() const { return next_; }

 private:
  // A decision is drawn whole before it is known whether it is left out.
  struct Draw {
    Fault fault;
    Office* office;
    std::uint64_t number;
    bool flag;
    std::vector<std::uint8_t> groups;
    std::vector<std::uint32_t> members;
  };

  [[nodiscard]] Draw draw();
  std::string carry_out(const Draw& draw);
  std::string network(const Draw& draw);
  std::string process(const Draw& draw);
  std::string disk(const Draw& draw);
  std::string lie(const Draw& draw);
  std::string member(const Draw& draw);
  [[nodiscard]] bool may_lose_disk(const Office& office) const;

  World& world_;
  Random random_;
  std::uint64_t next_ = 0;
};

}  // namespace tally::sim
