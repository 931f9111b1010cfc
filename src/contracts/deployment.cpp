#include "contracts/deployment.h"

#include <boost/describe/enum_to_string.hpp>

#include "common/time.h"

namespace tally::contracts {

namespace {

constexpr std::uint64_t kClockLeapDaysMax = 3660;

Status check_governors(const Call& call) {
  constexpr auto clause = DeployRulebook::kName;
  if (call.genesis()) return {};
  const auto author = author_of(call, clause);
  if (!author) return author.error();
  if (auto role = check_role(**author, {Role::governor}, clause); !role) return role;
  // A rulebook may serve any unit, so the second governor's unit does not matter either.
  const auto& signatures = call.context.transaction->signatures;
  std::optional<Error> first;
  for (std::size_t i = 1; i < signatures.size(); ++i) {
    const auto person = call.people.by_key(call.state, signatures[i].key);
    if (person == nullptr) {
      if (!first)
        first = refusal(ErrorCode::not_registered, clause, "key " + signatures[i].key.short_hex() + " is no officer's",
                        "a second governor's key in force");
      continue;
    }
    if (person->id == (*author)->id) {
      if (!first)
        first = refusal(ErrorCode::same_person, clause, "person " + person->id.short_hex() + " would act twice",
                        "a different person, not another key or role of the same one");
      continue;
    }
    auto role = check_role(*person, {Role::governor}, clause);
    if (role) return {};
    if (!first) first = role.error();
  }
  if (first) return *std::move(first);
  return refusal(ErrorCode::missing_role, clause, "has one signer",
                 "the signature of a second person, who is governor");
}

Status check_succession(const Call& call, const Rulebook& next, const RulebookRecord& record, const Rulebook& last) {
  constexpr auto clause = DeployRulebook::kName;
  const auto& latest = record.versions.back();
  if (next.version <= latest.version)
    return refusal(ErrorCode::wrong_state, clause,
                   "version " + std::to_string(next.version) + " of " + next.id + " does not follow version " +
                       std::to_string(latest.version),
                   "version " + std::to_string(latest.version + 1) + " or higher");
  if (next.effective < latest.effective || next.effective < call.now())
    return refusal(ErrorCode::wrong_state, clause,
                   "version " + std::to_string(next.version) + " of " + next.id + " would take effect on " +
                       format_time(next.effective) + ", in the past",
                   "a time from " + format_time(std::max(latest.effective, call.now())) + " on");
  if (next.scale != last.scale)
    return refusal(ErrorCode::wrong_state, clause,
                   "the scale is " + std::to_string(next.scale) + " and was " + std::to_string(last.scale),
                   "the same scale: scores carry on");
  for (const auto& book : last.books)
    if (const Book* same = next.book(book.code); same == nullptr || same->subject != book.subject)
      return refusal(ErrorCode::wrong_state, clause,
                     "book " + book.code + " for subjects of kind " +
                         boost::describe::enum_to_string(book.subject, "unknown") + " is gone",
                     "every book of the version before");
  return {};
}

}  // namespace

Outcome deploy_rulebook(Call& call, const DeployRulebook& operation) {
  constexpr auto clause = DeployRulebook::kName;
  if (auto governors = check_governors(call); !governors) return governors.error();
  const auto compiled = compile_rulebook(operation.document);
  if (compiled.rulebook == nullptr) {
    const Error summary = summary_of(compiled.problems);
    return refusal(summary.code, clause,
                   summary.field.empty() ? summary.problem : summary.field + ": " + summary.problem, summary.expected);
  }
  const Rulebook& rulebook = *compiled.rulebook;
  RulebookRecord record;
  if (const auto* deployed = call.shelf.record(call.state, rulebook.id)) {
    record = *deployed;
    const auto last = call.shelf.version(call.state, rulebook.id, record.versions.back().version);
    if (auto follows = check_succession(call, rulebook, record, *last); !follows) return follows.error();
  }
  record.versions.push_back({rulebook.version, rulebook.effective, rulebook.document});
  const auto text = as_bytes(operation.document);
  call.state.put(rulebook_text_key(rulebook.id, rulebook.version), Bytes(text.begin(), text.end()));
  call.state.put(rulebook_key(rulebook.id), encode(record));
  call.shelf.forget();
  call.shelf.put(compiled.rulebook);
  return OperationOutput{};
}

Outcome advance_clock(Call& call, const AdvanceClock& operation) {
  constexpr auto clause = AdvanceClock::kName;
  if (call.context.block.clock != ledger::ClockMode::test)
    return refusal(ErrorCode::test_clock_disabled, clause, "this chain runs on real time", "a chain on the test clock");
  const auto author = author_of(call, clause);
  if (!author) return author.error();
  if (auto role = check_role(**author, {Role::clock}, clause); !role) return role.error();
  TimestampMs from = call.now();
  if (const auto set = call.state.get(as_bytes(ledger::kTestClockKey)))
    if (const auto time = decode<TimestampMs>(*set)) from = std::max(from, *time);
  if (operation.to < from)
    return refusal(ErrorCode::invalid_field, clause,
                   "time " + format_time(operation.to) + " lies before " + format_time(from),
                   "a later time: the clock never goes back");
  if (operation.to.value - from.value > kClockLeapDaysMax * kDayMs)
    return refusal(ErrorCode::invalid_field, clause,
                   "the clock would leap by more than " + std::to_string(kClockLeapDaysMax) + " days",
                   "a smaller step");
  call.state.put(as_bytes(ledger::kTestClockKey), encode(operation.to));
  return OperationOutput{};
}

}  // namespace tally::contracts
