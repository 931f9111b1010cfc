// Purpose: a scenario numbers the cases that it opens from 1, in the order of its drafts; the chain numbers those of
// everybody together. This keeps which is which.
// Thread rule: one thread.
#pragma once

#include "contracts/operations.h"

namespace tally::scenario {

class CaseNumbers {
 public:
  CaseNumbers() = default;
  // Known beforehand: by the scenario's number less 1.
  explicit CaseNumbers(std::vector<std::uint64_t> numbers) : numbers_(std::move(numbers)) {}
  // Of an operation that succeeded, in the order of the drafts. Errors: those of decode_output.
  Status learn(const contracts::Operation& operation, ByteView output);
  // The operation with the chain's numbers. Required: its cases were learnt.
  [[nodiscard]] contracts::Operation on_chain(contracts::Operation operation) const;
  [[nodiscard]] std::uint64_t on_chain(std::uint64_t number) const { return numbers_.at(number - 1); }

 private:
  std::vector<std::uint64_t> numbers_;
};

}  // namespace tally::scenario
