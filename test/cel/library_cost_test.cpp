// What functions charge. Costs decide whether an expression has a value, so they are as fixed as values are: a changed
// number here is a change of rules. Each is charged before the work: one less in the budget, and nothing is built.
#include <catch2/catch.hpp>

#include "cel/function.h"

namespace tally::cel {

namespace {

// Overload of that name which takes so many arguments, the first one of that kind.
const Overload& overload(const Library& library, std::string_view name, const std::vector<Value>& arguments) {
  for (const Overload& one : library) {
    const bool counts = one.parameters.size() == arguments.size();
    if (one.function == name && counts && one.parameters[0].kind() == arguments[0].kind()) return one;
  }
  FAIL("no overload of " << name);
  throw std::logic_error("unreachable");
}

Value letters(std::size_t count) {
  return Value::text(std::string(count, 'a'));
}
Value list_of(std::size_t count, const Value& element) {
  return Value::list(std::vector<Value>(count, element));
}
Value integer(std::int64_t number) {
  return number;
}

}  // namespace

TEST_CASE("cel costs: what functions of texts, numbers and bytes charge") {
  struct Row {
    const char* function;
    std::vector<Value> arguments;
    std::uint64_t cost;
  };
  const Value long_text = letters(1600);
  const std::vector<Row> rows = {
      {"charAt", {long_text, integer(5)}, 100},
      {"indexOf", {long_text, letters(160)}, 120},
      {"indexOf", {long_text, Value::text("b"), integer(0)}, 100},
      {"lastIndexOf", {long_text, letters(160)}, 240},
      {"lowerAscii", {long_text}, 100},
      {"upperAscii", {long_text}, 100},
      {"reverse", {long_text}, 100},
      {"trim", {long_text}, 200},
      {"substring", {long_text, integer(8)}, 200},
      {"substring", {long_text, integer(8), integer(9)}, 200},
      {"strings.quote", {long_text}, 300},
      // The search, one for each match, and the result.
      {"replace", {long_text, Value::text("a"), Value::text("bb")}, 100 + 1600 + 200},
      {"replace", {long_text, Value::text(""), letters(1600)}, 100 + 1601 + 100 + 160'100},
      {"replace", {long_text, Value::text("a"), letters(1600), integer(1)}, 100 + 1 + 199},
      {"split", {long_text, Value::text("a")}, 200 + 1600},
      {"split", {long_text, Value::text("")}, 200 + 1601},
      {"join", {list_of(100, letters(160))}, 100 + 1000},
      {"join", {list_of(100, letters(160)), letters(16)}, 100 + 1100},
      {"format", {long_text, list_of(0, {})}, 200},
      {"format", {Value::text("%s"), list_of(1, long_text)}, 1 + 100},
      {"format", {Value::text("%x"), list_of(1, long_text)}, 1 + 200 + 200},
      {"format", {Value::text("%.960f"), list_of(1, 1.0)}, 1 + 60 + 60},
      {"format", {Value::text("%.960e"), list_of(1, 1.0)}, 1 + 60 + 60},
      {"format", {Value::text("%s"), list_of(1, list_of(50, letters(160)))}, 1 + 50 + 500},
      {"format", {Value::text("%s"), list_of(1, Value::bytes(Bytes(1600, 'a')))}, 1 + 100 + 100},
      // The pattern, its work, and each 16 bytes of text by the work.
      {"matches", {long_text, Value::text("a+b")}, 3 + 3 + 101},
      {"matches", {long_text, Value::text("a{80}b")}, 6 + 81 + 101 * 11},
      {"matches", {long_text, letters(1025)}, 0},  // refused unread
      {"math.greatest", {list_of(100, integer(1))}, 100},
      {"math.least", {integer(1)}, 1},
      {"base64.encode", {Value::bytes(Bytes(1200, 'a'))}, 175},
      {"base64.decode", {letters(1600)}, 175},
  };
  Library all = string_library();
  for (const Library& library : {math_library(), encoder_library(), time_library()})
    all.insert(all.end(), library.begin(), library.end());
  const auto is_out = [](const Value& value) {
    const auto* error = value.box<ErrorBox>();
    return error != nullptr && error->failure == Failure::cost;
  };
  for (const Row& row : rows) {
    INFO(row.function << " for " << row.cost);
    const Overload& one = overload(all, row.function, row.arguments);
    Evaluation plenty(1'000'000);
    CHECK_FALSE(is_out(one.run(row.arguments, plenty)));
    CHECK(1'000'000 - plenty.left() == row.cost);
    Evaluation enough(row.cost);
    CHECK_FALSE(is_out(one.run(row.arguments, enough)));
    if (row.cost == 0) continue;
    Evaluation scarce(row.cost - 1);
    CHECK(is_out(one.run(row.arguments, scarce)));
  }
}

TEST_CASE("cel costs: a map in a map in a format is charged for each time that it is copied") {
  Value nested = integer(1);
  for (int depth = 0; depth < 10; ++depth) nested = Value::map({{letters(160), nested}});
  const std::vector<Value> arguments = {Value::text("%s"), list_of(1, nested)};
  Evaluation evaluation(1'000'000);
  const Library library = string_library();
  const auto run = overload(library, "format", arguments).run;
  CHECK_FALSE(run(arguments, evaluation).is_error());
  // Ten keys of ten each, copied outwards by 1 to 10 levels.
  CHECK(1'000'000 - evaluation.left() > 10 * (1 + 10 + 10 * 11 / 2));
}

}  // namespace tally::cel
