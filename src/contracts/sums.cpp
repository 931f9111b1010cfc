#include "contracts/sums.h"

#include <algorithm>

#include "common/invariant.h"
#include "common/time.h"

namespace tally::contracts {

namespace {

Bytes sum_key(const RulebookId& rulebook, const Sum& sum, const SubjectHandle& subject) {
  return unit_index_key("sum/" + rulebook, sum.code, subject.view());
}

SumRecord load(const ledger::State& state, const Bytes& key) {
  const auto bytes = state.get(key);
  if (!bytes) return {};
  auto record = decode<SumRecord>(*bytes);
  invariant(record.has_value(), "a sum in the state decodes");
  return *std::move(record);
}

bool within(const Sum& sum, std::uint32_t day, TimestampMs now) {
  return add_months(TimestampMs{day * kDayMs}, sum.months) > now;
}

// What an entry counts for; nothing if the sum is of something else.
std::optional<Amount> part_of(const Sum& sum, const Book& book, const Entry& entry) {
  const EntryKind wanted = sum.of == SumOf::awarded ? EntryKind::award
                           : sum.of == SumOf::spent ? EntryKind::spending
                                                    : EntryKind::deduction;
  if (entry.kind != wanted || (!sum.book.empty() && sum.book != book.code)) return std::nullopt;
  if (!sum.rules.empty() && std::find(sum.rules.begin(), sum.rules.end(), entry.rule) == sum.rules.end())
    return std::nullopt;
  return Amount{std::abs(entry.asked.value)};
}

void add(SumRecord& record, std::uint32_t day, Amount amount) {
  auto place = std::find_if(record.days.begin(), record.days.end(), [&](const DaySum& at) { return at.day >= day; });
  if (place == record.days.end() || place->day != day) place = record.days.insert(place, DaySum{day, Amount{0}});
  place->amount.value += amount.value;
}

void take(SumRecord& record, std::uint32_t day, Amount amount) {
  for (auto& at : record.days)
    if (at.day == day) at.amount.value -= std::min(at.amount.value, amount.value);
  std::erase_if(record.days, [](const DaySum& at) { return at.amount.value == 0; });
}

}  // namespace

void count_sums(const Ledger& ledger, const Entry& entry) {
  if (ledger.rulebook.sums.empty()) return;
  const bool takes_back = entry.reverses.has_value();
  const Entry counted = takes_back ? load_entry(ledger.state, ledger.id(), *entry.reverses) : entry;
  const auto day = static_cast<std::uint32_t>(counted.event_time.value / kDayMs);
  for (const auto& sum : ledger.rulebook.sums) {
    const auto part = part_of(sum, ledger.book, counted);
    if (!part || !within(sum, day, entry.block_time)) continue;
    const Bytes key = sum_key(ledger.rulebook.id, sum, ledger.subject);
    SumRecord record = load(ledger.state, key);
    std::erase_if(record.days, [&](const DaySum& at) { return !within(sum, at.day, entry.block_time); });
    if (takes_back)
      take(record, day, *part);
    else
      add(record, day, *part);
    if (record.days.empty())
      ledger.state.erase(key);
    else
      ledger.state.put(key, encode(record));
  }
}

Amount sum_of(const ledger::State& state, const RulebookId& rulebook, const Sum& sum, const SubjectHandle& subject,
              TimestampMs now) {
  Amount total;
  for (const auto& at : load(state, sum_key(rulebook, sum, subject)).days)
    if (within(sum, at.day, now)) total.value += at.amount.value;
  return total;
}

}  // namespace tally::contracts
