#include "contracts/accounts.h"

#include "common/invariant.h"
#include "common/time.h"
#include "contracts/lots.h"
#include "contracts/periods.h"
#include "contracts/ratings.h"
#include "contracts/sums.h"
#include "contracts/timers.h"
#include "contracts/unit.h"
#include "crypto/digest.h"

namespace tally::contracts {

AccountRecord load_account(const ledger::State& state, const AccountId& id) {
  const auto bytes = state.get(account_key(id));
  invariant(bytes.has_value(), "an account with cases is open");
  auto record = decode<AccountRecord>(*bytes);
  invariant(record.has_value(), "an account in the state decodes");
  return *record;
}

Result<AccountRecord> account_of(const Call& call, const AccountId& id, std::string_view clause) {
  const auto bytes = call.state.get(account_key(id));
  if (!bytes)
    return refusal(ErrorCode::not_registered, clause,
                   "subject " + id.subject.hex() + " has no account under " + excerpt(id.rulebook, 80),
                   "open_account first");
  auto record = decode<AccountRecord>(*bytes);
  invariant(record.has_value(), "an account in the state decodes");
  return record;
}

void save_account(ledger::State& state, const AccountId& id, const AccountRecord& account) {
  state.put(account_key(id), encode(account));
}

Entry load_entry(const ledger::State& state, const AccountId& id, std::uint64_t index) {
  const auto bytes = state.history(history_list(id), index);
  invariant(bytes.has_value(), "an entry that is named is in the history");
  auto entry = decode<Entry>(*bytes);
  invariant(entry.has_value(), "an entry in the history decodes");
  return *std::move(entry);
}

namespace {

Timer reset_timer(const Ledger& ledger, TimestampMs now) {
  return {period_end(*ledger.book.resets, now), TimerKind::book_reset, encode(ledger.id())};
}

}  // namespace

std::uint64_t open(const Ledger& ledger, AccountRecord& account, Entry& entry) {
  entry.kind = EntryKind::opening;
  entry.asked = ledger.book.start;
  entry.change = entry.asked;
  if (ledger.book.resets) start_timer(ledger.state, reset_timer(ledger, entry.block_time));
  return post(ledger, account, entry);
}

DueEvent post_timed(const Ledger& ledger, AccountRecord& account, const Timed& what,
                    const ledger::BlockContext& block) {
  Entry entry;
  entry.kind = what.kind;
  entry.rulebook_version = ledger.rulebook.version;
  entry.asked = what.asked;
  entry.change = what.change;
  entry.event_time = block.time;
  entry.block_time = block.time;
  entry.height = block.height;
  DueEvent event;
  event.kind = what.timer;
  event.rulebook = ledger.rulebook.id;
  event.subject = ledger.subject;
  event.code = ledger.book.code;
  event.entry = post(ledger, account, entry);
  event.change = entry.change;
  event.score = entry.score;
  return event;
}

DueEvent reset_account(const Ledger& ledger, const ledger::BlockContext& block) {
  AccountRecord account = load_account(ledger.state, ledger.id());
  account.period_from = account.entries;
  // A version in force may have done away with the periods.
  if (ledger.book.resets) start_timer(ledger.state, reset_timer(ledger, block.time));
  const Amount change{ledger.book.start.value - account.score.value};
  return post_timed(ledger, account, {TimerKind::book_reset, EntryKind::reset, change, change}, block);
}

Amount clip(const Book& book, Amount score, Amount change) {
  // Bounds and scores are bounded by the rulebook check, far from the ends of the range.
  if (change.value >= 0) {
    const auto room = std::max<std::int64_t>(0, checked_subtract(book.cap, score).value_or(Amount{0}).value);
    return Amount{std::min(change.value, room)};
  }
  const auto room = std::min<std::int64_t>(0, checked_subtract(book.floor, score).value_or(Amount{0}).value);
  return Amount{std::max(change.value, room)};
}

Amount take_back(const Book& book, const AccountRecord& account, std::uint64_t index, const Entry& entry) {
  if (index < account.period_from) return Amount{0};
  return clip(book, account.score, Amount{-entry.change.value});
}

Digest chain_digest(const Digest& previous, ByteView entry) {
  return ledger::history_link(previous, entry);
}

namespace {

// Both are written with every entry, into room that is taken once and holds all but the longest.
template <class T>
Bytes encode_at_once(const T& item) {
  constexpr std::size_t kUsualBytes = 320;
  Bytes out;
  out.reserve(kUsualBytes);
  encode_into(out, item);
  out.shrink_to_fit();
  return out;
}

}  // namespace

std::uint64_t post(const Ledger& ledger, AccountRecord& account, Entry& entry) {
  const auto score = checked_add(account.score, entry.change);
  invariant(score.has_value(), "a clipped change does not overflow");
  account.score = *score;
  entry.score = *score;
  Bytes bytes = encode_at_once(entry);
  account.history = chain_digest(account.history, bytes);
  const std::uint64_t index = account.entries++;
  Bytes key = account_key(ledger.id());
  ledger.state.append_history(key, index, std::move(bytes));
  ledger.state.put(key, encode_at_once(account));
  const TimestampMs of =
      entry.reverses ? load_entry(ledger.state, ledger.id(), *entry.reverses).event_time : entry.event_time;
  count_lots(ledger, entry.kind, entry.change, of);
  count_sums(ledger, entry);
  plan_rating(ledger, entry.block_time);
  return index;
}

}  // namespace tally::contracts
