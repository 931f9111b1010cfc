// What expressions are worth: semantics beyond the conformance suite's cases, and decimals.
#include "cel/support.h"

namespace tally::cel {

namespace {

struct Row {
  const char* source;
  const char* value;
};

void check_rows(const std::vector<Row>& rows, bool check = true) {
  Host host;
  for (const auto& row : rows) {
    INFO(row.source);
    CHECK(host.run(row.source, check) == row.value);
  }
}

}  // namespace

TEST_CASE("cel evaluation: && and || absorb errors from either side, and say which error is left") {
  check_rows({{"1 / 0 > 0 && false", "false"},
              {"false && 1 / 0 > 0", "false"},
              {"1 / 0 > 0 || true", "true"},
              {"true || 1 / 0 > 0", "true"},
              {"1 / 0 > 0 && true", "error: division by zero"},
              {"true && 1 / 0 > 0", "error: division by zero"},
              {"1 / 0 > 0 && 1 % 0 > 0", "error: division by zero"},
              {"flag ? 1 : 1 / 0", "1"},
              {"!flag ? 1 / 0 : 2", "2"},
              {"1 / 0 > 0 ? 1 : 2", "error: division by zero"},
              {"list.exists(x, 1 / (x - 2) > 5 || x == 3)", "true"},
              {"list.all(x, 1 / (x - 2) < 5)", "error: division by zero"},
              {"list.all(x, 1 / (x - 2) < 5 && x != 3)", "false"}});
  check_rows({{"1 && false", "false"},
              {"'a' || true", "true"},
              {"1 && true", "error: no such overload: _&&_(int)"},
              {"true && 1", "error: no such overload: _&&_(int)"},
              {"1 ? 2 : 3", "error: no such overload: _?_:_(int)"},
              {"unknown || true", "true"},
              {"unknown && true", "error: unknown name unknown"},
              {"unknown(1) || true", "true"},
              {"n.unknown() == 1", "error: no such overload: unknown(int)"},
              {"subject.unknown() == 1", "error: no such overload: subject.unknown()"},
              {"subject.unknown", "error: no such field: \"unknown\""}},
             false);
}

TEST_CASE("cel evaluation: integers overflow, division has its errors, doubles follow IEEE 754") {
  check_rows({{"9223372036854775807 + 1", "error: the sum is out of range"},
              {"-9223372036854775807 - 2", "error: the difference is out of range"},
              {"9223372036854775807 * 2", "error: the product is out of range"},
              {"-9223372036854775808 / -1", "error: the quotient is out of range"},
              {"-9223372036854775808 % -1", "error: the remainder is out of range"},
              {"1u - 2u", "error: the difference is out of range"},
              {"7 / 0", "error: division by zero"},
              {"7u % 0u", "error: modulus by zero"},
              {"-7 / 2", "-3"},
              {"-7 % 2", "-1"},
              {"1.0 / 0.0", "Infinity"},
              {"0.0 / 0.0 == 0.0 / 0.0", "false"},
              {"0.1 + 0.2 == 0.3", "false"},
              {"int('12x')", "error: int: \"12x\" is no int"},
              {"int(1e20)", "error: int: 100000000000000000000.0 is out of range"},
              {"uint(-1)", "error: uint: -1 is out of range"}});
}

TEST_CASE("cel evaluation: numbers of different types are equal by value, exactly") {
  check_rows({{"dyn(1) == 1u && dyn(1u) == 1.0 && dyn(decimal('1.0')) == 1", "true"},
              {"dyn(decimal('0.5')) == 0.5", "true"},
              {"dyn(decimal('0.1')) == 0.1", "false"},
              {"dyn(9223372036854775807) == 9223372036854775808.0", "false"},
              {"dyn(9007199254740993) == 9007199254740992.0", "false"},
              {"dyn(-1) == 18446744073709551615u", "false"},
              {"[1, 2u, decimal('3')] == [1.0, 2, 3u]", "true"},
              {"{1: 'a', 2u: 'b'} == {1u: 'a', 2: 'b'}", "true"},
              {"dyn(1) == '1' || dyn(null) == 0 || dyn([]) == {}", "false"},
              {"{1: 'a'}[dyn(1.0)] + {1u: 'b'}[dyn(1)]", "\"ab\""},
              {"{1: 'a'}[dyn(1.5)]", "error: no such key: 1.5"},
              {"dyn(1.0) in {1: 2} && 1u in {'a': 1, 1: 2}", "true"},
              {"dyn(decimal('1.5')) < 2.0", "error: no such overload: _<_(decimal, double)"},
              {"type(1) == int && type([1]) == type(list) && type(type(1)) == type", "true"},
              {"type(score) == decimal && type(now) == google.protobuf.Timestamp", "true"},
              {"optional.of(1) == optional.of(dyn(1u)) && optional.none() != optional.of(1)", "true"}});
}

TEST_CASE("cel evaluation: lists and maps") {
  check_rows({{"list[0] + list[dyn(1u)] + list[dyn(2.0)]", "6"},
              {"list[3]", "error: index 3 is out of range"},
              {"list[-1]", "error: index -1 is out of range"},
              {"map.a + map['a']", "2"},
              {"map.b", "error: no such key: \"b\""},
              {"has(map.a) && !has(map.b) && !has({'a': map}.?b.c)", "true"},
              {"map.?b.orValue(7) + map[?'a'].orValue(8)", "8"},
              {"map.?b.or(map.?a).value()", "1"},
              {"map.?a.or(optional.of(1 / 0)).value()", "1"},
              {"map.?b.value()", "error: value: the optional has no value"},
              {"{'b': 1, 'a': 2, 3: 4, true: 5, 2u: 6}", "{true: 5, 2u: 6, 3: 4, \"a\": 2, \"b\": 1}"},
              {"{'a': 1, 'a': 2}", "error: two entries of a map have the key \"a\""},
              {"{1: 1, 1u: 2}", "error: two entries of a map have the key 1"},
              {"{dyn(1.5): 1}", "error: 1.5 cannot be a key of a map"},
              {"[?map.?a, ?map.?b, 3]", "[1, 3]"},
              {"{'x': 1, ?'y': map.?b, ?'z': map.?a}", "{\"x\": 1, \"z\": 1}"},
              {"list + [4] + []", "[1, 2, 3, 4]"},
              {"map.map(k, k + '!')", "[\"a!\"]"},
              {"list.transformMapEntry(i, v, {string(v): i})", "{\"1\": 0, \"2\": 1, \"3\": 2}"},
              {"list.transformMapEntry(i, v, {'same': v})", "error: two entries of a map have the key \"same\""},
              {"{3: 'c', 1: 'a', 2: 'b'}.transformMap(k, v, k > 1, v + v)", "{2: \"bb\", 3: \"cc\"}"},
              {"list.exists_one(x, x > 2) && !list.exists_one(x, x > 1)", "true"},
              {"optional.unwrap([optional.of(1), optional.none()])", "[1]"},
              {"list.first().value() + list.last().value()", "4"},
              {"cel.bind(x, list + [n], x.map(y, cel.bind(z, y * y, z + size(x))))", "[5, 8, 13, 1604]"},
              {"[[1, 2], [3]].map(x, x.map(y, [y]))", "[[[1], [2]], [[3]]]"},
              {"[1, 2].map(x, [10, 20].map(y, x * y)) + [[x_none]]",
               "1:43: unknown name `x_none`; expected one of "
               "`any`, `d`, `flag`, `list`, `map`, `n`, `name`, "
               "`now`, ..."}});
}

TEST_CASE("cel evaluation: objects of the host") {
  check_rows({{"subject.score >= 85 && !subject.listed('black')", "true"},
              {"subject.score >= 85 && !subject.listed('red')", "false"},
              {"subject.points(3, 'a') + subject.score", "decimal('94.5')"},
              {"has(subject.score) && !has(subject.missing)", "true"},
              {"subject.?missing.orValue(3)", "3"},
              {"subject.?level.orValue(3)", "4"},
              {"[subject].all(s, s.level == 4 && s == subject)", "true"},
              {"dyn(subject).level + dyn(subject).points(1, 'b')", "decimal('5')"},
              {"dyn(subject).points('x', 'b')", "error: no such overload: subject.points(string, string)"},
              {"subject.born == now", "true"},
              {"type(subject) == type(dyn(subject))", "true"}});
  check_rows({{"subject.score >= 85 && !subject.listed('black')", "true"}}, false);
}

TEST_CASE("cel evaluation: decimals are exact, mix with int and uint, and round only where it is asked for") {
  check_rows({{"decimal('0.1') + decimal('0.2') == decimal('0.3')", "true"},
              {"score + 1 - u * decimal('0.5')", "decimal('83')"},
              {"score == decimal('85.50') && score > 85 && score < 86u && 85 < score", "true"},
              {"-score", "decimal('-85.5')"},
              {"decimal(n) == n && decimal(u) == u && decimal('7') == u", "true"},
              {"decimal('1e3')", "error: decimal: \"1e3\" is no decimal of at most 18 places"},
              {"int(decimal('12.00')) == 12", "true"},
              {"int(score)", "error: int: 85.5 is no whole number; round() makes it one"},
              {"string(score)", "\"85.5\""},
              {"div(1, 3, 4)", "decimal('0.3333')"},
              {"div(2, 3, 4)", "decimal('0.6667')"},
              {"div(1, 8, 2)", "decimal('0.12')"},
              {"div(3, 8, 2)", "decimal('0.38')"},
              {"div(1, 8, 2, 'half_up')", "decimal('0.13')"},
              {"div(1, 8, 2, 'down')", "decimal('0.12')"},
              {"div(1, 3, 2, 'up')", "decimal('0.34')"},
              {"div(-1, 3, 2, 'up')", "decimal('-0.34')"},
              {"div(-1, 3, 2, 'down')", "decimal('-0.33')"},
              {"div(-1, 3, 2, 'floor')", "decimal('-0.34')"},
              {"div(-1, 3, 2, 'ceiling')", "decimal('-0.33')"},
              {"div(score, 0, 2)", "error: div: division by zero"},
              {"div(score, 3, 19)", "error: div: 19 decimals; there may be 0 to 18"},
              {"div(score, 3, 2, 'nearest')",
               "error: div: \"nearest\" is no way to round; there are half_even, half_up, "
               "up, down, floor and ceiling"},
              {"round(decimal('2.5'), 0) == 2 && round(decimal('3.5'), 0) == 4", "true"},
              {"round(decimal('-2.55'), 1, 'half_up')", "decimal('-2.6')"},
              {"round(decimal('2.51'), 1, 'up')", "decimal('2.6')"},
              {"decimal('9223372036854775807') + 1", "error: the sum is out of range"},
              {"decimal('0.000000001') * decimal('0.0000000001')", "error: the product is out of range"},
              {"decimal(18446744073709551615u)", "error: decimal: the number does not fit a decimal"},
              {"score < 18446744073709551615u", "true"},
              {"score + 18446744073709551615u", "error: the sum is out of range"}});
}

TEST_CASE("cel evaluation: missing variables and unexpected values are errors, not more") {
  Host host;
  const auto compiled = host.compiled("n + 1 > 0 || flag");
  REQUIRE(compiled.program != nullptr);
  Evaluation evaluation(100);
  CHECK(text_of(evaluate(*compiled.program, {}, evaluation)) == "error: n has no value");
  // A host that breaks its promise gets an error, whatever the operation.
  std::vector<Value> wrong(host.values.size(), Value::text("wrong"));
  for (const char* source :
       {"n + 1", "subject.score + 1", "subject.listed('a')", "list[0]", "map.a", "!flag", "now - now", "size(list) + n",
        "list.all(x, x > 1)", "div(score, 2, 2)", "name.matches(string(n))", "math.greatest(list)", "-n",
        "string(score)", "n in list", "map.?a.value()"}) {
    INFO(source);
    const auto program = host.compiled(source);
    REQUIRE(program.program != nullptr);
    Evaluation once(1000);
    CHECK_NOTHROW(evaluate(*program.program, wrong, once));
  }
}

TEST_CASE("cel evaluation: the same expression has the same value and the same cost, checked or not") {
  Host host;
  for (const char* source :
       {"list.map(x, x * n).filter(y, y > 40)", "{'b': 1, 'a': 2}.map(k, k)", "list.transformMapEntry(i, v, {v: i})",
        "cel.bind(x, list, x + x + x)", "name + name + string(n)", "subject.score >= 85 && !subject.listed('black')"}) {
    INFO(source);
    const std::string first = host.run(source);
    const std::uint64_t cost = host.used;
    CHECK(cost > 0);
    CHECK(host.run(source) == first);
    CHECK(host.used == cost);
    CHECK(host.run(source, false) == first);
  }
  // A program may be evaluated again and again: what it builds in place is never a constant of it.
  const auto compiled = host.compiled("[1, 2].map(x, x) + [].map(x, x)");
  for (int i = 0; i < 3; ++i) {
    Evaluation evaluation(1000);
    CHECK(text_of(evaluate(*compiled.program, host.values, evaluation)) == "[1, 2]");
  }
}

}  // namespace tally::cel
