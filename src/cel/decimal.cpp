#include "cel/decimal.h"

#include <algorithm>
#include <limits>

namespace tally::cel {

namespace {

__extension__ using Wide = __int128;
__extension__ using WideMagnitude = unsigned __int128;

constexpr std::int64_t kUnitsMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kUnitsMax = std::numeric_limits<std::int64_t>::max();

// Exponents up to 36 (two scales): 10^36 is below 2^120.
constexpr Wide power_of_ten(unsigned exponent) {
  Wide out = 1;
  for (; exponent > 0; --exponent) out *= 10;
  return out;
}
// Units of 63 bits times the tens of one scale stay within a Wide, sums of two such too.
static_assert(power_of_ten(kDecimalScaleMax) < (Wide{1} << 60));

std::optional<Decimal> narrow(Wide units, unsigned scale) {
  while (scale > 0 && units % 10 == 0) {
    units /= 10;
    --scale;
  }
  if (units < kUnitsMin || units > kUnitsMax) return std::nullopt;
  return Decimal::make(static_cast<std::int64_t>(units), scale);
}

Wide widened(Decimal number, unsigned scale) {
  return number.units() * power_of_ten(scale - number.scale());
}

constexpr WideMagnitude magnitude(Wide number) {
  return number < 0 ? -static_cast<WideMagnitude>(number) : static_cast<WideMagnitude>(number);
}

// Whether the magnitude of a quotient that was cut off grows by one; `remainder` is not zero.
bool rounds_away(Rounding rounding, bool negative, bool quotient_is_odd, WideMagnitude remainder,
                 WideMagnitude divisor) {
  const WideMagnitude other = divisor - remainder;  // half: remainder == other
  switch (rounding) {
    case Rounding::half_even:
      return remainder > other || (remainder == other && quotient_is_odd);
    case Rounding::half_up:
      return remainder >= other;
    case Rounding::down:
      return false;
    case Rounding::floor:
      return negative;
    case Rounding::ceiling:
      return !negative;
  }
  return false;
}

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

}  // namespace

std::optional<Decimal> Decimal::make(std::int64_t units, unsigned scale) {
  while (scale > 0 && units % 10 == 0) {
    if (units == 0) return Decimal{};
    units /= 10;
    --scale;
  }
  if (scale > kDecimalScaleMax) return std::nullopt;
  return Decimal{units, static_cast<std::uint8_t>(scale)};
}

Decimal Decimal::whole(std::int64_t number) {
  return Decimal{number, 0};
}

std::optional<Decimal> Decimal::parse(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative || (!text.empty() && text.front() == '+')) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  if (point == 0 || text.empty() || !is_digit(text.back())) return std::nullopt;
  if (point != std::string_view::npos) {
    while (text.back() == '0') text.remove_suffix(1);  // the point stops it
  }
  Wide units = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == point) continue;
    if (!is_digit(text[i])) return std::nullopt;
    // Reading goes on past an overflow no further than this, so long digits cannot overflow the Wide.
    if (units > kUnitsMax) return std::nullopt;
    units = units * 10 + (text[i] - '0');
  }
  const std::size_t scale = point == std::string_view::npos ? 0 : text.size() - point - 1;
  return narrow(negative ? -units : units, static_cast<unsigned>(scale));
}

std::optional<std::int64_t> Decimal::at_scale(unsigned scale) const {
  if (units_ == 0) return 0;
  // 64 bits hold no more than 18 further places.
  if (scale < scale_ || scale - scale_ > kDecimalScaleMax) return std::nullopt;
  const Wide units = units_ * power_of_ten(scale - scale_);
  if (units < kUnitsMin || units > kUnitsMax) return std::nullopt;
  return static_cast<std::int64_t>(units);
}

Decimal Decimal::rounded(unsigned decimals, Rounding rounding) const {
  if (decimals >= scale_) return *this;
  // At least one place goes, so the result fits whatever the rounding.
  const WideMagnitude divisor = magnitude(power_of_ten(scale_ - decimals));
  const WideMagnitude units = magnitude(units_);
  WideMagnitude quotient = units / divisor;
  const WideMagnitude remainder = units % divisor;
  const bool negative = units_ < 0;
  if (remainder != 0 && rounds_away(rounding, negative, quotient % 2 == 1, remainder, divisor)) ++quotient;
  const auto out = static_cast<std::int64_t>(quotient);
  return *make(negative ? -out : out, decimals);
}

std::string Decimal::text() const {
  std::string digits = std::to_string(units_);
  if (scale_ == 0) return digits;
  const std::size_t sign = units_ < 0 ? 1 : 0;
  if (digits.size() - sign <= scale_) digits.insert(sign, scale_ + 1 - (digits.size() - sign), '0');
  digits.insert(digits.size() - scale_, 1, '.');
  return digits;
}

std::strong_ordering Decimal::operator<=>(const Decimal& other) const {
  const unsigned scale = std::max(scale_, other.scale_);
  const Wide left = widened(*this, scale);
  const Wide right = widened(other, scale);
  if (left == right) return std::strong_ordering::equal;
  return left < right ? std::strong_ordering::less : std::strong_ordering::greater;
}

std::optional<Decimal> add(Decimal left, Decimal right) {
  const unsigned scale = std::max(left.scale(), right.scale());
  return narrow(widened(left, scale) + widened(right, scale), scale);
}

std::optional<Decimal> subtract(Decimal left, Decimal right) {
  const unsigned scale = std::max(left.scale(), right.scale());
  return narrow(widened(left, scale) - widened(right, scale), scale);
}

std::optional<Decimal> multiply(Decimal left, Decimal right) {
  return narrow(Wide{left.units()} * right.units(), left.scale() + right.scale());
}

std::optional<Decimal> negate(Decimal number) {
  return narrow(-Wide{number.units()}, number.scale());
}

std::optional<Decimal> divide(Decimal left, Decimal right, unsigned decimals, Rounding rounding) {
  if (right.units() == 0 || decimals > kDecimalScaleMax) return std::nullopt;
  const bool negative = (left.units() < 0) != (right.units() < 0);
  // left / right = (units / units) * 10^(right.scale - left.scale), wanted in units of 10^-decimals.
  const int tens = static_cast<int>(decimals + right.scale()) - static_cast<int>(left.scale());
  const WideMagnitude divisor =
      magnitude(tens < 0 ? right.units() * power_of_ten(static_cast<unsigned>(-tens)) : Wide{right.units()});
  WideMagnitude quotient = magnitude(left.units()) / divisor;
  WideMagnitude remainder = magnitude(left.units()) % divisor;
  // What fits 64 bits once its trailing zeros went (at most 18 of them) is below 2^123 here.
  constexpr WideMagnitude kQuotientMax = WideMagnitude{1} << 123;
  for (int i = 0; i < tens; ++i) {  // long division: the divisor is below 2^64 when this runs
    remainder *= 10;
    quotient = quotient * 10 + remainder / divisor;
    remainder %= divisor;
    if (quotient > kQuotientMax) return std::nullopt;
  }
  if (remainder != 0 && rounds_away(rounding, negative, quotient % 2 == 1, remainder, divisor)) ++quotient;
  const auto units = static_cast<Wide>(quotient);
  return narrow(negative ? -units : units, decimals);
}

}  // namespace tally::cel
