// Purpose: values of CEL expressions while they are evaluated (langdef.md, "Values"), errors included: an error is a
// value because && and || may absorb it.
// Thread rule: immutable once shared; counts of references are atomic, so programs and their constants may be used by
// several threads.
// Order: lists keep theirs; maps stand in the order of their keys, so that nothing depends on hashes.
// Invariant: no value nests deeper than kValueDepthMax, so that walking one needs no more stack than that; what shares
// its parts may still be walked very long, which is what weight() is for.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "cel/decimal.h"
#include "cel/type.h"
#include "common/bytes.h"

namespace tally::cel {

class Value;
class Evaluation;

inline constexpr std::uint32_t kValueDepthMax = 64;

template <class T>
using Shared = boost::intrusive_ptr<const T>;
template <class T>
using Counted = boost::intrusive_ref_counter<T, boost::thread_safe_counter>;

struct NullValue {
  bool operator==(const NullValue&) const = default;
};
// Since 1970, from year 1 to 9999; nanos from 0.
struct Timestamp {
  std::int64_t seconds = 0;
  std::int32_t nanos = 0;
  auto operator<=>(const Timestamp&) const = default;
};
// Seconds rounded down, nanos from 0: -0.5 s is -1 s and 500,000,000 ns.
struct Duration {
  std::int64_t seconds = 0;
  std::int32_t nanos = 0;
  auto operator<=>(const Duration&) const = default;
};

struct TextBox;
struct BytesBox;
struct ListBox;
struct MapBox;
struct OptionalBox;
struct TypeBox;
struct ErrorBox;

// What the host shows (type.h, ObjectType): fields and methods are worked out when they are asked for.
class Object : public Counted<Object> {
 public:
  virtual ~Object() = default;
  [[nodiscard]] virtual const ObjectType& type() const = 0;
  [[nodiscard]] virtual Value field(std::size_t position, Evaluation& evaluation) const = 0;
  [[nodiscard]] virtual Value call(std::size_t method, std::span<const Value> arguments,
                                   Evaluation& evaluation) const = 0;
};

// Why an expression has no value. `cost` is never absorbed by && and ||.
enum class Failure : std::uint8_t {
  no_such_overload,
  no_such_field,
  no_such_key,
  unknown_name,
  overflow,  // also a timestamp or duration out of range
  division_by_zero,
  bad_argument,  // a text that is no number, an index out of range, ...
  cost           // the budget is used up
};

class Value {
 public:
  using Data = std::variant<NullValue, bool, std::int64_t, std::uint64_t, double, Decimal, Timestamp, Duration,
                            Shared<TextBox>, Shared<BytesBox>, Shared<ListBox>, Shared<MapBox>, Shared<OptionalBox>,
                            Shared<TypeBox>, Shared<Object>, Shared<ErrorBox>>;

  Value() = default;  // null
  template <class T>
  requires std::is_constructible_v<Data, T&&> &&
      (!std::is_convertible_v<T, const char*>)&&(!std::is_same_v<std::remove_cvref_t<T>, Value>)Value(T&& data)
      : data_(std::forward<T>(data)) {}  // NOLINT(google-explicit-constructor)
  static Value text(std::string text);
  static Value bytes(Bytes bytes);
  // Lists, maps and optionals that would nest too deeply are errors.
  static Value list(std::vector<Value> elements);
  // In any order. Two equal keys, and keys that may not be such, are errors.
  static Value map(std::vector<std::pair<Value, Value>> entries);
  static Value optional(std::optional<Value> value);
  // Without arguments: type([1]) is list.
  static Value type(const Type& type);
  static Value error(Failure failure, std::string problem);

  [[nodiscard]] const Data& data() const { return data_; }
  // Null pointer if it is something else.
  template <class T>
  [[nodiscard]] const T* as() const {
    return std::get_if<T>(&data_);
  }
  template <class Box>
  [[nodiscard]] const Box* box() const {
    const auto* held = std::get_if<Shared<Box>>(&data_);
    return held == nullptr ? nullptr : held->get();
  }
  [[nodiscard]] bool is_error() const { return std::holds_alternative<Shared<ErrorBox>>(data_); }
  [[nodiscard]] Type runtime_type() const;  // elements and keys dyn
  [[nodiscard]] TypeKind kind() const;      // of runtime_type(); dyn for errors

 private:
  Data data_;
};

struct TextBox : Counted<TextBox> {
  explicit TextBox(std::string text) : value(std::move(text)) {}
  std::string value;  // UTF-8
};
struct BytesBox : Counted<BytesBox> {
  explicit BytesBox(Bytes bytes) : value(std::move(bytes)) {}
  Bytes value;
};
// Levels of nesting, and what it costs to walk all of it as the tree that it is to a reader.
struct Extent {
  std::uint32_t depth = 1;
  std::uint64_t weight = 1;
};
// The boxes of what nests are made by Value's functions only, which work the extent out.
struct ListBox : Counted<ListBox> {
  std::vector<Value> elements;
  Extent extent;
};
struct MapBox : Counted<MapBox> {
  std::vector<std::pair<Value, Value>> entries;  // by key, see key_less
  Extent extent;
  // Null pointer if there is none. 1, 1u and 1.0 are one key.
  [[nodiscard]] const Value* find(const Value& key) const;
};
struct OptionalBox : Counted<OptionalBox> {
  std::optional<Value> value;
  Extent extent;
};
struct TypeBox : Counted<TypeBox> {
  Type type;
};
struct ErrorBox : Counted<ErrorBox> {
  Failure failure = Failure::bad_argument;
  std::string problem;
};

// 1 for a number, more for longer texts, the sum of all for lists and maps; the greatest number if it would be more.
// Whoever walks a value charges this first.
std::uint64_t weight(const Value& value);
// CEL's equality: numbers of different types by value (decimals too, and exactly), everything else of different types
// is unequal, NaN is not equal to itself. Walks at most the lesser of both weights.
bool equal(const Value& left, const Value& right);
// nullopt: not comparable with each other. A double compares with int and uint as the doubles nearest to them, as
// CEL's conformance suite has it; with decimals not at all.
std::optional<std::partial_ordering> compare(const Value& left, const Value& right);
// Whether it may be a map's key: bool, int, uint, string.
bool is_key(const Value& value);
// An order of keys: bools, numbers by value, strings by their bytes.
bool key_less(const Value& left, const Value& right);
// `list` with one more element; in place if nobody else holds it.
Value appended(Value list, Value element);
// `map` with one more entry, in place if nobody else holds it; an error if it has the key. `moved` becomes how many
// entries had to make room.
Value inserted(Value map, Value key, Value value, std::size_t& moved);
inline constexpr std::size_t kTextBytesMax = 64 * 1024;
inline constexpr std::size_t kShownBytesMax = 80;  // in an error
// For people and tests: `"a"`, `[1, 2]`, `decimal('1.5')`; cut with "..." after about `bytes_max`.
std::string text_of(const Value& value, std::size_t bytes_max = kTextBytesMax);

}  // namespace tally::cel
