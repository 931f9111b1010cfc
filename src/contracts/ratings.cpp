#include "contracts/ratings.h"

#include "common/invariant.h"
#include "contracts/consents.h"
#include "contracts/periods.h"
#include "contracts/timers.h"

namespace tally::contracts {

namespace {

Timer next_rating(const Ledger& ledger, TimestampMs now) {
  return {period_end(*ledger.book.rated, now), TimerKind::rating, encode(ledger.id())};
}

// Entries that came after the period are not its own.
Amount score_at(const Ledger& ledger, const AccountRecord& account, TimestampMs time) {
  Amount score = account.score;
  for (std::uint64_t index = account.entries; index-- > 0;) {
    const Entry entry = load_entry(ledger.state, ledger.id(), index);
    if (entry.block_time <= time) break;
    score.value -= entry.change.value;
  }
  return score;
}

}  // namespace

std::optional<RatingRecord> last_rating(const ledger::State& state, const AccountId& id) {
  const auto bytes = state.get(rating_key(id));
  if (!bytes) return std::nullopt;
  const auto record = decode<RatingRecord>(*bytes);
  invariant(record.has_value(), "a rating in the state decodes");
  return *record;
}

void plan_rating(const Ledger& ledger, TimestampMs now) {
  if (!ledger.book.rated) return;
  const Timer timer = next_rating(ledger, now);
  if (!has_timer(ledger.state, timer)) start_timer(ledger.state, timer);
}

DueEvent rate_account(const Ledger& ledger, TimestampMs end) {
  DueEvent event;
  event.kind = TimerKind::rating;
  event.rulebook = ledger.rulebook.id;
  event.subject = ledger.subject;
  event.code = ledger.book.code;
  const TimestampMs last{end.value - 1};
  // A version that began meanwhile may have done away with the ratings, or have longer periods.
  if (!ledger.book.rated || period_end(*ledger.book.rated, last) != end) return event;
  if (ledger.rulebook.needs_consent && !has_consent(ledger.state, ledger.rulebook.id, ledger.subject, {}, last))
    return event;
  const Amount score = score_at(ledger, load_account(ledger.state, ledger.id()), last);
  const RatingRecord record{last, score, ledger.book.band_of(score).stars, ledger.rulebook.version};
  ledger.state.put(rating_key(ledger.id()), encode(record));
  event.score = score;
  event.stars = record.stars;
  return event;
}

}  // namespace tally::contracts
