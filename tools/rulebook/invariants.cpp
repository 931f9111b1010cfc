#include "rulebook/invariants.h"

#include <sstream>

#include "common/time.h"
#include "contracts/accounts.h"
#include "ledger/audit.h"

namespace tally::rulebook {

using namespace contracts;

namespace {

RulebookPtr version_of(const World& world, const RulebookId& id, std::uint32_t version) {
  return World::must(world.queries().rulebook_version(world.reader(), id, version));
}

bool is_open(CaseState state) {
  return state == CaseState::proposed || state == CaseState::endorsed || state == CaseState::disputed;
}

// The entries by themselves.
std::string broken_entries(const World& world, const Account& account, const AccountRecord& record) {
  Amount sum;
  Digest history;
  const auto entries = world.entries(account);
  if (entries.size() != record.entries)
    return std::to_string(entries.size()) + " entries are kept, and it says " + std::to_string(record.entries);
  std::map<std::uint32_t, RulebookPtr> versions;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& entry = entries[i];
    const std::string label = "entry " + std::to_string(i);
    auto& rulebook = versions[entry.rulebook_version];
    if (rulebook == nullptr) rulebook = version_of(world, account.rulebook, entry.rulebook_version);
    sum.value += entry.change.value;
    if (sum != entry.score)
      return label + " says the score " + rulebook->points(entry.score) + ", and the changes add up to " +
             rulebook->points(sum);
    const Book* book = rulebook->book(account.book);
    // Another version's bounds may have left an older score outside; the change must not lead further out.
    const bool out_above = entry.score > book->cap && entry.change.value > 0;
    const bool out_below = entry.score < book->floor && entry.change.value < 0;
    if (out_above || out_below)
      return label + " leaves the score " + rulebook->points(entry.score) + ", outside " +
             rulebook->points(book->floor) + " to " + rulebook->points(book->cap);
    history = chain_digest(history, encode(entry));
  }
  if (sum != record.score)
    return "its score is " + world.points_text(record.score) + ", and its entries add up to " + world.points_text(sum);
  if (history != record.history) return "the digest chain over its entries is not the one it keeps";
  return {};
}

std::string broken_account(const World& world, const Account& account) {
  const auto bytes = World::must(world.reader().get(storage::Column::state, account_key(account)));
  const auto record = World::must(decode<AccountRecord>(*bytes));
  const auto subject = World::must(world.queries().subject(world.reader(), account.subject));
  if (auto broken = broken_entries(world, account, record); !broken.empty()) return broken;
  std::uint32_t open = 0;
  for (const auto& item : World::must(world.queries().cases_of_subject(world.reader(), account.subject))) {
    if (item.record.rulebook != account.rulebook || !is_open(item.record.state)) continue;
    const auto rulebook = version_of(world, account.rulebook, item.record.rulebook_version);
    const Book* book = rulebook->book_for(*rulebook->rule(item.record.rule), subject.record.kind);
    open += book->code == account.book ? 1 : 0;
  }
  if (open != record.open_cases)
    return std::to_string(open) + " cases are open, and it says " + std::to_string(record.open_cases);
  return {};
}

}  // namespace

std::string broken_invariant(const World& world) {
  if (!world.begun()) return {};
  for (const auto& account : world.accounts())
    if (auto broken = broken_account(world, account); !broken.empty())
      return "account of " + world.name_of(account.subject) + " in book " + account.book + " of " + account.rulebook +
             ": " + broken;
  return broken_work(world);
}

std::string broken_replay(const World& world) {
  std::istringstream file(World::must(world.test_chain().exported()));
  RuleEngine engine;
  ledger::AuditOptions options;
  options.expected_chain = world.chain().id();
  options.threads = 1;
  const auto verdict = ledger::audit_chain_file(file, engine, options);
  if (!verdict.passed) {
    const auto& failure = *verdict.failure;
    return "block " + std::to_string(failure.height.value) + ", " + failure.what + ": " + failure.found +
           "; expected " + failure.expected;
  }
  const auto& root = world.chain().head().header.state_root;
  if (verdict.state_root != root) return "state root " + verdict.state_root.hex() + "; expected " + root.hex();
  return {};
}

}  // namespace tally::rulebook
