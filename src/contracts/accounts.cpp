#include "contracts/accounts.h"

#include "common/invariant.h"
#include "contracts/unit.h"
#include "crypto/digest.h"

namespace tally::contracts {

AccountRecord load_account(const ledger::State& state, const RulebookId& rulebook, const SubjectHandle& subject) {
  const auto bytes = state.get(account_key(rulebook, subject));
  invariant(bytes.has_value(), "an account with cases is open");
  auto record = decode<AccountRecord>(*bytes);
  invariant(record.has_value(), "an account in the state decodes");
  return *record;
}

Result<AccountRecord> account_of(const Call& call, const RulebookId& rulebook, const SubjectHandle& subject,
                                 std::string_view clause) {
  const auto bytes = call.state.get(account_key(rulebook, subject));
  if (!bytes)
    return refusal(ErrorCode::not_registered, clause,
                   "subject " + subject.hex() + " has no account under " + excerpt(rulebook, 80), "open_account first");
  auto record = decode<AccountRecord>(*bytes);
  invariant(record.has_value(), "an account in the state decodes");
  return record;
}

void save_account(ledger::State& state, const RulebookId& rulebook, const SubjectHandle& subject,
                  const AccountRecord& account) {
  state.put(account_key(rulebook, subject), encode(account));
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

Digest chain_digest(const Digest& previous, ByteView entry) {
  return crypto::digest(crypto::kHistoryDomain, previous.view(), entry);
}

std::uint64_t post(ledger::State& state, const RulebookId& rulebook, const SubjectHandle& subject,
                   AccountRecord& account, Entry& entry) {
  const auto score = checked_add(account.score, entry.change);
  invariant(score.has_value(), "a clipped change does not overflow");
  account.score = *score;
  entry.score = *score;
  Bytes bytes = encode(entry);
  account.history = chain_digest(account.history, bytes);
  const std::uint64_t index = account.entries++;
  Bytes key = account_key(rulebook, subject);
  state.append_history(key, index, std::move(bytes));
  state.put(key, encode(account));
  return index;
}

}  // namespace tally::contracts
