// text.format(list): every verb, every kind of value, and what is refused.
#include "cel/evaluated.h"

namespace tally::cel {

TEST_CASE("cel format: %s shows any value") {
  check_all({
      {"'no clause'.format([])", "\"no clause\""},
      {"'%s and %s'.format(['a', b'b'])", "\"a and b\""},
      {"'%%%s%%'.format(['x'])", "\"%x%\""},
      {"'%s %s %s %s'.format([true, -1, 2u, null])", "\"true -1 2 null\""},
      {"'%s %s %s'.format([56.8, 2.0, 1e30])", "\"56.8 2 1000000000000000000000000000000\""},
      {"'%s'.format([[double('NaN'), double('Infinity'), double('-Infinity')]])", "\"[NaN, Infinity, -Infinity]\""},
      {"'%s'.format([decimal('-12.50')])", "\"-12.5\""},
      {"'%s %s'.format([type(1), type([1])])", "\"int list\""},
      {"'%s'.format([timestamp('2023-02-03T23:31:20+01:00')])", "\"2023-02-03T22:31:20Z\""},
      {"'%s %s'.format([duration('1h45m47s'), duration('-1500ms')])", "\"6347s -1.5s\""},
      {"'%s'.format([[1, 'a', [2.5, null]]])", "\"[1, a, [2.5, null]]\""},
      {"'%s'.format([{'strKey': 'x', 6: duration('422s'), true: 42}])", "\"{6: 422s, strKey: x, true: 42}\""},
      {"'%s %s'.format([[], {}])", "\"[] {}\""},
      {R"('%s'.format([b'a\xff\xfeb\xe2\x82']))", "\"a\uFFFDb\uFFFD\""},
      {R"('%s'.format([b'\xed\xa0\x80\xc0\x80\xf4\x90\x80\x80\xe2\x82\xac']))", "\"\uFFFD€\""},
      {"'%s'.format([optional.of(1)])", "error: format: error during formatting: %s takes everything but"},
      {"'%.3s'.format(['abcdef'])", "\"abcdef\""},
      {"'%s'.format(['a', 'unused'])", "\"a\""},
  });
}

TEST_CASE("cel format: numbers") {
  check_all({
      {"'%d %d'.format([-1, 18446744073709551615u])", "\"-1 18446744073709551615\""},
      {"'%d %d'.format([3.14, double('NaN')])", "\"3.14 NaN\""},
      {"'%d'.format([decimal('1.5')])", "\"1.5\""},
      {"'%f %f %f'.format([2.71828, 2, 3u])", "\"2.718280 2.000000 3.000000\""},
      {"'%.0f %.0f %.0f %.0f'.format([0.5, 1.5, 2.5, -0.5])", "\"0 2 2 -0\""},
      {"'%.3f %.3f %.3f'.format([123.4999, 123.4994, 1.2345])", "\"123.500 123.499 1.234\""},
      {"'%.2f %.2f %.0f'.format([decimal('1.005'), decimal('1.015'), decimal('2.5')])", "\"1.00 1.02 2\""},
      {"'%.2f %f'.format([decimal('-3'), decimal('0.1')])", "\"-3.00 0.100000\""},
      {"'%.0f'.format([9223372036854775807])", "\"9223372036854775807\""},
      {"'%f %f'.format([double('Infinity'), double('-Infinity')])", "\"Infinity -Infinity\""},
      {"'%e %e %e'.format([2.71828, 3u, -1234])", "\"2.718280e+00 3.000000e+00 -1.234000e+03\""},
      {"'%.6e %.1e'.format([1052.032911275, -3.14])", "\"1.052033e+03 -3.1e+00\""},
      {"'%.20f'.format([0.1])", "\"0.10000000000000000555\""},
      {"'%.1000f'.format([1.0]).size()", "1002"},
      {"'%.1000e'.format([1.0]).size()", "1006"},
      {"'%.1000f'.format([-1.797693e308]).size()", "1311"},
      {"'%.1000f'.format([decimal('1.5')]).size()", "1002"},
      {"'%b %b %b'.format([5, -5, 64u])", "\"101 -101 1000000\""},
      {"'%b %b %b'.format([true, false, 0])", "\"1 0 0\""},
      {"'%b'.format([-9223372036854775808]).size()", "65"},
      {"'%o %o'.format([11, -8])", "\"13 -10\""},
      {"'%x %X %x'.format([30, 30, -30])", "\"1e 1E -1e\""},
      {"'%x'.format([18446744073709551615u])", "\"ffffffffffffffff\""},
      {"'%x %X'.format(['Hello', b'\\xff\\x0a'])", "\"48656c6c6f FF0A\""},
  });
}

TEST_CASE("cel format: what is refused") {
  check_all({
      {"'%a'.format([1])", "error: format: could not parse formatting clause: unrecognized formatting clause \"a\""},
      {"'%E'.format([0.5])", "error: format: could not parse formatting clause: unrecognized"},
      {"'%ü'.format([0.5])", "error: format: could not parse formatting clause: unrecognized formatting clause \"ü\""},
      {"'%'.format([1])", "error: format: could not parse formatting clause: unexpected end of string"},
      {"'%.3'.format([1])", "error: format: could not parse formatting clause: unexpected end of string"},
      {"'%.f'.format([1.0])", "error: format: could not parse formatting clause: a precision has digits"},
      {"'%.1001f'.format([1.0])", "error: format: could not parse formatting clause: a precision is at most 1000"},
      {"'%.99999999999999999999f'.format([1.0])", "error: format: could not parse formatting clause: a precision is"},
      {"'%.-1f'.format([1.0])", "error: format: could not parse formatting clause: a precision has digits"},
      {"'%d %d'.format([0])", "error: format: index 1 out of range"},
      {"'%d'.format(['1'])", "error: format: error during formatting: %d can only be used on ints, uints, doubles and"},
      {"'%f'.format(['1'])", "error: format: error during formatting: %f can only be used on"},
      {"'%e'.format([decimal('1')])", "error: format: error during formatting: %e can only be used on"},
      {"'%b'.format(['abc'])",
       "error: format: error during formatting: %b can only be used on ints, uints and bools, "
       "was given string"},
      {"'%o'.format([1.5])", "error: format: error during formatting: %o can only be used on"},
      {"'%x'.format([null])", "error: format: error during formatting: %x can only be used on"},
      {"'%X'.format([1.5])", "error: format: error during formatting: %X can only be used on"},
  });
}

}  // namespace tally::cel
