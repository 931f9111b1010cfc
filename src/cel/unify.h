// Purpose: which types fit each other, and what type parameters become thereby.
// Thread rule: one per check. Internal to this folder.
// Bound: work is counted; beyond kUnifyStepsMax, and where parameters stand for each other in a chain of more than
// kUnifyDepthMax, everything is dyn and exhausted() is true.
#pragma once

#include <optional>
#include <span>

#include "cel/type.h"

namespace tally::cel {

inline constexpr std::size_t kUnifyStepsMax = 2'000'000;
inline constexpr std::size_t kUnifyDepthMax = 2'000;

class Unifier {
 public:
  // A type parameter that nothing is known of yet.
  Type fresh();
  // `parameters` and `result` with fresh type parameters in place of those that are named there.
  void instantiate(std::vector<Type>& parameters, Type& result);
  // Whether a value of one type may stand where the other is wanted; dyn fits everything. What parameters must be for
  // that is kept if it is so, and nothing is if it is not.
  bool fits(const Type& one, const Type& other);
  bool fit(std::span<const Type> ones, std::span<const Type> others);
  // With what is known of parameters put in; those that are still free become dyn if `final`.
  Type resolved(const Type& type, bool final = false);
  // One type for both; dyn if they do not fit.
  Type joined(const Type& one, const Type& other);
  [[nodiscard]] bool exhausted() const { return exhausted_; }

 private:
  static std::size_t number(const Type& parameter);
  // Counts one level of one of the recursive functions below.
  class Step {
   public:
    explicit Step(Unifier& of) : of_(of) {
      if (++of.depth_ > kUnifyDepthMax || ++of.steps_ > kUnifyStepsMax) of.exhausted_ = true;
    }
    ~Step() { --of_.depth_; }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    Unifier& of_;
  };
  bool matches(const Type& one, const Type& other);
  bool matches_all(std::span<const Type> ones, std::span<const Type> others);
  // nullopt: nothing is known of the parameter, and it may not be `type`, since that contains it.
  std::optional<bool> substitutes(const Type& type, const Type& parameter);
  bool occurs(std::size_t parameter, const Type& type);
  bool general(const Type& one, const Type& other);
  void set(std::size_t parameter, Type type);
  void roll_back(std::size_t size);

  struct Change {
    std::size_t parameter;
    std::optional<Type> before;
  };
  std::vector<std::optional<Type>> known_;  // by number of parameter
  std::vector<Change> changes_;
  std::size_t steps_ = 0;
  std::size_t depth_ = 0;
  bool exhausted_ = false;
};

}  // namespace tally::cel
