// Random expressions: what the checker says of an expression's type is true of its value, and no expression, checked or
// not, does worse than end in an error.
#include "cel/support.h"

namespace tally::cel {

namespace {

// Written by chance, with enough types that fit for most of them to pass the checker.
class Writer {
 public:
  explicit Writer(std::uint64_t seed) : state_(seed) {}

  std::string write(int depth) {
    switch (pick(depth > 0 ? 5 : 1)) {
      case 0:
        return leaf();
      case 1:
        return binary(depth - 1);
      case 2:
        return call(depth - 1);
      case 3:
        return collection(depth - 1);
      default:
        return macro(depth - 1);
    }
  }

 private:
  std::uint64_t pick(std::uint64_t below) {
    state_ = state_ * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
    return (state_ >> 33U) % below;
  }
  template <std::size_t N>
  std::string one_of(const char* const (&texts)[N]) {
    return texts[pick(N)];
  }
  std::string leaf() {
    static constexpr const char* kLeaves[] = {
        "1",   "0",   "-3",    "2u",    "1.5",  "true",   "'a'",           "b'b'",          "null",
        "n",   "u",   "d",     "score", "name", "flag",   "list",          "map",           "any",
        "now", "int", "x",     "y",     "[]",   "{}",     "subject.score", "subject.level", "optional.none()",
        "1",   "n",   "score", "list",  "flag", "map.?a", "'b'",           "'12'",          "decimal('1.25')"};
    return one_of(kLeaves);
  }
  std::string binary(int depth) {
    static constexpr const char* kSigns[] = {
        "+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "in"};
    const std::string sign = one_of(kSigns);
    return "(" + write(depth) + " " + sign + " " + write(depth) + ")";
  }
  std::string call(int depth) {
    static constexpr const char* kFunctions[] = {"size",     "string",    "int",   "uint",    "double",      "dyn",
                                                 "type",     "!",         "-",     "bool",    "optional.of", "decimal",
                                                 "duration", "timestamp", "bytes", "math.abs"};
    static constexpr const char* kMethods[] = {".size()", ".hasValue()", ".value()", ".startsWith('a')",
                                               ".a",      ".?a",         "[0]",      "[?0]",
                                               "['a']",   "[?'a']",      ".x.y",     ".first()"};
    switch (pick(4)) {
      case 0:
        return one_of(kFunctions) + "(" + write(depth) + ")";
      case 1:
        return write(depth) + one_of(kMethods);
      case 2:
        return "div(" + write(depth) + ", " + write(depth) + ", 2)";
      default:
        return "(" + write(depth) + " ? " + write(depth) + " : " + write(depth) + ")";
    }
  }
  std::string collection(int depth) {
    switch (pick(4)) {
      case 0:
        return "[" + write(depth) + ", " + write(depth) + "]";
      case 1:
        return "{" + write(depth) + ": " + write(depth) + "}";
      case 2:
        return "[?" + write(depth) + "]";
      default:
        return "{'a': " + write(depth) + ", ?'b': " + write(depth) + "}";
    }
  }
  std::string macro(int depth) {
    static constexpr const char* kMacros[] = {"map", "filter", "all", "exists", "exists_one"};
    static constexpr const char* kOfTwo[] = {"transformMap", "transformList", "all", "exists"};
    switch (pick(5)) {
      case 0:
        return "cel.bind(x, " + write(depth) + ", " + write(depth) + ")";
      case 1:
        return write(depth) + "." + one_of(kOfTwo) + "(x, y, " + write(depth) + ")";
      case 2:
        return write(depth) + ".optMap(x, " + write(depth) + ")";
      default:
        return write(depth) + "." + one_of(kMacros) + "(x, " + write(depth) + ")";
    }
  }

  std::uint64_t state_;
};

bool has_type(const Value& value, const Type& type) {
  if (type.is(TypeKind::dyn)) return true;
  if (value.as<NullValue>() != nullptr)
    return type.is(TypeKind::null) || type.is(TypeKind::timestamp) || type.is(TypeKind::duration) ||
           type.is(TypeKind::optional);
  if (value.kind() != type.kind()) return false;
  if (const auto* list = value.box<ListBox>()) {
    return std::all_of(list->elements.begin(), list->elements.end(),
                       [&](const Value& element) { return has_type(element, type.arguments()[0]); });
  }
  if (const auto* map = value.box<MapBox>()) {
    return std::all_of(map->entries.begin(), map->entries.end(), [&](const auto& entry) {
      return has_type(entry.first, type.arguments()[0]) && has_type(entry.second, type.arguments()[1]);
    });
  }
  const auto* optional = value.box<OptionalBox>();
  return optional == nullptr || !optional->value || has_type(*optional->value, type.arguments()[0]);
}

}  // namespace

TEST_CASE("cel property: a value has the type that the checker says, and evaluating twice changes nothing") {
  const Host host;
  std::size_t checked = 0;
  std::size_t valued = 0;
  for (std::uint64_t seed = 1; seed <= 60'000; ++seed) {
    const std::string source = Writer(seed * 7'919).write(3);
    INFO(source);
    const Compiled unchecked = host.compiled(source, false);
    REQUIRE(unchecked.program != nullptr);
    Evaluation first(20'000);
    const Value loose = evaluate(*unchecked.program, host.values, first);
    const Compiled compiled = host.compiled(source);
    if (!compiled.program) {
      REQUIRE_FALSE(compiled.mistakes.empty());
      for (const Mistake& mistake : compiled.mistakes) CHECK_FALSE(mistake.problem.empty());
      continue;
    }
    ++checked;
    Evaluation second(20'000);
    const Value value = evaluate(*compiled.program, host.values, second);
    Evaluation third(20'000);
    const Value again = evaluate(*compiled.program, host.values, third);
    CHECK(text_of(again) == text_of(value));
    CHECK(third.left() == second.left());
    if (value.is_error()) continue;
    ++valued;
    INFO(text_of(value) << " should be a " << compiled.type.text());
    CHECK(has_type(value, compiled.type));
    // Without the checker the same comes out.
    CHECK(text_of(loose) == text_of(value));
  }
  CHECK(checked > 8'000);
  CHECK(valued > 4'000);
}

}  // namespace tally::cel
