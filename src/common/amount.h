// Purpose: points as exact fixed-point numbers. An Amount counts the smallest units of its book; the
// rulebook's scale says how many decimals that is (scale 1: 105 is 10.5 points).
// Thread rule: plain values. No floating point anywhere.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/error.h"
#include "common/strong.h"

namespace tally {

using Amount = Strong<struct AmountTag, std::int64_t>;

inline constexpr unsigned kScaleMax = 6;

// nullopt on overflow.
std::optional<Amount> checked_add(Amount left, Amount right);
std::optional<Amount> checked_subtract(Amount left, Amount right);
std::optional<Amount> checked_multiply(Amount left, std::int64_t factor);
std::optional<Amount> checked_negate(Amount amount);

// "-10.5" for Amount{-105} at scale 1; always `scale` decimals.
std::string format_amount(Amount amount, unsigned scale);
// Accepts an optional sign, digits, and at most `scale` decimals ("3", "+3.5", "-0.5").
Result<Amount> parse_amount(std::string_view text, unsigned scale);

}  // namespace tally
