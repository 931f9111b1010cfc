#include "sim/checkers/checker.h"

namespace tally::sim {

std::string text_of(const consensus::Vote& vote) {
  static constexpr std::array kPhases = {"PRE-PREPARE", "PREPARE", "COMMIT"};
  return std::string(kPhases[static_cast<std::size_t>(vote.phase)]) + " at epoch " + std::to_string(vote.epoch.value) +
         ", view " + std::to_string(vote.view.value) + ", number " + std::to_string(vote.seq.value);
}

}  // namespace tally::sim
