// Purpose: the form in which programs run: small nodes in one array, whose names, fields and overloads are resolved.
// Thread rule: immutable once compiled. Internal to this folder.
#pragma once

#include "cel/checker.h"
#include "cel/program.h"
#include "cel/token.h"

namespace tally::cel {

using NodeIndex = std::uint32_t;

// What a, b and c of a node are; "list" is a position in Program::lists, `count` its length.
enum class Op : std::uint8_t {
  constant,     // a: position in constants
  variable,     // a: position among the environment's variables
  local,        // a: slot
  take,         // a: slot, whose value nobody needs afterwards
  logical_and,  // a, b
  logical_or,   // a, b
  logical_not,  // a
  negate,       // a
  conditional,  // a ? b : c
  equal,        // a, b
  unequal,      // a, b
  less,         // a, b
  less_equal,
  greater,
  greater_equal,
  add,  // a, b
  subtract,
  multiply,
  divide,
  modulo,
  in,               // a in b
  index,            // a[b]
  optional_index,   // a[?b]
  select,           // a.f, f the constant at b; of an object the field at position c, if it is of the expected type
  optional_select,  // a.?f
  has,              // has(a.f)
  call,             // callee a, list b
  method,           // of the object c: callee a, list b
  list,             // list b; `flag`: pairs of (element, 1 if optional)
  map,              // list b: (key, value, 1 if optional) each
  fold,             // fold a
  bind,             // slot a becomes b, then c
  append,           // slot a with b at its end
  insert,           // slot a with key b and value c
  insert_all,       // slot a with the entries of b
  alternative,      // a.orValue(b), with `flag` a.or(b): b is worked out only if it is needed
  not_false         // a: false if it is false, else true
};

// Two bytes of source or more make one place in a list of nodes, so that `count` holds them all.
static_assert(kExpressionBytesMax <= 64 * 1024);

struct Node {
  Op op = Op::constant;
  bool flag = false;
  std::uint16_t count = 0;
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t c = 0;
};

inline constexpr std::uint32_t kNowhere = 0xFFFF'FFFF;

struct Callee {
  std::string name;
  bool member = false;
  const Overload* first = nullptr;         // takes what the checker says the arguments are
  std::vector<const Overload*> overloads;  // looked through if it does not, or if there is no such
  const ObjectType* object = nullptr;      // whose method `position` it is
  std::size_t position = 0;
};

struct Fold {
  NodeIndex range = 0;
  NodeIndex initial = 0;
  NodeIndex condition = kNowhere;  // none: always true
  NodeIndex step = 0;
  NodeIndex result = 0;
  std::uint32_t accumulator = 0;  // slots
  std::uint32_t variable = 0;
  std::uint32_t second = kNowhere;
};

struct Expected {  // of a selection
  const ObjectType* object = nullptr;
  std::size_t position = 0;
};

class Program {
 public:
  std::vector<Node> nodes;
  std::vector<NodeIndex> lists;
  std::vector<Value> constants;
  std::vector<Callee> callees;
  std::vector<Fold> folds;
  std::vector<Expected> fields;
  NodeIndex root = 0;
  std::size_t slots = 0;
  std::vector<Environment::Variable> variables;  // keeps the types of objects alive
  std::shared_ptr<const std::vector<Library>> libraries;
};

// Calls the overload that takes the arguments, none of which is an error.
Value apply(const Callee& callee, std::span<const Value> arguments, Evaluation& evaluation);

// The same for a method of `target`, which should be an object.
Value apply_method(const Callee& callee, const Value& target, std::span<const Value> arguments, Evaluation& evaluation);

// `checked` may be null: then everything is looked up when it is evaluated.
std::shared_ptr<const Program> emit(const Expr& expr, const Environment& environment, const Checked* checked);

}  // namespace tally::cel
