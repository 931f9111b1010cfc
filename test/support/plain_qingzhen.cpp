#include "support/plain_qingzhen.h"

#include <algorithm>

namespace tally::plain {

namespace {

using scenario::Happening;
using scenario::Objection;
using scenario::PlainEvent;

constexpr std::uint64_t kTenDays = 10ULL * 24 * 60 * 60 * 1000;

// In tenths of a point.
std::int64_t points_of(const PlainEvent& event) {
  switch (event.what) {
    case Happening::season_contract:
      return 30;
    case Happening::repayment_year:
      return 20;
    case Happening::volunteer_hours:
      return 10 * (event.quantity / 4);
    case Happening::breach:
      return -100;
    case Happening::breach_in_court:
      return -200;
    case Happening::overdue_months:
      return -50 * static_cast<std::int64_t>(event.quantity);
    case Happening::elders_neglected:
      return -150;
    case Happening::shortchanged:
      return -100;
    case Happening::taken_back:
      return 0;
  }
  return 0;
}

bool takes_points(const PlainEvent& event) {
  return points_of(event) < 0;
}

struct Moment {
  std::uint64_t time = 0;
  std::size_t event = 0;
};

}  // namespace

std::vector<std::int64_t> qingzhen_scores(const std::vector<PlainEvent>& events, std::size_t households,
                                          std::uint64_t until_ms) {
  std::vector<Moment> moments;
  for (std::size_t i = 0; i < events.size(); ++i) {
    std::uint64_t time = events[i].recorded_ms;
    if (takes_points(events[i])) {
      if (events[i].objection == Objection::upheld) continue;
      // Unchallenged, it counts when the ten days for objecting are over.
      time = events[i].objection == Objection::dismissed ? events[i].resolved_ms : time + kTenDays;
    }
    if (time < until_ms) moments.push_back({time, i});
  }
  std::stable_sort(moments.begin(), moments.end(), [](const Moment& a, const Moment& b) { return a.time < b.time; });

  std::vector<std::int64_t> scores(households, 1000);
  std::vector<std::int64_t> changed(events.size(), 0);
  for (const Moment& moment : moments) {
    const PlainEvent& event = events[moment.event];
    std::int64_t& score = scores[event.household];
    std::int64_t points = points_of(event);
    if (event.what == Happening::taken_back) points = -changed[event.takes_back];
    const std::int64_t after = std::min<std::int64_t>(1200, std::max<std::int64_t>(0, score + points));
    changed[moment.event] = after - score;
    score = after;
  }
  return scores;
}

int qingzhen_stars(std::int64_t score) {
  if (score >= 950) return 5;
  if (score >= 850) return 4;
  if (score >= 750) return 3;
  if (score >= 600) return 2;
  return 1;
}

bool qingzhen_may_apply_for_loan(std::int64_t score) {
  return score >= 600;
}

}  // namespace tally::plain
