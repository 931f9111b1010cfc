#include "common/amount.h"

#include "common/invariant.h"

namespace tally {

std::optional<Amount> checked_add(Amount left, Amount right) {
  Amount out;
  if (__builtin_add_overflow(left.value, right.value, &out.value)) return std::nullopt;
  return out;
}

std::optional<Amount> checked_subtract(Amount left, Amount right) {
  Amount out;
  if (__builtin_sub_overflow(left.value, right.value, &out.value)) return std::nullopt;
  return out;
}

std::optional<Amount> checked_multiply(Amount left, std::int64_t factor) {
  Amount out;
  if (__builtin_mul_overflow(left.value, factor, &out.value)) return std::nullopt;
  return out;
}

std::optional<Amount> checked_negate(Amount amount) {
  return checked_subtract(Amount{0}, amount);
}

std::string format_amount(Amount amount, unsigned scale) {
  invariant(scale <= kScaleMax, "scale of an amount is checked where it enters");
  const bool negative = amount.value < 0;
  std::uint64_t magnitude = static_cast<std::uint64_t>(amount.value);
  if (negative) magnitude = 0 - magnitude;
  std::string digits = std::to_string(magnitude);
  if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
  if (scale > 0) digits.insert(digits.size() - scale, ".");
  return (negative ? "-" : "") + digits;
}

Result<Amount> parse_amount(std::string_view text, unsigned scale) {
  const auto refuse = [&] {
    std::string wanted = "a number";
    wanted += scale == 0 ? " without decimals" : " with at most " + std::to_string(scale) + " decimals";
    return make_error(ErrorCode::invalid_field, "", "is \"" + std::string(text) + "\"", wanted + ", such as 3");
  };
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  const auto point = rest.find('.');
  const std::string_view whole = rest.substr(0, point);
  const std::string_view part = point == rest.npos ? std::string_view{} : rest.substr(point + 1);
  if (whole.empty() || (point != rest.npos && part.empty()) || part.size() > scale) return refuse();
  std::string digits(whole);
  digits += part;
  digits.append(scale - part.size(), '0');
  // Gathered on the negative side, whose range is the larger by one.
  std::int64_t total = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return refuse();
    if (__builtin_mul_overflow(total, 10, &total) || __builtin_sub_overflow(total, c - '0', &total))
      return make_error(ErrorCode::overflow, "", "is \"" + std::string(text) + "\"", "a smaller number");
  }
  if (negative) return Amount{total};
  const auto positive = checked_negate(Amount{total});
  if (!positive) return make_error(ErrorCode::overflow, "", "is \"" + std::string(text) + "\"", "a smaller number");
  return *positive;
}

}  // namespace tally
