#include "contracts/counters.h"

#include <boost/describe/enum_to_string.hpp>

#include "common/invariant.h"
#include "common/time.h"

namespace tally::contracts {

namespace {

template <class Record>
Record load(const ledger::State& state, const Bytes& key) {
  const auto bytes = state.get(key);
  if (!bytes) return {};
  auto record = decode<Record>(*bytes);
  invariant(record.has_value(), "a counter in the state decodes");
  return *std::move(record);
}

// A period is over for good when it lies before the one that holds the oldest event still admitted.
void prune(CounterRecord& record, TimestampMs oldest_event) {
  std::erase_if(record.periods, [&](const PeriodUsage& usage) {
    return usage.per != Period::account && usage.period < period_of(usage.per, oldest_event);
  });
}

bool counts_by(const Rule& rule, Period per) {
  return std::any_of(rule.limits.begin(), rule.limits.end(), [&](const Limit& limit) { return limit.per == per; });
}

constexpr Period kTimePeriods[] = {Period::day,     Period::week, Period::month,
                                   Period::quarter, Period::year, Period::account};

bool counts_by_time(const Rule& rule) {
  return std::any_of(std::begin(kTimePeriods), std::end(kTimePeriods),
                     [&](Period per) { return counts_by(rule, per); });
}

// Null if nothing of it has been used and `create` is false.
Usage* usage_of(CounterRecord& record, Period per, TimestampMs event_time, bool create) {
  const auto period = period_of(per, event_time);
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

// Adds the use to what was used so far in this period, and holds every limit on it.
Status add_use(const Use& use, Period per, Usage& used) {
  const auto points = checked_add(used.points, use.amount.points);
  if (!points)
    return refusal(ErrorCode::overflow, use.rule.code, "the points counted so far overflow", "a smaller amount");
  used = {used.times + use.amount.times, used.quantity + use.amount.quantity, *points};
  for (const auto& limit : use.rule.limits)
    if (limit.per == per)
      if (auto checked = check_limit(use, limit, used); !checked) return checked;
  return {};
}

void take_use(const Use& use, Usage& used) {
  used.times -= std::min(used.times, use.amount.times);
  used.quantity -= std::min(used.quantity, use.amount.quantity);
  used.points.value -= std::min(used.points.value, use.amount.points.value);
}

}  // namespace

Status count_use(const Call& call, const Use& use) {
  Bytes papers_key;
  Usage papers;
  if (counts_by(use.rule, Period::evidence)) {
    papers_key = evidence_key(use.rulebook.id, use.subject, use.rule.code, use.evidence);
    papers = load<Usage>(call.state, papers_key);
    if (auto added = add_use(use, Period::evidence, papers); !added) return added;
  }
  if (counts_by_time(use.rule)) {
    Bytes key = counter_key(use.rulebook.id, use.subject, use.rule.code);
    auto record = load<CounterRecord>(call.state, key);
    const std::uint64_t span = use.rulebook.event_span_days * kDayMs;
    prune(record, TimestampMs{call.now().value > span ? call.now().value - span : 0});
    for (const Period per : kTimePeriods) {
      if (!counts_by(use.rule, per)) continue;
      if (auto added = add_use(use, per, *usage_of(record, per, use.event_time, true)); !added) return added;
    }
    call.state.put(key, encode(record));
  }
  if (!papers_key.empty()) call.state.put(papers_key, encode(papers));
  return {};
}

void release_use(ledger::State& state, const Use& use) {
  if (counts_by(use.rule, Period::evidence)) {
    const Bytes key = evidence_key(use.rulebook.id, use.subject, use.rule.code, use.evidence);
    auto papers = load<Usage>(state, key);
    take_use(use, papers);
    if (papers.times == 0)
      state.erase(key);
    else
      state.put(key, encode(papers));
  }
  if (!counts_by_time(use.rule)) return;
  const Bytes key = counter_key(use.rulebook.id, use.subject, use.rule.code);
  auto record = load<CounterRecord>(state, key);
  for (const Period per : kTimePeriods)
    if (Usage* used = usage_of(record, per, use.event_time, false)) take_use(use, *used);
  std::erase_if(record.periods, [](const PeriodUsage& item) { return item.used.times == 0; });
  if (record.periods.empty())
    state.erase(key);
  else
    state.put(key, encode(record));
}

}  // namespace tally::contracts
