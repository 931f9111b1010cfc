// Purpose: what a name in an expression stands for (langdef.md, "Name Resolution"): a variable of a macro, a variable
// of the environment or a type, looked for in the container and outward from it, and what functions a call may mean.
// Thread rule: one per compilation. Internal to this folder.
#pragma once

#include "cel/program.h"

namespace tally::cel {

struct Meaning {
  enum class Kind : std::uint8_t {
    none,      // no name, or an unknown one
    local,     // of a macro; `position` counts from the outermost
    variable,  // `position` in the environment
    type       // `type` is denoted
  };
  Kind kind = Kind::none;
  std::size_t position = 0;
  Type type = {};
};

struct Callees {
  std::string name;     // qualified, if it was found so
  bool member = false;  // the call's target is the first argument
  bool known = false;   // some function has that name, whatever it takes
  std::vector<const Overload*> overloads;
};

class Names {
 public:
  explicit Names(const Environment& environment) : environment_(environment) {}

  void enter(const std::string& local) { locals_.push_back(local); }
  void leave(std::size_t count) { locals_.resize(locals_.size() - count); }
  [[nodiscard]] std::size_t depth() const { return locals_.size(); }

  // Of a.b.c as a whole.
  [[nodiscard]] Meaning find(const Expr& expr) const;
  [[nodiscard]] Callees callees(const Call& call) const;
  [[nodiscard]] const std::vector<std::string>& locals() const { return locals_; }

 private:
  [[nodiscard]] std::optional<std::string> qualified(const Expr& expr) const;
  [[nodiscard]] Meaning global(std::string_view name) const;

  const Environment& environment_;
  std::vector<std::string> locals_;
};

// "a.b.c" of a chain of selections; nullopt: something else.
std::optional<std::string> chain_of(const Expr& expr);

}  // namespace tally::cel
