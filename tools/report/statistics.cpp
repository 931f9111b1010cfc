#include "report/statistics.h"

#include <algorithm>

namespace tally::report {

namespace {

__extension__ using Wide = unsigned __int128;

std::uint64_t distance(std::uint64_t left, std::uint64_t right) {
  return left > right ? left - right : right - left;
}

}  // namespace

std::uint64_t median(std::vector<std::uint64_t> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Peers peers_of(const std::vector<std::uint64_t>& permilles) {
  Peers out{permilles.size(), median(permilles), 0};
  std::vector<std::uint64_t> distances;
  distances.reserve(permilles.size());
  for (const auto value : permilles) distances.push_back(distance(value, out.median));
  out.deviation = median(std::move(distances));
  return out;
}

bool unlike(std::uint64_t permille, const Peers& peers, Side side) {
  if (peers.count < kPeersFrom || (side == Side::above && permille <= peers.median)) return false;
  const std::uint64_t apart = distance(permille, peers.median);
  return apart > kDeviations * peers.deviation && apart > kPermilleApart;
}

std::uint64_t permille(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<std::uint64_t>(static_cast<Wide>(part) * 1000 / whole);
}

}  // namespace tally::report
