// Purpose: an expression ready to run: checked against what the host declares, compiled into one flat array.
// Thread rule: a Program is immutable and may be shared by threads; each evaluation has its own Evaluation.
// Errors: check() and compile() return every mistake, each with its place; evaluation returns an error value.
// Determinism: the value and the cost are functions of program and variables alone.
#pragma once

#include <map>

#include "cel/ast.h"
#include "cel/function.h"
#include "cel/mistake.h"

namespace tally::cel {

// What expressions may name.
class Environment {
 public:
  struct Variable {
    std::string name;  // may be qualified: "a.b"
    Type type;
  };
  // All libraries of function.h, unless others are given.
  Environment();
  explicit Environment(std::vector<Library> libraries);

  // Returns the position that evaluate() wants the value at. A name that is there already gets the new type.
  std::size_t add_variable(std::string name, Type type);
  void set_container(std::string name) { container_ = std::move(name); }

  [[nodiscard]] const std::vector<Variable>& variables() const { return variables_; }
  [[nodiscard]] const std::string& container() const { return container_; }
  // nullopt: no variable has that name.
  [[nodiscard]] std::optional<std::size_t> position(std::string_view variable) const;
  // Overloads of a function by name, in order of declaration.
  [[nodiscard]] std::span<const Overload* const> overloads(std::string_view function) const;
  [[nodiscard]] std::vector<std::string> functions() const;
  [[nodiscard]] const std::shared_ptr<const std::vector<Library>>& libraries() const { return libraries_; }

 private:
  std::vector<Variable> variables_;
  std::map<std::string, std::size_t, std::less<>> positions_;
  std::string container_;
  std::shared_ptr<const std::map<std::string, std::vector<const Overload*>, std::less<>>> functions_;
  std::shared_ptr<const std::vector<Library>> libraries_;
};

class Program;

struct Compiled {
  std::shared_ptr<const Program> program;  // null if there are mistakes
  Type type;                               // of the expression
  std::vector<Mistake> mistakes;           // all of them, in order of place
};

struct CompileOptions {
  bool macros = true;
  bool check = true;  // false: names and types are looked up when evaluated
  // What the expression must be; dyn: anything. "is bool; expected decimal, since it is an amount".
  Type wanted;
};

Compiled compile(std::string_view source, const Environment& environment, const CompileOptions& options = {});

// Values of the environment's variables by position. Missing ones (too few values) are errors when asked for.
Value evaluate(const Program& program, std::span<const Value> variables, Evaluation& evaluation);

}  // namespace tally::cel
