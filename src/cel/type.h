// Purpose: the types of CEL expressions (langdef.md, "Values"), as declared and as the checker deduces them.
// Thread rule: immutable values, cheap to copy.
// Bound: a type that would have more than kTypePartsMax parts is dyn, so that walking one is cheap.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tally::cel {

enum class TypeKind : std::uint8_t {
  dyn,  // checked when evaluated
  null,
  boolean,
  integer,
  unsigned_integer,
  floating,
  decimal,
  text,
  bytes,
  timestamp,
  duration,
  type,       // of types
  list,       // list(E)
  map,        // map(K, V)
  optional,   // optional_type(V)
  object,     // declared by the host, by name
  parameter,  // of a function's signature: A in list(A)
};

inline constexpr std::size_t kTypePartsMax = 256;

struct ObjectType;

class Type {
 public:
  Type() = default;                     // dyn
  Type(TypeKind kind) : kind_(kind) {}  // NOLINT(google-explicit-constructor): TypeKind::integer is a type
  static Type list_of(Type element);
  static Type map_of(Type key, Type value);
  static Type optional_of(Type value);
  static Type parameter(std::string name);
  static Type object(std::shared_ptr<const ObjectType> declared);

  [[nodiscard]] TypeKind kind() const { return kind_; }
  [[nodiscard]] bool is(TypeKind kind) const { return kind_ == kind; }
  // Element; key and value; optional's value.
  [[nodiscard]] const std::vector<Type>& arguments() const;
  [[nodiscard]] const std::string& name() const;  // of a parameter or object
  [[nodiscard]] const ObjectType* declared() const { return declared_.get(); }
  [[nodiscard]] std::string_view kind_name() const;  // "list", "google.protobuf.Timestamp"
  // As CEL writes it: "list(map(string, int))", "google.protobuf.Timestamp".
  [[nodiscard]] std::string text() const;
  bool operator==(const Type& other) const;

 private:
  static Type make(TypeKind kind, std::string name, std::vector<Type> arguments);

  struct Parts {
    std::string name;
    std::vector<Type> arguments;
    std::size_t count = 1;
  };
  TypeKind kind_ = TypeKind::dyn;
  std::shared_ptr<const Parts> parts_;
  std::shared_ptr<const ObjectType> declared_;
};

// What a host shows to expressions, `subject` in `subject.score >= 85 && !subject.listed('black')`. Positions in the
// lists are what Object::field and Object::call are asked for.
struct ObjectType {
  struct Field {
    std::string name;
    Type type;
  };
  struct Method {
    std::string name;
    std::vector<Type> parameters;
    Type result;
  };
  std::string name;
  std::vector<Field> fields;
  std::vector<Method> methods;
};

}  // namespace tally::cel
