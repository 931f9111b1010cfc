// Purpose: doubles as text and back, the same on every machine: std::to_chars and std::from_chars, no locale.
// Thread rule: pure functions.
// Errors: nullopt for a text that is no number, and for one whose size no double holds.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tally::cel {

// CEL's string(double): the fewest digits that read back as the same number, in decimal notation from 1e-6 up to below
// 1e21 ("123.456", "-0.0045", "1000000"), otherwise with an exponent of at least two digits ("6.02214e+23", "1e-07").
// "NaN", "Infinity", "-Infinity".
std::string format_double(double number);
// The same digits, never with an exponent; up to 325 characters or so.
std::string format_double_plainly(double number);
// As %f and %e of printf, rounded half to even on the exact value. `precision` is at most kPrecisionMax.
inline constexpr unsigned kPrecisionMax = 1000;
std::string format_double_fixed(double number, unsigned precision);
std::string format_double_scientific(double number, unsigned precision);

// "-987.654", "6.02214e23", "+.5", "5.", "NaN", "Infinity", "-Infinity"; no spaces, no hexadecimal. What is too small
// for a double is zero.
std::optional<double> parse_double(std::string_view text);

}  // namespace tally::cel
