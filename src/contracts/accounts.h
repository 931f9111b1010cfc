// Purpose: accounts and their entries: every change of a score goes through post().
// Thread rule: the executing thread only.
// Invariant: score = sum of the entries' changes; AccountRecord::history is the digest chain of the entries.
#pragma once

#include "contracts/call.h"

namespace tally::contracts {

Result<AccountRecord> account_of(const Call& call, const RulebookId& rulebook, const SubjectHandle& subject,
                                 std::string_view clause);
AccountRecord load_account(const ledger::State& state, const RulebookId& rulebook, const SubjectHandle& subject);
void save_account(ledger::State& state, const RulebookId& rulebook, const SubjectHandle& subject,
                  const AccountRecord& account);

// What is left of a change between floor and cap. Never turns a change around, even where a later version of the
// rulebook drew the bounds closer than an old score.
Amount clip(const Book& book, Amount score, Amount change);

// Appends the entry, whose `change` is already clipped, sets its score, and saves the account. Returns its index.
std::uint64_t post(ledger::State& state, const RulebookId& rulebook, const SubjectHandle& subject,
                   AccountRecord& account, Entry& entry);

// H(previous, entry bytes): the link of an account's digest chain.
Digest chain_digest(const Digest& previous, ByteView entry);

}  // namespace tally::contracts
