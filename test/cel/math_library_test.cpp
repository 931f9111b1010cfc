// math.* and base64.*: tables by evaluation.
#include "cel/evaluated.h"

namespace tally::cel {

TEST_CASE("cel math: greatest and least") {
  check_all({
      {"math.greatest(3)", "3"},
      {"math.greatest(3, -3)", "3"},
      {"math.greatest(1, 1.0)", "1"},
      {"math.greatest(1.0, 1)", "1.0"},
      {"math.greatest(1, 2u, 3.0)", "3.0"},
      {"math.greatest(5.4, 10, 3u, -5.0, 18446744073709551615u)", "18446744073709551615u"},
      {"math.greatest(1, 2, 3, 4.5)", "4.5"},
      {"math.greatest([1, 2, 3])", "3"},
      {"math.greatest([dyn(5.4), dyn(10), dyn(3u)])", "10"},
      {"math.greatest(decimal('1.5'), decimal('1.25'))", "decimal('1.5')"},
      {"math.greatest(decimal('1.5'), 2)", "2"},
      {"math.least(decimal('1.5'), 2)", "decimal('1.5')"},
      {"math.least([decimal('1.5'), decimal('-2')])", "decimal('-2')"},
      {"math.least(-1, -2, -3)", "-3"},
      {"math.least(1u, 1.0, 1.0)", "1u"},
      {"math.least(-9223372036854775808, -1, -5)", "-9223372036854775808"},
      {"math.greatest(decimal('1.5'), 1.0)", "error: no such overload: math.greatest(double)"},
      {"math.greatest([5.4, 10u, 3u, -5.0, 3])", "10u"},
      {"math.greatest([])", "error: math.greatest: there is no number"},
      {"math.greatest(double('NaN'), 1.0)", "error: math.greatest: NaN"},
      {"math.greatest(1.0, double('NaN'))", "error: math.greatest: NaN"},
      {"math.greatest(dyn('a'))", "error"},
      {"math.greatest('a')", "mistake"},
      {"math.greatest()", "mistake"},
      {"math.greatest(['a'])", "error: no such overload: math.greatest(string)"},
  });
  // One type in, the same type out: the checker knows it.
  const Environment environment;
  CHECK(compile("math.greatest(1, 2, 3)", environment).type == Type(TypeKind::integer));
  CHECK(compile("math.least(decimal('1'), decimal('2'))", environment).type == Type(TypeKind::decimal));
  CHECK(compile("math.least([1.5, 2.5])", environment).type == Type(TypeKind::floating));
  CHECK(compile("math.least(1, 2.5)", environment).type == Type());
}

TEST_CASE("cel math: rounding and signs") {
  check_all({
      {"math.ceil(-1.2)", "-1.0"},
      {"math.floor(-1.2)", "-2.0"},
      {"math.round(-1.5)", "-2.0"},
      {"math.round(2.5)", "3.0"},
      {"math.trunc(-1.9)", "-1.0"},
      {"math.ceil(decimal('-1.2'))", "decimal('-1')"},
      {"math.floor(decimal('-1.2'))", "decimal('-2')"},
      {"math.round(decimal('-2.5'))", "decimal('-3')"},
      {"math.trunc(decimal('-1.9'))", "decimal('-1')"},
      {"math.ceil(dyn(1))", "error"},
      {"math.ceil(1)", "mistake"},
      {"math.abs(-11)", "11"},
      {"math.abs(11u)", "11u"},
      {"math.abs(-11.5)", "11.5"},
      {"math.abs(decimal('-11.5'))", "decimal('11.5')"},
      {"math.abs(-9223372036854775808)", "error: math.abs: -9223372036854775808 has no positive int"},
      {"math.abs(decimal('-9223372036854775808'))", "error: math.abs: -9223372036854775808 has no positive decimal"},
      {"math.sign(-42)", "-1"},
      {"math.sign(0)", "0"},
      {"math.sign(100u)", "1u"},
      {"math.sign(-0.3)", "-1.0"},
      {"math.sign(double('NaN'))", "NaN"},
      {"math.sign(decimal('-0.3'))", "decimal('-1')"},
      {"math.sqrt(81)", "9.0"},
      {"math.sqrt(2.25)", "1.5"},
      {"math.sqrt(4u)", "2.0"},
      {"math.isNaN(math.sqrt(-1.0))", "true"},
      {"math.isNaN(0.0 / 0.0)", "true"},
      {"math.isInf(1.0 / 0.0)", "true"},
      {"math.isInf(0.0 / 0.0)", "false"},
      {"math.isFinite(1.5)", "true"},
      {"math.isFinite(-1.0 / 0.0)", "false"},
  });
}

TEST_CASE("cel math: bits") {
  check_all({
      {"math.bitAnd(3, 5)", "1"},
      {"math.bitAnd(-3, -5)", "-7"},
      {"math.bitOr(1u, 2u)", "3u"},
      {"math.bitOr(-2, -4)", "-2"},
      {"math.bitXor(3u, 5u)", "6u"},
      {"math.bitNot(1)", "-2"},
      {"math.bitNot(0u)", "18446744073709551615u"},
      {"math.bitShiftLeft(-1, 2)", "-4"},
      {"math.bitShiftLeft(1u, 63)", "9223372036854775808u"},
      {"math.bitShiftLeft(1, 64)", "0"},
      {"math.bitShiftLeft(1u, -1)", "error: math.bitShiftLeft: negative offset -1"},
      {"math.bitShiftRight(-1024, 3)", "2305843009213693824"},
      {"math.bitShiftRight(1024u, 2)", "256u"},
      {"math.bitShiftRight(-1, 64)", "0"},
      {"math.bitShiftRight(-1, 0)", "-1"},
      {"math.bitShiftRight(1, -1)", "error: math.bitShiftRight: negative offset -1"},
      {"math.bitAnd(1, 2u)", "mistake"},
  });
}

TEST_CASE("cel base64: encoding and decoding") {
  check_all({
      {"base64.encode(b'')", "\"\""},
      {"base64.encode(b'h')", "\"aA==\""},
      {"base64.encode(b'he')", "\"aGU=\""},
      {"base64.encode(b'hel')", "\"aGVs\""},
      {R"(base64.encode(b'\xff\xef\xbe'))", "\"/+++\""},
      {"base64.decode('aGVsbG8=')", "b\"hello\""},
      {"base64.decode('aGVsbG8')", "b\"hello\""},
      {"base64.decode('aA==')", "b\"h\""},
      {"base64.decode('')", "b\"\""},
      {R"(base64.decode('/+++') == b'\xff\xef\xbe')", "true"},
      {"base64.decode('aGVsbG8==')", "error: base64.decode: \"aGVsbG8==\" is no base64 text"},
      {"base64.decode('aA=')", "error: base64.decode"},
      {"base64.decode('a')", "error: base64.decode"},
      {"base64.decode('aB==')", "error: base64.decode"},
      {"base64.decode('====')", "error: base64.decode"},
      {"base64.decode('aG Vs')", "error: base64.decode"},
      {"base64.decode('aG-s')", "error: base64.decode"},
      {"base64.decode(base64.encode(b'Hello World!'))", "b\"Hello World!\""},
  });
}

}  // namespace tally::cel
