// CEL's syntax: precedence, literals, escapes, macros, mistakes with their place, and bounds.
#include "cel/parser.h"

#include <catch2/catch.hpp>

namespace tally::cel {

namespace {

std::string parsed(std::string_view source) {
  auto tree = parse(source);
  return tree ? text_of(**tree) : "mistake " + tree.error().text();
}

Literal literal(std::string_view source) {
  auto tree = parse(source);
  if (!tree) FAIL(source << ": " << tree.error().text());
  const auto* value = std::get_if<Literal>(&(*tree)->node);
  if (value == nullptr) FAIL(source << " is no literal");
  return *value;
}

std::string times(std::string_view text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("cel parser: operators bind as the language says, to the left") {
  struct Row {
    const char* source;
    const char* tree;
  };
  const std::vector<Row> rows = {
      {"a + b * c", "_+_(a, _*_(b, c))"},
      {"a * b + c", "_+_(_*_(a, b), c)"},
      {"a - b - c", "_-_(_-_(a, b), c)"},
      {"(a - (b - c))", "_-_(a, _-_(b, c))"},
      {"a / b * c % d", "_%_(_*_(_/_(a, b), c), d)"},
      {"a < b + 1 && c || d", "_||_(_&&_(_<_(a, _+_(b, 1)), c), d)"},
      {"a || b && c", "_||_(a, _&&_(b, c))"},
      {"a in b == c", "_==_(@in(a, b), c)"},
      {"a ? b : c ? d : e", "_?_:_(a, b, _?_:_(c, d, e))"},
      {"a || b ? c : d", "_?_:_(_||_(a, b), c, d)"},
      {"!!a", "!_(!_(a))"},
      {"-a", "-_(a)"},
      {"--1", "-_(-1)"},
      {"1 - -1", "_-_(1, -1)"},
      {"-a.b", "-_(a.b)"},
      {"a.b.c[0].d(e, 1)", "_[_](a.b.c, 0).d(e, 1)"},
      {"a.?b[?0]", "_[?_](a.?b, 0)"},
      {".a.b", ".a.b"},
      {"f(x)", "f(x)"},
      {".f()", ".f()"},
      {"[1, ?a, [],]", "[1, ?a, []]"},
      {"{'a': 1, ?'b': c,}", "{\"a\": 1, ?\"b\": c}"},
      {"a.b.M{x: 1, ?y: z}", "a.b.M{x: 1, ?y: z}"},
      {"{}.as", "{}.as"},
      {"m.`a-b`", "m.a-b"},
      {"a.break() || true", "_||_(a.break(), true)"},
      {"a // what follows is no part of it\n+ b", "_+_(a, b)"},
  };
  for (const auto& row : rows) {
    INFO(row.source);
    CHECK(parsed(row.source) == row.tree);
  }
}

TEST_CASE("cel parser: numbers") {
  CHECK(literal("0") == Literal(std::int64_t{0}));
  CHECK(literal("-9223372036854775808") == Literal(std::numeric_limits<std::int64_t>::min()));
  CHECK(literal("9223372036854775807") == Literal(std::numeric_limits<std::int64_t>::max()));
  CHECK(literal("0x7fFF") == Literal(std::int64_t{32767}));
  CHECK(literal("-0x10") == Literal(std::int64_t{-16}));
  CHECK(literal("18446744073709551615u") == Literal(std::numeric_limits<std::uint64_t>::max()));
  CHECK(literal("0xFFU") == Literal(std::uint64_t{255}));
  CHECK(literal("1.5") == Literal(1.5));
  CHECK(literal("-2.5e-3") == Literal(-0.0025));
  CHECK(literal(".5") == Literal(0.5));
  CHECK(literal("1e3") == Literal(1000.0));
  for (const char* wrong :
       {"9223372036854775808", "-9223372036854775809", "18446744073709551616u", "0x10000000000000000", "1e999"})
    CHECK_THAT(parsed(wrong), Catch::Contains("is out of range"));
  CHECK_THAT(parsed("12abc"), Catch::Contains("1:3: a number runs into a name"));
}

TEST_CASE("cel parser: strings and bytes") {
  const auto text = [](std::string_view source) { return std::get<std::string>(literal(source)); };
  CHECK(text(R"('a"b')") == "a\"b");
  CHECK(text(R"("a\tb\x41\101\u4e2d\U0001F62C\`\?")") == "a\tbAA\xE4\xB8\xAD\xF0\x9F\x98\xAC`?");
  CHECK(text("'''a\n'b'''") == "a\n'b");
  CHECK(text(R"(r'a\n')") == "a\\n");
  CHECK(text("\"\\xff\"") == "\xC3\xBF");
  CHECK(std::get<Bytes>(literal(R"(b'\xff\377a')")) == Bytes{0xFF, 0xFF, 'a'});
  CHECK(std::get<Bytes>(literal(R"(bR"\x")")) == Bytes{'\\', 'x'});
  CHECK(std::get<Bytes>(literal("b'\xC3\xBF'")) == Bytes{0xC3, 0xBF});
  struct Row {
    const char* source;
    const char* says;
  };
  const std::vector<Row> rows = {
      {"'a", "1:1: a string does not end"},           {"1 + 'a\nb'", "1:5: a string does not end"},
      {R"('\q')", "1:2: an unknown escape sequence"}, {R"('\x4')", "1:2: an escape sequence is too short"},
      {R"('\ud800')", "names no character"},          {R"('\U00110000')", "names no character"},
      {R"(b'\u0041')", "an unknown escape sequence"}, {R"('\400')", "an unknown escape sequence"}};
  for (const auto& row : rows) {
    INFO(row.source);
    CHECK_THAT(parsed(row.source), Catch::Contains(row.says));
  }
}

TEST_CASE("cel parser: macros are folds") {
  CHECK(parsed("has(a.b)") == "has(a.b)");
  CHECK(parsed("l.all(x, x > 0)") ==
        "fold(x in l; @result = true; while @not_strictly_false(@result); _&&_(@result, _>_(x, 0)); @result)");
  CHECK(parsed("l.exists(x, p)") ==
        "fold(x in l; @result = false; while @not_strictly_false(!_(@result)); _||_(@result, p); @result)");
  CHECK(parsed("l.exists_one(x, p)") ==
        "fold(x in l; @result = 0; while true; _?_:_(p, _+_(@result, 1), @result); _==_(@result, 1))");
  CHECK(parsed("l.map(x, t)") == "fold(x in l; @result = []; while true; _+_(@result, [t]); @result)");
  CHECK(parsed("l.map(x, p, t)") ==
        "fold(x in l; @result = []; while true; _?_:_(p, _+_(@result, [t]), @result); @result)");
  CHECK(parsed("l.filter(x, p)") ==
        "fold(x in l; @result = []; while true; _?_:_(p, _+_(@result, [x]), @result); @result)");
  CHECK(parsed("m.transformMap(k, v, t)") ==
        "fold(k, v in m; @result = {}; while true; cel.@mapInsert(@result, k, t); @result)");
  CHECK(parsed("cel.bind(x, 1, x + x)") == "fold(#unused in []; x = 1; while false; x; _+_(x, x))");
  CHECK(parsed("o.optMap(x, x + 1)") ==
        "fold(#unused in []; @target = o; while false; @target; _?_:_(@target.hasValue(), "
        ".optional.of(fold(#unused in []; x = @target.value(); while false; x; _+_(x, 1))), .optional.none()))");
  // What has another shape is a call like others.
  CHECK(parsed("all(x, p)") == "all(x, p)");
  CHECK(parsed("l.map(x)") == "l.map(x)");
  auto plain = parse("l.all(x, p)", {.macros = false});
  REQUIRE(plain.has_value());
  CHECK(text_of(**plain) == "l.all(x, p)");
  CHECK_THAT(parsed("l.all(x.y, p)"), Catch::Contains("1:8: a variable of all() is no simple name"));
  CHECK_THAT(parsed("l.all(x, x, p)"), Catch::Contains("have one name"));
  CHECK_THAT(parsed("has(a)"), Catch::Contains("has() asks for a field"));
}

TEST_CASE("cel parser: a mistake is named with its line and column") {
  struct Row {
    const char* source;
    const char* says;
  };
  const std::vector<Row> rows = {
      {"", "mistake 1:1: the expression ends; expected a value"},
      {"1 +", "mistake 1:4: the expression ends; expected a value"},
      {"a b", "mistake 1:3: \"b\" is not expected here; expected an operator, or the end of the expression"},
      {"f(1, )", "mistake 1:6: \")\" is not expected here; expected a value"},
      {"[1 2]", "mistake 1:4: \"2\" is not expected here; expected \",\""},
      {"{1}", "mistake 1:3: \"}\" is not expected here; expected \":\""},
      {"a ? b", "mistake 1:6: the expression ends; expected \":\""},
      {"(a", "mistake 1:3: the expression ends; expected \")\""},
      {"a.\n 1", "mistake 2:2: \"1\" is not expected here; expected the name of a field"},
      {"x +\n  while", "mistake 2:3: \"while\" is a reserved word; expected another name"},
      {"\"\xE4\xB8\xAD\" # a", "mistake 1:5: an unexpected character; expected an expression of CEL"},
      {"a = b", "mistake 1:3: \"=\" is not expected here; expected an operator, or the end of the expression"},
      {"m.`a", "mistake 1:3: a quoted field name does not end; expected a closing ` on its line"},
  };
  for (const auto& row : rows) {
    INFO(row.source);
    CHECK(parsed(row.source) == row.says);
  }
}

TEST_CASE("cel parser: depth and length are bounded, whatever shape they have") {
  CHECK(parsed(times("(", 32) + "7" + times(")", 32)) == "7");
  CHECK_FALSE(parsed("0" + times(" + 1", 100)).starts_with("mistake"));
  const std::string deep = "nested too deeply";
  CHECK_THAT(parsed(times("(", 5000) + "7" + times(")", 5000)), Catch::Contains(deep));
  CHECK_THAT(parsed(times("[", 5000)), Catch::Contains(deep));
  CHECK_THAT(parsed(times("{1:", 5000)), Catch::Contains(deep));
  CHECK_THAT(parsed(times("f(", 5000)), Catch::Contains(deep));
  CHECK_THAT(parsed(times("!", 5000) + "a"), Catch::Contains(deep));
  CHECK_THAT(parsed("1" + times(" + 1", 5000)), Catch::Contains(deep));
  CHECK_THAT(parsed("a" + times(".b", 5000)), Catch::Contains(deep));
  CHECK_THAT(parsed("a" + times("[0]", 5000)), Catch::Contains(deep));
  CHECK_THAT(parsed(times("a ? b : ", 5000) + "c"), Catch::Contains(deep));
  CHECK_THAT(parsed("l" + times(".map(x, x)", 5000)), Catch::Contains(deep));
  CHECK_THAT(parsed(times("a || b && ", 3000) + "c"), Catch::Contains(deep));
  CHECK_THAT(parsed("o" + times(".optMap(x, x)", 5000)), Catch::Contains(deep));
  CHECK(parsed("o" + times(".optMap(x, x)", 20)).size() < 10'000);
  CHECK_THAT(parsed(times("a", kExpressionBytesMax + 1)), Catch::Contains("at most 65536"));
}

TEST_CASE("cel parser: any bytes are answered, never with a crash") {
  std::uint64_t state = 20'261'126;
  const std::string_view alphabet = "ab01.x+-*/%<>=!&|?:,()[]{}'\"\\`# \n\xE4\xB8\xADurn";
  for (int round = 0; round < 20'000; ++round) {
    std::string source;
    for (std::uint64_t length = state % 40; length > 0; --length) {
      state = state * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
      source.push_back(alphabet[(state >> 33U) % alphabet.size()]);
    }
    state = state * 6'364'136'223'846'793'005ULL + 1;
    const auto tree = parse(source);
    if (tree) {
      INFO(source);
      CHECK((*tree)->depth <= kDepthMax);
      CHECK(text_of(*copy(**tree)) == text_of(**tree));
    } else {
      CHECK_FALSE(tree.error().problem.empty());
    }
  }
}

}  // namespace tally::cel
