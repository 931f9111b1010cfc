// What the checker says of types and of mistakes, to the letter and to the column.
#include "cel/support.h"

namespace tally::cel {

TEST_CASE("cel checker: types are deduced") {
  struct Row {
    const char* source;
    const char* type;
  };
  const std::vector<Row> rows = {{"1", "int"},
                                 {"1u", "uint"},
                                 {"1.0", "double"},
                                 {"null", "null_type"},
                                 {"b'a'", "bytes"},
                                 {"int", "type"},
                                 {"google.protobuf.Timestamp", "type"},
                                 {"[]", "list(dyn)"},
                                 {"{}", "map(dyn, dyn)"},
                                 {"[1, 2]", "list(int)"},
                                 {"[1, 'a']", "list(dyn)"},
                                 {"[1, dyn('a')]", "list(dyn)"},
                                 {"[[], [1]]", "list(list(int))"},
                                 {"[[[[[]]]], [], [[[]]]]", "list(list(list(list(list(dyn)))))"},
                                 {"[{}, {'a': []}, {'a': [1.5]}]", "list(map(string, list(double)))"},
                                 {"{'a': 1, 'b': 2u}", "map(string, dyn)"},
                                 {"[now, null]", "list(google.protobuf.Timestamp)"},
                                 {"[null, optional.of(1)]", "list(optional_type(int))"},
                                 {"list.map(x, [x])", "list(list(int))"},
                                 {"list.map(x, x > 1, double(x) == d ? 'a' : 'b')", "list(string)"},
                                 {"list.filter(x, x > 1)", "list(int)"},
                                 {"map.map(k, k)", "list(string)"},
                                 {"map.transformMap(k, v, v * 2)", "map(string, int)"},
                                 {"list.transformList(i, v, i + v)", "list(int)"},
                                 {"([].map(x, x))[0].foo", "dyn"},
                                 {"cel.bind(x, [1], x + x)", "list(int)"},
                                 {"map.?a", "optional_type(int)"},
                                 {"map[?'a'].orValue(2)", "int"},
                                 {"optional.of(map).a", "optional_type(int)"},
                                 {"optional.of(list)[0]", "optional_type(int)"},
                                 {"optional.none()", "optional_type(dyn)"},
                                 {"map.?a.optMap(x, [x])", "optional_type(list(int))"},
                                 {"[?map.?a]", "list(int)"},
                                 {"any + 1", "dyn"},
                                 {"any - any", "dyn"},
                                 {"any && true", "bool"},
                                 {"any.b.c", "dyn"},
                                 {"any.f(1)", "dyn"},
                                 {"flag ? 1 : any", "dyn"},
                                 {"subject", "subject"},
                                 {"subject.score", "decimal"},
                                 {"subject.points(1, 'a') + 1", "decimal"},
                                 {"[subject].map(s, s.village)", "list(string)"},
                                 {"score + n * 2", "decimal"},
                                 {"u * score", "decimal"},
                                 {"-score", "decimal"},
                                 {"div(n, 3, 2)", "decimal"},
                                 {"math.greatest(score, decimal(n))", "decimal"},
                                 {"now + duration('1h')", "google.protobuf.Timestamp"},
                                 {"now - now", "google.protobuf.Duration"},
                                 {"type(1) == int", "bool"},
                                 {"1 < 2u && 2u < 1.5", "bool"},
                                 {"has(map.b)", "bool"},
                                 {"name in map", "bool"},
                                 {"score == 85 && u != score", "bool"}};
  const Host host;
  for (const auto& row : rows) {
    INFO(row.source);
    const Compiled compiled = host.compiled(row.source);
    CHECK(compiled.mistakes == std::vector<Mistake>{});
    CHECK(compiled.type.text() == row.type);
  }
}

TEST_CASE("cel checker: a mistake is told with its place and with what would be right") {
  struct Row {
    const char* source;
    const char* says;
  };
  const std::vector<Row> rows = {
      // Names
      {"scor >= 1",
       "1:1: unknown name `scor` (did you mean `score`?); expected one of `any`, `d`, `flag`, `list`, "
       "`map`, `n`, `name`, `now`, ..."},
      {"list.map(element, elemnt)",
       "1:19: unknown name `elemnt` (did you mean `element`?); expected one of `any`, `d`, `element`, `flag`, `list`, "
       "`map`, `n`, `name`, ..."},
      {"n +\n  sise(list)", "2:3: unknown function `sise` (did you mean `size`?)"},
      {"zzz()", "1:1: unknown function `zzz`"},
      {"name.startswith('a')", "1:5: unknown function `startswith` (did you mean `startsWith`?)"},
      {"a.b.M{x: 1}", "1:4: there is no message `a.b.M`; expected a map, such as {'name': value}"},
      // Objects
      {"subject.scores > 1",
       "1:8: `subject` has no field `scores` (did you mean `score`?); expected one of `born`, "
       "`level`, `missing`, `score`, `village`"},
      {"subject.listed", "1:8: `listed` is a method of `subject`; expected `listed(...)`"},
      {"subject.liste('a')",
       "1:8: `subject` has no method `liste` (did you mean `listed`?); expected one of `listed`, `points`"},
      {"subject.listed(1)", "1:8: `listed` does not take (int); expected listed(string)"},
      {"subject.points(1)", "1:8: `points` does not take (int); expected points(int, string)"},
      {"subject + 1", "1:9: `+` does not take a subject and an int; expected int + int or decimal + int"},
      {"name.length", "1:5: `name` is a string, which has no fields"},
      {"{1: 2}.a", "1:7: what stands here is a map(int, int), its keys are no strings; expected [...] with a key"},
      // Overloads
      {"n + name", "1:3: `+` does not take an int and a string; expected int + int or int + decimal"},
      {"!n", "1:2: `n` is an int; expected a bool"},
      {"flag && n", "1:9: `n` is an int; expected a bool"},
      {"list.all(x, x)", "1:13: `x` is an int; expected a bool"},
      {"n ? 1 : 2", "1:1: `n` is an int; expected a bool"},
      {"flag ? 1 : 'a'", "1:12: the values of ?: are an int and a string; expected two of one type"},
      {"size(n)",
       "1:1: `size` does not take (int); expected size(string), size(bytes), size(list(A)) or size(map(A, B))"},
      {"name.startsWith(1)", "1:5: there is no `string.startsWith(int)`; expected string.startsWith(string)"},
      {"1 == 'a'", "1:3: `==` does not take an int and a string; expected A == A or int == decimal"},
      {"name in name", "1:6: `in` does not take a string and a string; expected A in list(A) or A in map(A, B)"},
      {"list['a']", "1:5: `[]` does not take a list(int) and a string; expected list(A)[int]"},
      {"n.all(x, true)", "1:1: `n` is an int; expected a list or a map"},
      {"{1.5: 1}", "1:2: 1.5 is a double, which cannot be a key; expected a bool, an int, a uint or a string"},
      {"[?1]", "1:3: 1 is an int; expected an optional_type(dyn)"},
      // Decimals
      {"score >= 85.5", "1:10: `score` is a decimal, 85.5 is a double; expected decimal('85.5')"},
      {"85.5 <= score", "1:1: 85.5 is a double, `score` is a decimal; expected decimal('85.5')"},
      {"subject.score == '85'", "1:18: `subject.score` is a decimal, \"85\" is a string; expected decimal('85')"},
      {"score == name", "1:10: `score` is a decimal, `name` is a string; expected decimal(name)"},
      {"score * d", "1:9: `score` is a decimal, `d` is a double; expected a decimal, such as decimal('1.5')"},
      {"score + flag", "1:9: `score` is a decimal, `flag` is a bool; expected a decimal, such as decimal('1.5')"},
      {"decimal(85.5)", "1:1: `decimal` does not take (double), which is not exact; expected decimal('85.5')"},
      {"score / 3",
       "1:7: decimals have no `/`; expected div(score, 3, decimals), which says how many decimals are kept"},
      {"10 % (score + 1)",
       "1:4: decimals have no `%`; expected div(10, b, decimals), which says how many decimals are kept"},
      {"math.floor(score) / score",
       "1:19: decimals have no `/`; expected div(a, score, decimals), which says how many decimals are kept"},
  };
  Host host;
  for (const auto& row : rows) {
    INFO(row.source);
    CHECK(host.run(row.source) == row.says);
  }
}

TEST_CASE("cel checker: all mistakes are told, in order of place, and none for what follows from one") {
  Host host;
  CHECK(host.run("foo(1) + scor > subject.bar(2) && !n && unknown.field.more == 3") ==
        "1:1: unknown function `foo`\n"
        "1:10: unknown name `scor` (did you mean `score`?); expected one of `any`, `d`, `flag`, `list`, `map`, `n`, "
        "`name`, `now`, ...\n"
        "1:24: `subject` has no method `bar`; expected one of `listed`, `points`\n"
        "1:36: `n` is an int; expected a bool\n"
        "1:41: unknown name `unknown`; expected one of `any`, `d`, `flag`, `list`, `map`, `n`, `name`, `now`, ...");
  std::string many = "[";
  for (int i = 0; i < 200; ++i) many += "zz" + std::to_string(i) + ", ";
  CHECK(host.compiled(many + "1]").mistakes.size() == 50);
}

TEST_CASE("cel checker: what an expression must be is checked") {
  const Host host;
  CompileOptions options;
  options.wanted = TypeKind::decimal;
  CHECK(compile("score + 1", host.environment, options).program != nullptr);
  CHECK(compile("any", host.environment, options).program != nullptr);
  const auto wrong = compile("score > 1", host.environment, options);
  CHECK(wrong.program == nullptr);
  REQUIRE(wrong.mistakes.size() == 1);
  CHECK(wrong.mistakes[0].text() == "1:7: what stands here is a bool; expected decimal");
}

TEST_CASE("cel checker: names are looked for in the container, outward") {
  Environment environment;
  environment.set_container("a.b");
  environment.add_variable("a.b.x", TypeKind::integer);
  environment.add_variable("a.x", TypeKind::text);
  environment.add_variable("x", TypeKind::boolean);
  environment.add_variable("a.y", TypeKind::floating);
  environment.add_variable("y.z", TypeKind::bytes);
  const auto type = [&](const char* source) {
    const auto compiled = compile(source, environment);
    return compiled.program ? compiled.type.text() : compiled.mistakes[0].text();
  };
  CHECK(type("x") == "int");
  CHECK(type("b.x") == "int");
  CHECK(type("a.x") == "string");
  CHECK(type(".x") == "bool");
  CHECK(type(".a.b.x") == "int");
  CHECK(type("y") == "double");
  CHECK(type("y.z") == "bytes");
  CHECK(type("['s'].map(x, x)") == "list(string)");
  CHECK(type("['s'].map(x, .x)") == "list(bool)");
  CHECK(type("[{'z': 1}].map(y, y.z)") == "list(int)");
}

}  // namespace tally::cel
