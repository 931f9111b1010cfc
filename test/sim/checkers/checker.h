// Purpose: what a checker is: it watches from outside of the offices and says in words what must never have happened.
// Every checker costs little a step, so that all of them watch every step.
// Thread rule: one thread.
#pragma once

#include <string>
#include <vector>

#include "sim/office.h"

namespace tally::sim {

// Collects breaches; the first is what a run is judged by.
class Breaches {
 public:
  void add(const std::string& checker, const std::string& what) {
    if (list_.size() < kKept) list_.push_back(checker + ": " + what);
  }
  [[nodiscard]] bool none() const { return list_.empty(); }
  [[nodiscard]] const std::vector<std::string>& list() const { return list_; }

 private:
  static constexpr std::size_t kKept = 16;
  std::vector<std::string> list_;
};

inline std::string name_of(const Office& office) {
  return "office " + std::to_string(office.identity);
}

}  // namespace tally::sim
