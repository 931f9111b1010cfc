#include "cel/number.h"

#include <cmath>
#include <concepts>
#include <limits>

namespace tally::cel {

namespace {

constexpr double kTwo63 = 9223372036854775808.0;
constexpr double kTwo64 = 18446744073709551616.0;

std::strong_ordering order(std::int64_t left, std::uint64_t right) {
  if (left < 0) return std::strong_ordering::less;
  return static_cast<std::uint64_t>(left) <=> right;
}

std::strong_ordering order(Decimal left, std::uint64_t right) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  // No decimal is above kMost.
  if (right > kMost) return std::strong_ordering::less;
  return left <=> Decimal::whole(static_cast<std::int64_t>(right));
}

// Whether an integer is exactly this double.
bool same(std::int64_t whole, double number) {
  return number >= -kTwo63 && number < kTwo63 && std::trunc(number) == number &&
         static_cast<std::int64_t>(number) == whole;
}

bool same(std::uint64_t whole, double number) {
  return number >= 0 && number < kTwo64 && std::trunc(number) == number && static_cast<std::uint64_t>(number) == whole;
}

__extension__ using Wide = __int128;

// number = m * 2^-e with an odd m is units * 10^-s only if e <= s: then m * 5^s * 2^(s-e) are the units, below 2^114.
bool same(Decimal decimal, double number) {
  if (decimal.scale() == 0) return same(decimal.units(), number);
  if (!std::isfinite(number) || std::abs(number) >= kTwo63) return false;
  int exponent = 0;
  double fraction = std::frexp(number, &exponent);
  auto odd = static_cast<std::int64_t>(std::ldexp(fraction, 53));
  exponent -= 53;
  for (; odd != 0 && odd % 2 == 0; odd /= 2) ++exponent;
  const int scale = static_cast<int>(decimal.scale());
  if (exponent >= 0 || -exponent > scale) return false;  // a whole number, or more decimals than there are
  Wide units = odd;
  for (int i = 0; i < scale; ++i) units *= 5;
  for (int i = 0; i < scale + exponent; ++i) units *= 2;
  return units == decimal.units();
}

struct Equal {
  template <class T>
  bool operator()(const T& left, const T& right) const {
    return left == right;
  }
  bool operator()(std::int64_t left, std::uint64_t right) const { return order(left, right) == 0; }
  bool operator()(std::int64_t left, Decimal right) const { return Decimal::whole(left) == right; }
  bool operator()(Decimal left, std::uint64_t right) const { return order(left, right) == 0; }
  template <class T>
  requires(!std::same_as<T, double>) bool operator()(T left, double right) const { return same(left, right); }
  template <class T, class U>
  bool operator()(const T& left, const U& right) const {
    return (*this)(right, left);
  }
};

struct Compare {
  using Result = std::optional<std::partial_ordering>;
  template <class T>
  Result operator()(const T& left, const T& right) const {
    return left <=> right;
  }
  Result operator()(std::int64_t left, std::uint64_t right) const { return order(left, right); }
  Result operator()(std::int64_t left, Decimal right) const { return Decimal::whole(left) <=> right; }
  Result operator()(Decimal left, std::uint64_t right) const { return order(left, right); }
  Result operator()(Decimal, double) const { return std::nullopt; }
  template <std::integral T>
  Result operator()(T left, double right) const {
    return static_cast<double>(left) <=> right;
  }
  template <class T, class U>
  Result operator()(const T& left, const U& right) const {
    const Result turned = (*this)(right, left);
    return turned ? Result(0 <=> *turned) : turned;
  }
};

}  // namespace

std::optional<Number> number_of(const Value& value) {
  if (const auto* it = value.as<std::int64_t>()) return *it;
  if (const auto* it = value.as<std::uint64_t>()) return *it;
  if (const auto* it = value.as<double>()) return *it;
  if (const auto* it = value.as<Decimal>()) return *it;
  return std::nullopt;
}

std::optional<Decimal> as_decimal(const Value& value) {
  if (const auto* it = value.as<Decimal>()) return *it;
  if (const auto* it = value.as<std::int64_t>()) return Decimal::whole(*it);
  const auto* it = value.as<std::uint64_t>();
  if (it == nullptr || *it > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
  return Decimal::whole(static_cast<std::int64_t>(*it));
}

bool equal_numbers(const Number& left, const Number& right) {
  return std::visit(Equal{}, left, right);
}

std::optional<std::partial_ordering> compare_numbers(const Number& left, const Number& right) {
  return std::visit(Compare{}, left, right);
}

}  // namespace tally::cel
