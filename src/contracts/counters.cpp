#include "contracts/counters.h"

#include <boost/describe/enum_to_string.hpp>

#include "common/invariant.h"
#include "common/time.h"

namespace tally::contracts {

namespace {

CounterRecord load(const ledger::State& state, const Bytes& key) {
  const auto bytes = state.get(key);
  if (!bytes) return {};
  auto record = decode<CounterRecord>(*bytes);
  invariant(record.has_value(), "a counter in the state decodes");
  return *std::move(record);
}

// The last moment of a period may lie up to a year after its first; a period is over for good when even that
// lies before the span. Judged by the day number, month or year of the oldest event still admitted.
void prune(CounterRecord& record, TimestampMs oldest_event) {
  std::erase_if(record.periods, [&](const PeriodUsage& usage) {
    return usage.per != Period::account && usage.period < period_of(usage.per, oldest_event);
  });
}

// Null if nothing of it has been used and `create` is false.
Usage* usage_of(CounterRecord& record, Period per, const Use& use, bool create) {
  if (per == Period::evidence) {
    for (auto& item : record.evidence)
      if (item.evidence == use.evidence) return &item.used;
    return create ? &record.evidence.emplace_back(EvidenceUsage{use.evidence, {}}).used : nullptr;
  }
  const auto period = period_of(per, use.event_time);
  for (auto& item : record.periods)
    if (item.per == per && item.period == period) return &item.used;
  return create ? &record.periods.emplace_back(PeriodUsage{per, period, {}}).used : nullptr;
}

std::string name_of_period(Period per) {
  if (per == Period::evidence) return "document of evidence";
  return boost::describe::enum_to_string(per, "unknown");
}

Error reached(const Use& use, const Limit& limit, std::string counted, std::string most) {
  return refusal(ErrorCode::limit_reached, use.rule.code,
                 counted + " for this " + name_of_period(limit.per) + " would be over the limit",
                 "at most " + most + " per " + name_of_period(limit.per));
}

Status check_limit(const Use& use, const Limit& limit, const Usage& after) {
  if (limit.times && after.times > *limit.times)
    return reached(use, limit, "use number " + std::to_string(after.times), std::to_string(*limit.times));
  if (limit.quantity && after.quantity > *limit.quantity)
    return reached(use, limit, "a quantity of " + std::to_string(after.quantity), std::to_string(*limit.quantity));
  if (limit.points && after.points > *limit.points)
    return reached(use, limit, use.rulebook.points(after.points) + " points",
                   use.rulebook.points(*limit.points) + " points");
  return {};
}

// Each kind of period once, however many limits go by it.
std::vector<Period> periods_of(const Rule& rule) {
  std::vector<Period> out;
  for (const auto& limit : rule.limits)
    if (std::find(out.begin(), out.end(), limit.per) == out.end()) out.push_back(limit.per);
  return out;
}

}  // namespace

std::uint32_t period_of(Period per, TimestampMs time) {
  switch (per) {
    case Period::day:
      return static_cast<std::uint32_t>(time.value / kDayMs);
    case Period::month: {
      const auto day = calendar_day(time);
      return static_cast<std::uint32_t>(day.year) * 12 + day.month - 1;
    }
    case Period::year:
      return static_cast<std::uint32_t>(calendar_day(time).year);
    case Period::evidence:
    case Period::account:
      return 0;
  }
  return 0;
}

Status count_use(const Call& call, const Use& use) {
  if (use.rule.limits.empty()) return {};
  Bytes key = counter_key(use.rulebook.id, use.subject, use.rule.code);
  CounterRecord record = load(call.state, key);
  const std::uint64_t span = use.rulebook.event_span_days * kDayMs;
  prune(record, TimestampMs{call.now().value > span ? call.now().value - span : 0});
  for (const Period per : periods_of(use.rule)) {
    Usage& used = *usage_of(record, per, use, true);
    const auto points = checked_add(used.points, use.amount.points);
    if (!points)
      return refusal(ErrorCode::overflow, use.rule.code, "the points counted so far overflow", "a smaller amount");
    used = {used.times + use.amount.times, used.quantity + use.amount.quantity, *points};
    for (const auto& limit : use.rule.limits)
      if (limit.per == per)
        if (auto checked = check_limit(use, limit, used); !checked) return checked;
  }
  call.state.put(key, encode(record));
  return {};
}

void release_use(ledger::State& state, const Use& use) {
  if (use.rule.limits.empty()) return;
  const Bytes key = counter_key(use.rulebook.id, use.subject, use.rule.code);
  CounterRecord record = load(state, key);
  for (const Period per : periods_of(use.rule)) {
    Usage* used = usage_of(record, per, use, false);
    if (used == nullptr) continue;  // pruned
    used->times -= std::min(used->times, use.amount.times);
    used->quantity -= std::min(used->quantity, use.amount.quantity);
    used->points.value -= std::min(used->points.value, use.amount.points.value);
  }
  std::erase_if(record.periods, [](const PeriodUsage& item) { return item.used == Usage{}; });
  std::erase_if(record.evidence, [](const EvidenceUsage& item) { return item.used == Usage{}; });
  if (record == CounterRecord{})
    state.erase(key);
  else
    state.put(key, encode(record));
}

}  // namespace tally::contracts
