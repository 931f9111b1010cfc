// Purpose: every transaction takes effect once, at the place where it was ordered first, and nothing else does: the
// accounts of each office are compared with a calculation of the checker's own, and add up to nothing.
// Thread rule: one thread. Source: "After every step" of the simulator's specification.
#pragma once

#include "sim/checkers/checker.h"

namespace tally::sim {

class Transactions {
 public:
  using Issued = std::function<bool(const Transaction&)>;
  using Accounts = std::array<std::int64_t, kAccounts>;

  // `issued` knows what clients have signed.
  Transactions(Breaches& breaches, Issued issued) : breaches_(breaches), issued_(std::move(issued)) {}

  // The block that this office has just executed; heights come in order where they come first.
  void on_block(const Office& office, const Block& block);
  // What its ledger came to with the block of this height, which was told before.
  void on_state(const std::string& whose, BlockHeight height, const Accounts& accounts, std::uint64_t effects);

 private:
  struct Expected {
    Accounts accounts{};
    std::uint64_t effects = 0;
  };
  void compute(const Block& block);

  Breaches& breaches_;
  Issued issued_;
  std::set<std::uint64_t> done_;
  std::vector<Expected> expected_{Expected{}};  // by height
};

}  // namespace tally::sim
