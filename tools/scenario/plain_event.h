// Purpose: what happens in a village, in the plainest words: the input of an independent calculation of scores that
// knows nothing of operations, cases or the rule engine.
// Thread rule: plain values.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tally::scenario {

enum class Happening : std::uint8_t {
  season_contract,   // performed
  repayment_year,    // a year of on-time repayment
  volunteer_hours,   // quantity: hours
  breach,            // of contract
  breach_in_court,   // confirmed by a court
  overdue_months,    // quantity: started months
  elders_neglected,  // a finding
  shortchanged,      // a finding
  taken_back         // an earlier event was a mistake
};

enum class Objection : std::uint8_t { none, upheld, dismissed };

struct PlainEvent {
  std::size_t household = 0;
  Happening what = Happening::season_contract;
  std::uint32_t quantity = 1;
  std::uint64_t recorded_ms = 0;  // when it was recorded; of a deduction: when it was endorsed
  Objection objection = Objection::none;
  std::uint64_t resolved_ms = 0;  // when the objection was decided
  std::size_t takes_back = 0;     // of taken_back: index of the event in the list
};

}  // namespace tally::scenario
