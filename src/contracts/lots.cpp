#include "contracts/lots.h"

#include <algorithm>

#include "common/invariant.h"
#include "common/time.h"
#include "contracts/timers.h"

namespace tally::contracts {

namespace {

Bytes lots_key(const AccountId& id) {
  Bytes key;
  append(key, as_bytes("lots"));
  append(key, account_key(id));
  return key;
}

LotsRecord load_lots(const ledger::State& state, const AccountId& id) {
  const auto bytes = state.get(lots_key(id));
  if (!bytes) return {};
  auto record = decode<LotsRecord>(*bytes);
  invariant(record.has_value(), "lots in the state decode");
  return *std::move(record);
}

Timer timer_of(const AccountId& id, const LotsRecord& record) {
  return {record.lots.front().lapses, TimerKind::lots, encode(id)};
}

void save_lots(const Ledger& ledger, const LotsRecord& before, const LotsRecord& after) {
  const AccountId id = ledger.id();
  const bool same_timer =
      !before.lots.empty() && !after.lots.empty() && before.lots.front().lapses == after.lots.front().lapses;
  if (!same_timer && !before.lots.empty()) stop_timer(ledger.state, timer_of(id, before));
  if (!same_timer && !after.lots.empty()) start_timer(ledger.state, timer_of(id, after));
  if (after.lots.empty())
    ledger.state.erase(lots_key(id));
  else
    ledger.state.put(lots_key(id), encode(after));
}

// The beginning of the month after `months` whole ones.
TimestampMs lapse_of(TimestampMs event_time, std::uint32_t months) {
  const auto day = calendar_day(event_time);
  const TimestampMs midnight{event_time.value / kDayMs * kDayMs};
  const TimestampMs month{midnight.value - (day.day - 1) * kDayMs};
  return add_months(month, months + 1);
}

void give(LotsRecord& record, TimestampMs lapses, Amount points) {
  auto place = std::find_if(record.lots.begin(), record.lots.end(),
                            [&](const Lot& lot) { return lot.lapses.value >= lapses.value; });
  if (place == record.lots.end() || place->lapses != lapses) place = record.lots.insert(place, Lot{lapses, Amount{0}});
  place->left.value += points.value;
}

void use_up(Lot& lot, std::int64_t& points) {
  const auto used = std::min(lot.left.value, points);
  lot.left.value -= used;
  points -= used;
}

}  // namespace

void count_lots(const Ledger& ledger, EntryKind kind, Amount change, TimestampMs event_time) {
  if (!ledger.book.lapse_months || change.value == 0 || kind == EntryKind::opening || kind == EntryKind::lapse) return;
  const LotsRecord before = load_lots(ledger.state, ledger.id());
  LotsRecord after = before;
  if (kind == EntryKind::reset) {
    after.lots.clear();
  } else if (change.value > 0) {
    give(after, lapse_of(event_time, *ledger.book.lapse_months), change);
  } else {
    std::int64_t points = -change.value;
    // An award that is taken back leaves its own month, then what is newest; anything else the oldest.
    if (kind == EntryKind::reversal) {
      const auto own = lapse_of(event_time, *ledger.book.lapse_months);
      for (auto& lot : after.lots)
        if (lot.lapses == own) use_up(lot, points);
      for (auto lot = after.lots.rbegin(); lot != after.lots.rend(); ++lot) use_up(*lot, points);
    } else {
      for (auto& lot : after.lots) use_up(lot, points);
    }
    std::erase_if(after.lots, [](const Lot& lot) { return lot.left.value == 0; });
  }
  save_lots(ledger, before, after);
}

DueEvent lapse_lots(const Ledger& ledger, const ledger::BlockContext& block) {
  const LotsRecord before = load_lots(ledger.state, ledger.id());
  LotsRecord after = before;
  std::int64_t gone = 0;
  std::erase_if(after.lots, [&](const Lot& lot) {
    if (lot.lapses > block.time) return false;
    gone += lot.left.value;
    return true;
  });
  save_lots(ledger, before, after);
  AccountRecord account = load_account(ledger.state, ledger.id());
  const Amount asked{-gone};
  const Amount change = clip(ledger.book, account.score, asked);
  return post_timed(ledger, account, {TimerKind::lots, EntryKind::lapse, asked, change}, block);
}

}  // namespace tally::contracts
