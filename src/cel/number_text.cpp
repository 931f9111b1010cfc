#include "cel/number_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace tally::cel {

namespace {

// The sign, 309 digits, the point and the decimals of the largest number.
constexpr std::size_t kFormattedMax = 320 + kPrecisionMax;

std::optional<std::string> special(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number < 0 ? "-Infinity" : "Infinity";
  return std::nullopt;
}

std::string formatted(double number, std::chars_format format, unsigned precision) {
  if (const auto text = special(number)) return *text;
  std::array<char, kFormattedMax> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, format,
                                 static_cast<int>(std::min(precision, kPrecisionMax)));
  return {buffer.data(), end.ptr};
}

// number = +-0.d1d2d3... * 10^point
struct Digits {
  bool negative = false;
  std::string digits;
  int point = 0;
};

// Of a finite number.
Digits shortest_digits(double number) {
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::scientific);
  std::string_view text(buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data()));
  Digits out;
  out.negative = text.starts_with('-');
  if (out.negative) text.remove_prefix(1);
  const std::size_t mark = text.find('e');
  for (const char letter : text.substr(0, mark)) {
    if (letter != '.') out.digits.push_back(letter);
  }
  std::string_view exponent = text.substr(mark + 1);
  if (exponent.starts_with('+')) exponent.remove_prefix(1);
  std::from_chars(exponent.data(), exponent.data() + exponent.size(), out.point);
  ++out.point;
  return out;
}

std::string placed(const Digits& number) {
  std::string out = number.negative ? "-" : "";
  const auto count = static_cast<int>(number.digits.size());
  if (number.point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-number.point), '0').append(number.digits);
  } else if (number.point >= count) {
    out.append(number.digits).append(static_cast<std::size_t>(number.point - count), '0');
  } else {
    const auto whole = static_cast<std::size_t>(number.point);
    out.append(number.digits, 0, whole).append(".").append(number.digits, whole);
  }
  return out;
}

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

// Takes digits from the front; how many they were.
std::size_t take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  text.remove_prefix(count);
  return count;
}

// Whether digits with an optional point and exponent, without a sign.
bool is_number(std::string_view text) {
  std::size_t digits = take_digits(text);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    digits += take_digits(text);
  }
  if (digits == 0) return false;
  if (!text.starts_with('e') && !text.starts_with('E')) return text.empty();
  text.remove_prefix(1);
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return take_digits(text) > 0 && text.empty();
}

// Whether a number that no double holds is too small rather than too large: by the power of ten of its first digit.
bool is_small(std::string_view number) {
  const std::size_t mark = std::min(number.find_first_of("eE"), number.size());
  const std::size_t first = number.find_first_of("123456789");
  if (first >= mark) return true;  // zero
  const std::size_t point = std::min(number.find('.'), mark);
  std::int64_t power = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
  if (mark == number.size()) return power <= 0;
  std::string_view exponent = number.substr(mark + 1);
  const bool negative = exponent.starts_with('-');
  if (negative || exponent.starts_with('+')) exponent.remove_prefix(1);
  constexpr std::int64_t kExponentMax = 1'000'000'000'000;  // beyond the length of any text
  std::int64_t size = 0;
  for (const char digit : exponent) size = std::min(size * 10 + (digit - '0'), kExponentMax);
  power += negative ? -size : size;
  return power <= 0;
}

}  // namespace

std::string format_double(double number) {
  if (const auto text = special(number)) return *text;
  if (number == 0) return std::signbit(number) ? "-0" : "0";
  const Digits digits = shortest_digits(number);
  constexpr int kPointMin = -5;
  constexpr int kPointMax = 21;
  if (digits.point >= kPointMin && digits.point <= kPointMax) return placed(digits);
  std::string out = digits.negative ? "-" : "";
  out += digits.digits[0];
  if (digits.digits.size() > 1) out.append(".").append(digits.digits, 1);
  const int exponent = digits.point - 1;
  const std::string size = std::to_string(std::abs(exponent));
  return out + (exponent < 0 ? "e-" : "e+") + (size.size() < 2 ? "0" : "") + size;
}

std::string format_double_plainly(double number) {
  if (const auto text = special(number)) return *text;
  if (number == 0) return std::signbit(number) ? "-0" : "0";
  return placed(shortest_digits(number));
}

std::string format_double_fixed(double number, unsigned precision) {
  return formatted(number, std::chars_format::fixed, precision);
}

std::string format_double_scientific(double number, unsigned precision) {
  return formatted(number, std::chars_format::scientific, precision);
}

std::optional<double> parse_double(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  using Limits = std::numeric_limits<double>;
  if (text == "NaN") return Limits::quiet_NaN();
  if (text == "Infinity") return negative ? -Limits::infinity() : Limits::infinity();
  if (!is_number(text)) return std::nullopt;
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec == std::errc::result_out_of_range) {
    if (!is_small(text)) return std::nullopt;
    number = 0;
  }
  return negative ? -number : number;
}

}  // namespace tally::cel
