#include "contracts/deployment.h"

#include <boost/describe/enum_to_string.hpp>

#include "common/time.h"

namespace tally::contracts {

namespace {

constexpr std::uint64_t kClockLeapDaysMax = 3660;
constexpr std::size_t kMistakesBytesMax = 800;

}  // namespace

Error mistakes_of(const std::vector<Error>& problems, std::string_view clause) {
  if (problems.size() == 1) {
    const auto& only = problems.front();
    return refusal(only.code, clause, only.field.empty() ? only.problem : only.field + ": " + only.problem,
                   only.expected);
  }
  std::string all;
  std::size_t told = 0;
  for (; told < problems.size() && all.size() < kMistakesBytesMax; ++told)
    all += (told == 0 ? " " : " | ") + problems[told].text();
  if (told < problems.size()) all += " | and " + std::to_string(problems.size() - told) + " more";
  return refusal(problems.front().code, clause,
                 "the document has " + std::to_string(problems.size()) + " mistakes:" + all);
}

Status check_succession(const ledger::State& state, Shelf& shelf, const Rulebook& next, TimestampMs now,
                        std::string_view clause) {
  const auto* record = shelf.record(state, next.id);
  if (record == nullptr) return {};
  const auto last = shelf.version(state, next.id, record->versions.back().version);
  const auto& latest = record->versions.back();
  if (record->retired)
    return refusal(ErrorCode::wrong_state, clause,
                   "rulebook " + next.id + " is retired from " + format_time(*record->retired) + " on",
                   "a rulebook with another id");
  if (next.version <= latest.version)
    return refusal(ErrorCode::wrong_state, clause,
                   "version " + std::to_string(next.version) + " of " + next.id + " does not follow version " +
                       std::to_string(latest.version),
                   "version " + std::to_string(latest.version + 1) + " or higher");
  if (next.effective < latest.effective || next.effective < now)
    return refusal(ErrorCode::wrong_state, clause,
                   "version " + std::to_string(next.version) + " of " + next.id + " would take effect on " +
                       format_time(next.effective) + ", in the past",
                   "a time from " + format_time(std::max(latest.effective, now)) + " on");
  if (next.scale != last->scale)
    return refusal(ErrorCode::wrong_state, clause,
                   "the scale is " + std::to_string(next.scale) + " and was " + std::to_string(last->scale),
                   "the same scale: scores carry on");
  for (const auto& book : last->books)
    if (const Book* same = next.book(book.code); same == nullptr || same->subject != book.subject)
      return refusal(ErrorCode::wrong_state, clause,
                     "book " + book.code + " for subjects of kind " +
                         boost::describe::enum_to_string(book.subject, "unknown") + " is gone",
                     "every book of the version before");
  return {};
}

void put_version(ledger::State& state, Shelf& shelf, const RulebookPtr& rulebook, Bytes text) {
  RulebookRecord record;
  if (const auto* deployed = shelf.record(state, rulebook->id)) record = *deployed;
  record.versions.push_back({rulebook->version, rulebook->effective, rulebook->document});
  state.put(rulebook_text_key(rulebook->id, rulebook->version), std::move(text));
  state.put(rulebook_key(rulebook->id), encode(record));
  shelf.forget();
  shelf.put(rulebook);
}

Outcome deploy_rulebook(Call& call, const DeployRulebook& operation) {
  constexpr auto clause = DeployRulebook::kName;
  if (!call.genesis())
    return refusal(ErrorCode::wrong_state, clause, "stands outside the genesis",
                   "propose_rulebook: a rulebook comes into force by the approvals that the constitution asks for");
  const auto compiled = compile_rulebook(operation.document);
  if (compiled.rulebook == nullptr) return mistakes_of(compiled.problems, clause);
  if (auto follows = check_succession(call.state, call.shelf, *compiled.rulebook, call.now(), clause); !follows)
    return follows.error();
  const auto text = as_bytes(operation.document);
  put_version(call.state, call.shelf, compiled.rulebook, Bytes(text.begin(), text.end()));
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
