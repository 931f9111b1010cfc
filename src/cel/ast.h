// Purpose: an expression of CEL as a tree, with macros already expanded (langdef.md, "Macros").
// Thread rule: plain values.
// Bound: no tree is deeper than kDepthMax, so that walking it needs no more stack than that.
#pragma once

#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "cel/mistake.h"
#include "common/bytes.h"

namespace tally::cel {

inline constexpr std::size_t kDepthMax = 128;

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

struct Null {
  bool operator==(const Null&) const = default;
};
using Literal = std::variant<Null, bool, std::int64_t, std::uint64_t, double, std::string, Bytes>;

// "a", or ".a" if it is not to be looked for in the container.
struct Identifier {
  std::string name;
};
// operand.field; `test` for has(operand.field), `optional` for operand.?field.
struct Select {
  ExprPtr operand;
  std::string field;
  bool test = false;
  bool optional = false;
};
// f(...), target.f(...), and operators under their names in the specification: "_+_", "!_", "_?_:_", "_[_]", "@in" ...
struct Call {
  std::string function;
  ExprPtr target;  // null: none
  std::vector<ExprPtr> arguments;
};
struct ListExpr {
  struct Element {
    ExprPtr value;
    bool optional = false;  // [?a]
  };
  std::vector<Element> elements;
};
struct MapExpr {
  struct Entry {
    ExprPtr key;
    ExprPtr value;
    bool optional = false;  // {?k: v}
  };
  std::vector<Entry> entries;
};
// Name{field: value}
struct MessageExpr {
  struct Field {
    std::string name;
    ExprPtr value;
    bool optional = false;
  };
  std::string name;
  std::vector<Field> fields;
};
// What all(), exists(), map() and their like expand to: over `range`, with `variable` (and `second`: then they are
// index or key, and value), while `condition` holds, `accumulator` becomes `step`; then the value is `result`.
struct Comprehension {
  std::string variable;
  std::string second;  // empty: none
  ExprPtr range;
  std::string accumulator;
  ExprPtr initial;
  ExprPtr condition;
  ExprPtr step;
  ExprPtr result;
};

struct Expr {
  Position at;
  std::variant<Literal, Identifier, Select, Call, ListExpr, MapExpr, MessageExpr, Comprehension> node;
  std::size_t depth = 1;  // of this tree
};

ExprPtr copy(const Expr& expr);

// As an expression again, fully bracketed; comprehensions as "fold(...)". For tests and messages.
std::string text_of(const Expr& expr);

}  // namespace tally::cel
