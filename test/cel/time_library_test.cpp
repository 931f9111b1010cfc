// Calendar fields, zones, months and beginnings: tables by evaluation.
#include "cel/evaluated.h"

namespace tally::cel {

TEST_CASE("cel time functions: calendar fields") {
  check_all({
      {"timestamp('2009-02-13T23:31:30Z').getFullYear()", "2009"},
      {"timestamp('2009-02-13T23:31:30Z').getMonth()", "1"},
      {"timestamp('2009-02-13T23:31:30Z').getDate()", "13"},
      {"timestamp('2009-02-13T23:31:30Z').getDayOfMonth()", "12"},
      {"timestamp('2009-02-13T23:31:30Z').getDayOfWeek()", "5"},
      {"timestamp('2009-02-13T23:31:30Z').getDayOfYear()", "43"},
      {"timestamp('2009-02-13T23:31:30Z').getHours()", "23"},
      {"timestamp('2009-02-13T23:31:30Z').getMinutes()", "31"},
      {"timestamp('2009-02-13T23:31:30Z').getSeconds()", "30"},
      {"timestamp('2009-02-13T23:31:20.123456789Z').getMilliseconds()", "123"},
      {"timestamp('1969-12-31T23:59:59.5Z').getMilliseconds()", "500"},
      {"timestamp('2009-02-13T23:31:30Z').getDate('Australia/Sydney')", "14"},
      {"timestamp('2009-02-13T02:00:00Z').getDayOfMonth('-02:30')", "11"},
      {"timestamp('2009-02-13T23:31:30Z').getMinutes('Asia/Kathmandu')", "16"},
      {"timestamp('2009-02-13T23:31:30Z').getHours('02:00')", "1"},
      {"timestamp('2009-12-31T16:00:00Z').getFullYear('Asia/Shanghai')", "2010"},
      {"timestamp('2009-12-31T15:59:59Z').getFullYear('Asia/Shanghai')", "2009"},
      {"timestamp('2026-07-01T00:00:00Z').getHours('America/New_York')", "20"},
      {"timestamp('2026-01-01T00:00:00Z').getHours('America/New_York')", "19"},
      {"timestamp(0).getHours('Mars/Olympus')", "error: `Mars/Olympus` is no time zone; expected UTC"},
      {"timestamp(0).getMilliseconds('Mars/Olympus')", "error: `Mars/Olympus` is no time zone"},
      {"duration('10000s').getHours()", "2"},
      {"duration('3730s').getMinutes()", "62"},
      {"duration('-3730s').getMinutes()", "-62"},
      {"duration('3730.9s').getSeconds()", "3730"},
      {"duration('-1.5s').getSeconds()", "-1"},
      {"duration('123.321456789s').getMilliseconds()", "321"},
      {"duration('-1.5s').getMilliseconds()", "-500"},
  });
}

TEST_CASE("cel time functions: months") {
  check_all({
      {"string(timestamp('2026-01-31T08:00:00.5Z').addMonths(1))", "\"2026-02-28T08:00:00.5Z\""},
      {"string(timestamp('2024-01-31T08:00:00Z').addMonths(1))", "\"2024-02-29T08:00:00Z\""},
      {"string(timestamp('2026-03-31T08:00:00Z').addMonths(-1))", "\"2026-02-28T08:00:00Z\""},
      {"string(timestamp('2026-11-30T08:00:00Z').addMonths(3))", "\"2027-02-28T08:00:00Z\""},
      {"string(timestamp('2026-11-30T08:00:00Z').addMonths(-23))", "\"2024-12-30T08:00:00Z\""},
      {"string(timestamp('2026-11-30T08:00:00Z').addMonths(0))", "\"2026-11-30T08:00:00Z\""},
      // Midnight of 31 January in China is 30 January in UTC.
      {"string(timestamp('2026-01-30T16:00:00Z').addMonths(1))", "\"2026-02-28T16:00:00Z\""},
      {"string(timestamp('2026-01-30T16:00:00Z').addMonths(1, 'Asia/Shanghai'))", "\"2026-02-27T16:00:00Z\""},
      {"string(timestamp('2026-02-15T12:00:00Z').addMonths(1, 'America/New_York'))", "\"2026-03-15T11:00:00Z\""},
      {"timestamp('9999-12-01T00:00:00Z').addMonths(1)", "error: addMonths: timestamp out of range"},
      {"timestamp('0001-01-01T00:00:00Z').addMonths(-1)", "error: addMonths: timestamp out of range"},
      {"timestamp(0).addMonths(9223372036854775807)", "error: addMonths: timestamp out of range"},
      {"timestamp(0).addMonths(-9223372036854775808)", "error: addMonths: timestamp out of range"},
      {"timestamp(0).addMonths(1, 'Nowhere')", "error: `Nowhere` is no time zone"},
      {"monthsBetween(timestamp('2026-01-31T08:00:00Z'), timestamp('2026-02-28T08:00:00Z'))", "1"},
      {"monthsBetween(timestamp('2026-01-31T08:00:00Z'), timestamp('2026-02-28T07:59:59Z'))", "0"},
      {"monthsBetween(timestamp('2026-01-15T08:00:00Z'), timestamp('2027-01-15T08:00:00Z'))", "12"},
      {"monthsBetween(timestamp('2027-01-15T08:00:00Z'), timestamp('2026-01-15T08:00:00Z'))", "-12"},
      {"monthsBetween(timestamp('2026-01-15T08:00:00Z'), timestamp('2026-01-15T08:00:00Z'))", "0"},
      {"monthsBetween(timestamp('2026-01-01T00:00:00Z'), timestamp('2026-01-31T23:59:59Z'))", "0"},
      {"monthsBetween(timestamp('2026-01-30T16:00:00Z'), timestamp('2026-02-27T16:00:00Z'))", "0"},
      {"monthsBetween(timestamp('2026-01-30T16:00:00Z'), timestamp('2026-02-27T16:00:00Z'), 'Asia/Shanghai')", "1"},
      {"monthsBetween(timestamp('0001-01-01T00:00:00Z'), timestamp('9999-12-31T23:59:59Z'))", "119987"},
  });
}

TEST_CASE("cel time functions: beginnings and days") {
  check_all({
      {"string(timestamp('2026-07-01T15:59:59.9Z').startOfDay('Asia/Shanghai'))", "\"2026-06-30T16:00:00Z\""},
      {"string(timestamp('2026-07-01T16:00:00Z').startOfDay('Asia/Shanghai'))", "\"2026-07-01T16:00:00Z\""},
      {"string(timestamp('2026-07-31T16:00:00Z').startOfMonth('Asia/Shanghai'))", "\"2026-07-31T16:00:00Z\""},
      {"string(timestamp('2026-07-31T15:59:59Z').startOfMonth('Asia/Shanghai'))", "\"2026-06-30T16:00:00Z\""},
      {"string(timestamp('2026-12-31T16:00:00Z').startOfYear('+08:00'))", "\"2026-12-31T16:00:00Z\""},
      {"string(timestamp('2026-12-31T15:00:00Z').startOfYear('+08:00'))", "\"2025-12-31T16:00:00Z\""},
      {"string(timestamp('2026-12-31T15:00:00Z').startOfYear('UTC'))", "\"2026-01-01T00:00:00Z\""},
      // Begun before the clocks changed.
      {"string(timestamp('2026-03-08T20:00:00Z').startOfDay('America/New_York'))", "\"2026-03-08T05:00:00Z\""},
      {"string(timestamp('2026-07-08T20:00:00Z').startOfYear('America/New_York'))", "\"2026-01-01T05:00:00Z\""},
      {"timestamp('0001-01-01T00:00:00Z').startOfDay('-01:00')", "error: startOfDay: timestamp out of range"},
      {"timestamp(0).startOfDay('Nowhere')", "error: `Nowhere` is no time zone"},
      {"days(2) == duration('48h')", "true"},
      {"days(-1) == duration('-24h')", "true"},
      {"days(3652500) == duration('315576000000s')", "true"},
      {"days(3652501)", "error: days: duration out of range"},
      {"days(-9223372036854775808)", "error: days: duration out of range"},
  });
}

}  // namespace tally::cel
