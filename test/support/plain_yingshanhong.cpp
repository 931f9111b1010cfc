#include "support/plain_yingshanhong.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace tally::plain {

namespace {

constexpr std::uint64_t kMinute = 60ULL * 1000;
constexpr std::uint64_t kHour = 60 * kMinute;
constexpr std::uint64_t kDay = 24 * kHour;

struct Change {
  std::uint64_t time = 0;
  std::size_t villager = 0;
  std::int64_t hundredths = 0;
};

std::int64_t half_up(std::int64_t value, std::int64_t by, std::int64_t divisor) {
  return (value * by * 2 + divisor) / (divisor * 2);
}

// Nobody falls below nothing.
std::vector<std::int64_t> added_up(std::vector<Change> changes, std::size_t villagers, std::uint64_t until) {
  std::stable_sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) { return a.time < b.time; });
  std::vector<std::int64_t> points(villagers, 0);
  for (const Change& change : changes)
    if (change.time < until)
      points[change.villager] = std::max<std::int64_t>(0, points[change.villager] + change.hundredths);
  return points;
}

void take(std::vector<Change>& changes, const std::vector<scenario::PlainDeduction>& deductions) {
  for (const auto& taken : deductions)
    if (!taken.upheld) changes.push_back({taken.endorsed_ms + 10 * kDay, taken.villager, -100 * taken.points});
}

std::uint64_t settled_at(const scenario::PlainDuty& duty) {
  const std::uint64_t led = duty.leader != 0 ? duty.leader_ms : duty.out_ms + 72 * kHour;
  const std::uint64_t checked = duty.spot != 0 ? duty.spot_ms : led + 48 * kHour;
  return checked + 24 * kHour;
}

}  // namespace

std::int64_t points_of_duty(const scenario::PlainDuty& duty) {
  const auto minutes = (duty.out_ms - duty.in_ms) / kMinute;
  const auto half_hours = static_cast<std::int64_t>(std::min<std::uint64_t>(16, minutes / 30));
  std::int64_t points = 100 * half_hours;
  if (duty.epidemic) points = half_up(points, 15, 10);
  if (duty.leader != 0) points = half_up(points, duty.leader, 100);
  if (duty.spot != 0) points = half_up(points, duty.spot, 100);
  const auto count = static_cast<std::int64_t>(duty.stars.size());
  if (count < 3) return points;
  const auto sum = std::accumulate(duty.stars.begin(), duty.stars.end(), std::int64_t{0});
  if (sum * 10 >= 45 * count) return half_up(points, 105, 100);
  if (sum * 10 < 25 * count) return half_up(points, 90, 100);
  return points;
}

std::vector<std::int64_t> duty_scores(const scenario::NeighbourEvents& events, std::size_t villagers,
                                      std::uint64_t until_ms) {
  std::vector<Change> changes;
  for (const auto& duty : events.duties) changes.push_back({settled_at(duty), duty.villager, points_of_duty(duty)});
  for (const auto& spent : events.spendings) changes.push_back({spent.spent_ms, spent.villager, -100 * spent.points});
  take(changes, events.reports);
  return added_up(std::move(changes), villagers, until_ms);
}

std::int64_t points_of_week(std::vector<std::uint32_t> stars) {
  if (stars.size() < 5) return 0;
  std::sort(stars.begin(), stars.end());
  const auto left_out = static_cast<std::ptrdiff_t>(stars.size() / 5);
  const auto sum = std::accumulate(stars.begin() + left_out, stars.end() - left_out, std::int64_t{0});
  const auto count = static_cast<std::int64_t>(stars.size()) - 2 * left_out;
  if (sum * 10 >= 45 * count) return 500;
  return sum >= 4 * count ? 300 : 0;
}

std::vector<std::int64_t> plots_scores(const scenario::NeighbourEvents& events, std::size_t villagers,
                                       std::uint64_t until_ms) {
  std::vector<Change> changes;
  std::map<std::pair<std::size_t, std::uint64_t>, int> of_day;
  for (const auto& round : events.rounds) {
    for (const auto rater : round.raters) {
      const std::uint64_t day = (round.rated_ms + 8 * kHour) / kDay;  // of China
      if (++of_day[{rater, day}] <= 10) changes.push_back({round.rated_ms, rater, 100});
    }
    changes.push_back({round.opened_ms + 7 * kDay, round.holder, points_of_week(round.stars)});
  }
  for (const auto& welfare : events.welfare)
    if (welfare.verified >= 5) changes.push_back({welfare.verified_ms, welfare.villager, 1000});
  take(changes, events.weak);
  return added_up(std::move(changes), villagers, until_ms);
}

std::vector<bool> sold(const scenario::NeighbourEvents& events, std::size_t villagers) {
  const auto points = plots_scores(events, villagers, events.sale_ms);
  std::vector<std::size_t> order(events.listings.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return points[events.listings[a].villager] > points[events.listings[b].villager];
  });
  std::vector<bool> out(events.listings.size(), false);
  std::int64_t left = events.sale_kg;
  for (const auto listing : order) {
    if (events.listings[listing].kg > left) break;
    left -= events.listings[listing].kg;
    out[listing] = true;
  }
  return out;
}

}  // namespace tally::plain
