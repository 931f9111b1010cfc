// Purpose: accounts and their entries: every change of a score goes through post().
// Thread rule: the executing thread only.
// Invariant: score = sum of the entries' changes; AccountRecord::history is the digest chain of the entries.
#pragma once

#include "contracts/call.h"

namespace tally::contracts {

// An account with the book whose rules it follows.
struct Ledger {
  ledger::State& state;
  const Rulebook& rulebook;
  const Book& book;
  SubjectHandle subject;

  [[nodiscard]] AccountId id() const { return {rulebook.id, book.code, subject}; }
};

Result<AccountRecord> account_of(const Call& call, const AccountId& id, std::string_view clause);
AccountRecord load_account(const ledger::State& state, const AccountId& id);
void save_account(ledger::State& state, const AccountId& id, const AccountRecord& account);
Entry load_entry(const ledger::State& state, const AccountId& id, std::uint64_t index);

// Opens the account: its first entry, and its first period if the book has periods.
std::uint64_t open(const Ledger& ledger, AccountRecord& account, Entry& entry);

// What is left of a change between floor and cap. Never turns a change around, even where a later version of the
// rulebook drew the bounds closer than an old score.
Amount clip(const Book& book, Amount score, Amount change);
// The clipped change that takes an entry back: nothing if the entry's period is over.
Amount take_back(const Book& book, const AccountRecord& account, std::uint64_t index, const Entry& entry);

// Appends the entry, whose `change` is already clipped, sets its score, and saves the account. Returns its index.
std::uint64_t post(const Ledger& ledger, AccountRecord& account, Entry& entry);

// Posts what block time alone brings about, under no rule and by nobody.
struct Timed {
  TimerKind timer = TimerKind::lots;
  EntryKind kind = EntryKind::lapse;
  Amount asked;
  Amount change;
};
DueEvent post_timed(const Ledger& ledger, AccountRecord& account, const Timed& what, const ledger::BlockContext& block);
// A book's new period begins: the score goes back to the start.
DueEvent reset_account(const Ledger& ledger, const ledger::BlockContext& block);

// H(previous, entry bytes): the link of an account's digest chain.
Digest chain_digest(const Digest& previous, ByteView entry);

}  // namespace tally::contracts
