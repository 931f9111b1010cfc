// Purpose: exact decimal numbers, CEL's extension type for points and money: units * 10^-scale.
// Thread rule: plain values. No floating point anywhere.
// Invariant: the least scale that holds the number (1.50 is 15, 1; 0 is 0, 0), so that equal numbers are equal structs.
// Errors: nullopt where the exact result needs more than 64 bits of units or kDecimalScaleMax decimals. Nothing is ever
// rounded unless a function is asked to round.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tally::cel {

inline constexpr unsigned kDecimalScaleMax = 18;

enum class Rounding : std::uint8_t {
  half_even,
  half_up,  // away from zero
  down,     // toward zero
  floor,
  ceiling
};

class Decimal {
 public:
  constexpr Decimal() = default;
  // nullopt: scale over kDecimalScaleMax after trailing zeros went.
  static std::optional<Decimal> make(std::int64_t units, unsigned scale);
  static Decimal whole(std::int64_t number);
  // "-12.50", "3", "+0.5": no exponent.
  static std::optional<Decimal> parse(std::string_view text);

  [[nodiscard]] std::int64_t units() const { return units_; }
  [[nodiscard]] unsigned scale() const { return scale_; }
  // In units of 10^-scale; nullopt if that is not exact or too large.
  [[nodiscard]] std::optional<std::int64_t> at_scale(unsigned scale) const;
  [[nodiscard]] Decimal rounded(unsigned decimals, Rounding rounding) const;
  [[nodiscard]] std::string text() const;  // "-12.5"

  bool operator==(const Decimal&) const = default;
  std::strong_ordering operator<=>(const Decimal& other) const;

 private:
  constexpr Decimal(std::int64_t units, std::uint8_t scale) : units_(units), scale_(scale) {}

  std::int64_t units_ = 0;
  std::uint8_t scale_ = 0;
};

std::optional<Decimal> add(Decimal left, Decimal right);
std::optional<Decimal> subtract(Decimal left, Decimal right);
std::optional<Decimal> multiply(Decimal left, Decimal right);
std::optional<Decimal> negate(Decimal number);
// To `decimals` places. nullopt also for a divisor of zero.
std::optional<Decimal> divide(Decimal left, Decimal right, unsigned decimals, Rounding rounding);

}  // namespace tally::cel
