// Purpose: who is unlike their peers, by a statistic that can be checked by hand: the median of all, and the median
// absolute deviation from it (MAD). Integers only, so that the answer is the same everywhere.
// Thread rule: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tally::report {

inline constexpr std::size_t kPeersFrom = 4;          // people; fewer are no measure
inline constexpr std::uint64_t kDeviations = 5;       // MADs; of a normal distribution 3.4 standard deviations
inline constexpr std::uint64_t kPermilleApart = 100;  // and so far at least, where all others are alike

enum class Side : bool { above, either };

struct Peers {
  std::size_t count = 0;
  std::uint64_t median = 0;
  std::uint64_t deviation = 0;  // the MAD
};

// The middle value; of an even number of values the smaller of the two in the middle. 0 of none.
std::uint64_t median(std::vector<std::uint64_t> values);
Peers peers_of(const std::vector<std::uint64_t>& permilles);
// Further from the median than kDeviations times the MAD, and than kPermilleApart. Never among fewer than kPeersFrom.
bool unlike(std::uint64_t permille, const Peers& peers, Side side);

// Rounded down; exact for all 64-bit values. 0 of nothing.
std::uint64_t permille(std::uint64_t part, std::uint64_t whole);

}  // namespace tally::report
