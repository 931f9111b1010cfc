#include "contracts/reversal.h"

#include <boost/describe/enum_to_string.hpp>

#include "common/invariant.h"
#include "contracts/accounts.h"
#include "contracts/cases.h"
#include "contracts/counters.h"
#include "contracts/effects.h"

namespace tally::contracts {

namespace {

constexpr auto kClause = Reverse::kName;

std::string label_of(std::uint64_t entry) {
  return "entry " + std::to_string(entry);
}

// The entry, if it is one that can be taken back.
Result<Entry> reversible_entry(const Call& call, const AccountId& account, const Reverse& operation) {
  const auto bytes = call.state.history(history_list(account), operation.entry);
  if (!bytes)
    return refusal(ErrorCode::not_found, kClause, label_of(operation.entry) + " does not exist",
                   "the index of an entry in the account's history");
  auto entry = decode<Entry>(*bytes);
  invariant(entry.has_value(), "an entry in the history decodes");
  if (entry->kind != EntryKind::award && entry->kind != EntryKind::deduction && entry->kind != EntryKind::spending)
    return refusal(ErrorCode::wrong_state, kClause,
                   label_of(operation.entry) + " is of kind " + boost::describe::enum_to_string(entry->kind, "unknown"),
                   "an award, a deduction or a spending; a correction is corrected by a new award or deduction");
  if (const auto taken = call.state.get(taken_back_key(account, operation.entry))) {
    const auto by = decode<std::uint64_t>(*taken);
    invariant(by.has_value(), "a mark of a taken-back entry decodes");
    return refusal(ErrorCode::wrong_state, kClause,
                   label_of(operation.entry) + " was taken back by " + label_of(*by) + " already",
                   "an entry that stands");
  }
  return entry;
}

BookCode book_named(const Call& call, const Reverse& operation, SubjectKind kind) {
  if (!operation.book.empty()) return operation.book;
  const auto rulebook = call.shelf.in_force(call.state, operation.rulebook, call.now());
  const Book* main = rulebook == nullptr ? nullptr : rulebook->book(kind);
  return main == nullptr ? BookCode{} : main->code;
}

void free_limits(Call& call, const Reverse& operation, const Rulebook& rulebook, const Entry& entry) {
  if (entry.kind == EntryKind::deduction && entry.case_number)
    return end_reversed_case(call.state, call.shelf, *entry.case_number);
  const Rule* rule = rulebook.rule(entry.rule);
  invariant(rule != nullptr, "an award's rule is in its version of the rulebook");
  release_use(call.state, {rulebook, *rule, operation.subject, entry.event_time, entry.evidence,
                           Usage{1, entry.quantity, entry.change}});
}

}  // namespace

Outcome reverse(Call& call, const Reverse& operation) {
  const auto author = author_of(call, kClause);
  if (!author) return author.error();
  const auto subject = subject_of(call, operation.subject, kClause);
  if (!subject) return subject.error();
  const AccountId id{operation.rulebook, book_named(call, operation, subject->kind), operation.subject};
  auto account = account_of(call, id, kClause);
  if (!account) return account.error();
  const auto old = reversible_entry(call, id, operation);
  if (!old) return old.error();
  const auto rulebook = call.shelf.version(call.state, operation.rulebook, old->rulebook_version);
  invariant(rulebook != nullptr, "an entry's version of its rulebook is deployed");
  const auto& roles = rulebook->corrections;
  if (auto role = check_role(**author, roles.proposer_roles, kClause); !role) return role.error();
  if (auto reach = check_reach(**author, subject->unit, kClause); !reach) return reach.error();
  if (auto stake = check_no_stake(call, **author, *subject, kClause); !stake) return stake.error();
  const SecondPerson wanted{{(*author)->id}, roles.endorser_roles, subject->unit, &*subject};
  const auto second = second_person(call, wanted, kClause);
  if (!second) return second.error();
  if (operation.reason.is_zero())
    return refusal(ErrorCode::reason_missing, kClause, "the reason is missing", "the digest of a written reason");
  const Book* book = rulebook->book(id.book);
  invariant(book != nullptr, "an entry was made under a version that keeps the subject's book");
  Entry entry;
  entry.kind = EntryKind::reversal;
  entry.rule = old->rule;
  entry.rulebook_version = old->rulebook_version;
  entry.quantity = old->quantity;
  entry.asked = Amount{-old->change.value};
  entry.change = take_back(*book, *account, operation.entry, *old);
  entry.event_time = call.now();
  entry.block_time = call.now();
  entry.height = call.context.block.height;
  entry.transaction = call.context.transaction_id;
  entry.proposer = (*author)->id;
  entry.endorser = (*second)->id;
  entry.reason = operation.reason;
  entry.evidence = old->evidence;
  entry.reverses = operation.entry;
  entry.case_number = old->case_number;
  free_limits(call, operation, *rulebook, *old);
  OperationOutput output;
  output.entry = post({call.state, *rulebook, *book, operation.subject}, *account, entry);
  call.state.put(taken_back_key(id, operation.entry), encode(*output.entry));
  undo_effects({call.state, *rulebook, *book, operation.subject}, subject->unit, operation.entry);
  output.change = entry.change;
  output.score = entry.score;
  output.case_number = old->case_number;
  return output;
}

}  // namespace tally::contracts
